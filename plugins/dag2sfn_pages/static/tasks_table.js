// The tasks of an execution, as they are now.

import { ChakraUI } from "./chakra.js";
import { plural } from "./parts.js";
import { StateBadge, clock, duration, failure } from "./shown.js";

const { createElement: h } = globalThis.React;
const { Box, Table, Text, VisuallyHidden } = ChakraUI;

/** Of a mapped task. */
const INSTANCES_SHOWN = 20;
const WIDE = { base: "none", md: "table-cell" };

export function TasksTable({ over, tasks }) {
  const header = (text, props) => h(Table.ColumnHeader, { whiteSpace: "nowrap", ...props }, text);
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, overflowX: "auto" },
    h(
      Table.Root,
      { size: "sm" },
      h(VisuallyHidden, { as: "caption" }, "Tasks"),
      h(
        Table.Header,
        null,
        h(
          Table.Row,
          null,
          header("Task"),
          header("State"),
          header("Start", { display: WIDE }),
          header("Duration", { display: WIDE }),
          header("Tries", { display: WIDE, textAlign: "end" }),
          header("Output or error"),
        ),
      ),
      h(
        Table.Body,
        null,
        rowsOf(tasks).map(([taskId, task]) => h(TaskRow, { key: taskId, over, task, taskId })),
      ),
    ),
  );
}

/** Each task; behind a mapped one, its first instances. All of them are on the task's own tab. */
function rowsOf(tasks) {
  return Object.entries(tasks).flatMap(([taskId, task]) => [
    [taskId, task],
    ...(task.instances ?? [])
      .slice(0, INSTANCES_SHOWN)
      .map((instance, index) => [`${taskId}[${index}]`, { ...instance, isInstance: true }]),
  ]);
}

function TaskRow({ over, taskId, task }) {
  const cell = (content, props) => h(Table.Cell, { overflowWrap: "anywhere", ...props }, content);
  const shown = task.error ? failure(task) : outputOf(task);
  return h(
    Table.Row,
    { verticalAlign: "top" },
    cell(
      [
        taskId,
        task.instances &&
          h(
            Text,
            { as: "span", color: "fg.muted", fontSize: "xs", fontWeight: "normal", key: "count", ms: 2 },
            plural(task.instances.length, "instance"),
          ),
      ],
      task.isInstance ? { color: "fg.muted", minW: "8rem", ps: 8 } : { fontWeight: "bold", minW: "8rem" },
    ),
    cell(h(StateBadge, { over, state: task.state })),
    cell(clock(task.start), { display: WIDE, whiteSpace: "nowrap" }),
    cell(duration(task.start, task.end), { display: WIDE, whiteSpace: "nowrap" }),
    cell(task.start ? task.attempts : "", { display: WIDE, textAlign: "end" }),
    cell(
      h(Text, { fontFamily: "mono", fontSize: "xs", lineClamp: 3, title: shown, wordBreak: "break-all" }, shown),
    ),
  );
}

function outputOf({ output }) {
  if (output === null || output === undefined) {
    return "";
  }
  return typeof output === "string" ? output : JSON.stringify(output);
}
