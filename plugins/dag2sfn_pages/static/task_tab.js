// The tab on a task instance: the same task in the run's counterpart on Step Functions.

import { address, useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { Failed, Frame, Problem } from "./dag_tab.js";
import { Loading, ReloadButton, plural } from "./parts.js";
import { ConsoleLink, Json, StateBadge, clock, duration, failure, messageOf } from "./shown.js";
import { TasksTable } from "./tasks_table.js";

const { createElement: h } = globalThis.React;
const { Box, Flex, Heading, Stack, Text } = ChakraUI;

export function TaskTab({ dagId, runId, taskId, mapIndex }) {
  // Airflow gives it as a text, and -1 to a task that is not mapped.
  const index = Number(mapIndex ?? -1);
  const path = address("dags", dagId, "runs", runId, "tasks", taskId);
  const { data, error, loading, reload } = useJson(index >= 0 ? `${path}?map_index=${index}` : path, {
    every: ({ execution }) => (execution.status === "RUNNING" ? 3_000 : 0),
    missing: 15_000,
  });
  if (data === undefined) {
    return h(
      Frame,
      { busy: loading },
      error ? h(Failed, { error, onRetry: reload }) : h(Loading),
    );
  }
  const { execution, task, tries, waits } = data;
  const over = execution.status !== "RUNNING";
  return h(
    Frame,
    { busy: loading },
    h(
      Flex,
      { align: "center", gap: 3, wrap: "wrap" },
      h(StateBadge, { over, state: task.state }),
      h(Text, { fontSize: "sm" }, [clock(task.start), duration(task.start, task.end)].filter(Boolean).join(", ")),
      h(ConsoleLink, { href: execution.url }, execution.name),
      h(ReloadButton, { ml: "auto", onClick: reload }),
    ),
    error && h(Failed, { error, onRetry: reload }),
    task.error && h(Problem, { text: failure(task) }),
    waits.map((wait) =>
      h(
        Text,
        { fontSize: "sm", key: wait.start },
        `Waited for ${wait.awaited.join(", ")} ${duration(wait.start, wait.end)}: a poller asked ${plural(wait.asked, "time")}.`,
      ),
    ),
    task.instances &&
      h(
        Section,
        { title: plural(task.instances.length, "instance") },
        h(TasksTable, {
          over,
          tasks: Object.fromEntries(task.instances.map((one, number) => [`${taskId}[${number}]`, one])),
        }),
      ),
    h(Section, { title: "Output" }, outputs(task)),
    !task.instances && h(
      Section,
      { title: plural(tries.length, "try").replace("trys", "tries") },
      tries.map((one, index) =>
        h(
          Box,
          { key: one.start },
          h(
            Text,
            { fontSize: "sm", mb: 1, overflowWrap: "anywhere" },
            `${index + 1}: ${[clock(one.start), duration(one.start, one.end), failure(one)].filter(Boolean).join(", ")}`,
          ),
          one.cause && messageOf(one.cause) !== one.cause &&
            h(Captioned, { caption: "Cause", label: `cause of try ${index + 1}`, value: one.cause }),
          one.input && h(Captioned, { caption: "Input", label: `input of try ${index + 1}`, value: one.input }),
        ),
      ),
    ),
  );
}

function outputs(task) {
  const all = task.output === null ? task.xcom : { return_value: task.output, ...task.xcom };
  return Object.keys(all).length === 0
    ? h(Text, { color: "fg.muted", fontSize: "sm" }, "none")
    : h(Json, { label: "output", value: Object.keys(task.xcom).length === 0 ? task.output : all });
}

function Captioned({ caption, label, value }) {
  return h(
    Box,
    { mt: 2 },
    h(Text, { color: "fg.muted", fontSize: "xs", mb: 1 }, caption),
    h(Json, { label, value }),
  );
}

function Section({ title, children }) {
  return h(Stack, { gap: 2 }, h(Heading, { as: "h2", size: "sm" }, title), children);
}
