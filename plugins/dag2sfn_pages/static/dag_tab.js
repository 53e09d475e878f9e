// The tab on a DAG: its plan with the states of an execution, its executions, and what can be done with them.

import { address, post, url, useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { STATES } from "./overview.js";
import { Failure, Loading, ReloadButton } from "./parts.js";
import { Plan } from "./plan.js";
import { Score } from "./score.js";
import { ConsoleLink, Json, StatusBadge, clock, duration, failure } from "./shown.js";
import { TasksTable } from "./tasks_table.js";
import { TriggerForm } from "./trigger_form.js";

const { createElement: h, useState } = globalThis.React;
const { Alert, Badge, Box, Button, Code, Flex, Heading, Link, Stack, Table, Text, VisuallyHidden } = ChakraUI;

const WHILE_RUNNING = 2_000;
const OTHERWISE = 15_000;

export function DagTab({ dagId }) {
  const dag = useJson(address("dags", dagId), { every: (found) => (found.aws_problem ? OTHERWISE : 0) });
  const isDeployed = dag.data?.is_deployed === true;
  const list = useJson(isDeployed ? address("dags", dagId, "executions") : null, {
    every: (executions) => (executions.some(isRunning) ? WHILE_RUNNING : OTHERWISE),
  });
  const [chosen, setChosen] = useState();
  const [isStarting, setStarting] = useState(false);
  const [problem, setProblem] = useState();
  const name = chosen ?? list.data?.[0]?.name;
  const act = (what) =>
    what.then(
      (done) => {
        setProblem(undefined);
        if (done.name) {
          setChosen(done.name);
        }
        list.reload();
      },
      (error) => setProblem(error.message),
    );

  if (dag.data === undefined) {
    return h(
      Frame,
      { busy: dag.loading },
      dag.error ? h(Failed, { error: dag.error, onRetry: dag.reload }) : h(Loading),
    );
  }
  return h(
    Frame,
    { busy: dag.loading },
    h(Summary, {
      dag: dag.data,
      isStarting,
      onReload: () => {
        dag.reload();
        list.reload();
      },
      onTrigger: () => setStarting(true),
    }),
    isStarting &&
      h(TriggerForm, {
        dagId,
        onCancel: () => setStarting(false),
        onStarted: (started) => {
          setStarting(false);
          act(Promise.resolve(started));
        },
        params: dag.data.params,
      }),
    problem && h(Problem, { text: problem }),
    dag.data.aws_problem && h(Failed, { error: new Error(dag.data.aws_problem), onRetry: dag.reload }),
    list.error && h(Failed, { error: list.error, onRetry: list.reload }),
    h(Score, { dagId }),
    h(Shown, { dag: dag.data, key: name, name, onAct: act }),
    isDeployed &&
      list.data &&
      h(Executions, { canTrigger: dag.data.can_trigger, dagId, executions: list.data, name, onAct: act, onChoose: setChosen }),
    h(Documents, { dag: dag.data }),
  );
}

function isRunning({ status }) {
  return status === "RUNNING";
}

export function Frame({ busy, children }) {
  return h(
    Box,
    {
      "aria-busy": busy,
      as: "section",
      h: "full",
      // Airflow lays these pages out for 1,280 pixels and lets a narrow window scroll: no wider than that window.
      maxW: "calc(100vw - 5rem)",
      overflowY: "auto",
      p: { base: 2, md: 4 },
    },
    h(Stack, { gap: 4 }, children),
  );
}

/** What a status of the API means to people; without one, or with 503, AWS or Airflow is out of reach. */
const FAILURES = {
  401: { status: "warning", title: "You are not logged in" },
  403: { status: "warning", title: "You may not see this" },
  404: { status: "info", title: "There is no counterpart on Step Functions" },
};

export function Failed({ error, onRetry }) {
  const shown = FAILURES[error.status] ?? { title: "Step Functions could not be asked" };
  return h(Failure, { message: error.message, onRetry, ...shown });
}

export function Problem({ text }) {
  return h(
    Alert.Root,
    { role: "alert", status: "error" },
    h(Alert.Indicator),
    // Causes are often JSON without a blank.
    h(Alert.Content, { minW: 0 }, h(Alert.Title, { overflowWrap: "anywhere" }, text)),
  );
}

function Summary({ dag, isStarting, onTrigger, onReload }) {
  const { colorPalette, label } = STATES[dag.state];
  const canStart = dag.is_deployed && dag.can_trigger;
  return h(
    Flex,
    { align: "center", gap: 3, wrap: "wrap" },
    h(Badge, { colorPalette, variant: "surface" }, label),
    dag.state === "beside_airflow" && h(Text, { fontSize: "sm" }, "Runs in Airflow; shadow machine:"),
    dag.machine_url
      ? h(ConsoleLink, { href: dag.machine_url }, dag.machine_name)
      : h(NextStep, { dag }),
    dag.reason && h(Text, { color: "fg.muted", fontSize: "sm" }, dag.reason),
    h(
      Flex,
      { gap: 2, justify: "end", ml: "auto", wrap: "wrap" },
      h(ReloadButton, { onClick: onReload }),
      canStart &&
        h(
          Button,
          { colorPalette: "brand", disabled: isStarting, onClick: onTrigger, size: "sm" },
          // Airflow's own button, of the DAG itself, is not far.
          "Trigger on Step Functions",
        ),
    ),
  );
}

/** What to do so that the DAG can run on Step Functions. */
function NextStep({ dag }) {
  const command = dag.has_bundle ? `dag2sfn deploy BUNDLES/${dag.dag_id}` : "dag2sfn convert DAG_FILE -o BUNDLES";
  return h(Text, { fontSize: "sm" }, dag.has_bundle ? "Deploy it: " : "Convert it: ", h(Code, null, command));
}

/** The plan, and the tasks of the execution that is chosen. */
function Shown({ dag, name }) {
  const { data, error, reload } = useJson(name ? address("dags", dag.dag_id, "executions", name) : null, {
    every: (execution) => (isRunning(execution) ? WHILE_RUNNING : 0),
  });
  return h(
    Stack,
    { gap: 3 },
    dag.has_bundle && h(Plan, { dagId: dag.dag_id, tasks: data?.tasks }),
    error && h(Failed, { error, onRetry: reload }),
    data &&
      h(
        Flex,
        { align: "center", gap: 3, wrap: "wrap" },
        h(Heading, { as: "h2", size: "sm", wordBreak: "break-all" }, data.name),
        h(StatusBadge, { status: data.status }),
        h(
          Text,
          { color: "fg.muted", fontSize: "sm" },
          `${data.transitions} transitions, ${data.status_calls} status calls`,
        ),
        h(ConsoleLink, { href: data.url }),
      ),
    data && h(Given, { execution: data }),
    data?.cause && h(Problem, { text: failure(data) }),
    data && h(TasksTable, { over: !isRunning(data), tasks: data.tasks }),
  );
}

/** What it was started with. */
function Given({ execution }) {
  const parts = [
    execution.logical_date && `logical date ${clock(execution.logical_date)}`,
    Object.keys(execution.conf ?? {}).length > 0 && `conf ${JSON.stringify(execution.conf)}`,
  ].filter(Boolean);
  return parts.length > 0
    ? h(Text, { color: "fg.muted", fontSize: "sm", overflowWrap: "anywhere" }, `Given: ${parts.join(", ")}`)
    : null;
}

function Executions({ dagId, executions, name, canTrigger, onAct, onChoose }) {
  if (executions.length === 0) {
    return h(Text, { color: "fg.muted", fontSize: "sm" }, "No execution in the last 90 days. Trigger one.");
  }
  const header = (text) => h(Table.ColumnHeader, null, text);
  const actions = h(VisuallyHidden, null, "Actions");
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, overflowX: "auto" },
    h(
      Table.Root,
      { size: "sm" },
      h(VisuallyHidden, { as: "caption" }, "Executions"),
      h(
        Table.Header,
        null,
        h(Table.Row, null, header("Execution"), header("Status"), header("Start"), header("Duration"), header(actions)),
      ),
      h(
        Table.Body,
        null,
        executions.map((one) =>
          h(
            Table.Row,
            { "aria-selected": one.name === name, bg: one.name === name ? "bg.muted" : undefined, key: one.name },
            h(
              Table.Cell,
              { wordBreak: "break-all" },
              h(Link, { as: "button", color: "fg.info", onClick: () => onChoose(one.name) }, one.name),
            ),
            h(Table.Cell, null, h(StatusBadge, { status: one.status })),
            h(Table.Cell, { whiteSpace: "nowrap" }, clock(one.start)),
            h(Table.Cell, { whiteSpace: "nowrap" }, duration(one.start, one.stop)),
            h(Table.Cell, { textAlign: "end" }, canTrigger && h(Action, { dagId, execution: one, onAct })),
          ),
        ),
      ),
    ),
  );
}

function Action({ dagId, execution, onAct }) {
  const button = (label, what, title) =>
    h(
      Button,
      {
        "aria-label": `${label} ${execution.name}`,
        title,
        onClick: () => onAct(post(address("dags", dagId, "executions", execution.name, what))),
        size: "xs",
        variant: "outline",
      },
      label,
    );
  if (isRunning(execution)) {
    return button("Stop", "stop");
  }
  return execution.status === "SUCCEEDED" ? null : button("Resume", "resume", "Run again from where it failed");
}

function Documents({ dag }) {
  const [isOpen, setOpen] = useState(false);
  const { data, error, reload } = useJson(isOpen ? address("dags", dag.dag_id, "definition") : null);
  return h(
    Stack,
    { gap: 3 },
    h(
      Flex,
      { gap: 2, wrap: "wrap" },
      dag.has_bundle &&
        h(
          Button,
          { asChild: true, size: "sm", variant: "outline" },
          h(
            "a",
            { href: url(address("dags", dag.dag_id, "report")), rel: "noreferrer", target: "_blank" },
            "Conversion report",
          ),
        ),
      (dag.has_bundle || dag.is_deployed) &&
        h(
          Button,
          { "aria-expanded": isOpen, onClick: () => setOpen(!isOpen), size: "sm", variant: "outline" },
          isOpen ? "Hide definition" : "Definition",
        ),
    ),
    isOpen && error && h(Failed, { error, onRetry: reload }),
    isOpen && data && h(Json, { label: "definition", value: data.definition }),
  );
}
