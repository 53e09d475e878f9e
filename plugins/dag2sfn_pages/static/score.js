// The score of a DAG whose machine runs beside Airflow: its last runs, and what differed.

import { address, useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { PageLink } from "./parts.js";
import { ConsoleLink } from "./shown.js";

const { createElement: h } = globalThis.React;
const { Box, Flex, Heading, Link, Stack, Text } = ChakraUI;

const EVERY = 30_000;
const STANDINGS = {
  equal: { color: "green.solid", label: "equal" },
  different: { color: "red.solid", label: "different" },
  "not comparable": { color: "orange.solid", label: "not comparable" },
  "not started": { color: "orange.solid", label: "not started" },
  waiting: { color: "border.emphasized", label: "waiting" },
};

/** Nothing, unless the DAG's runs start counterparts. */
export function Score({ dagId }) {
  const { data, error } = useJson(address("dags", dagId, "score"), {
    every: (found) => (found.is_shadowed ? EVERY : 0),
  });
  if (error && data === undefined) {
    return h(Text, { color: "fg.muted", fontSize: "sm", title: error.message }, "The score is not known now.");
  }
  if (!data?.is_shadowed || data.runs.length === 0) {
    return null;
  }
  const others = data.runs.filter((run) => run.standing !== "equal" && run.standing !== "waiting");
  return h(
    Stack,
    { as: "section", "aria-label": "Score", gap: 2 },
    h(Heading, { as: "h3", size: "sm" }, "Beside Airflow"),
    h(
      Flex,
      { align: "center", gap: 3, wrap: "wrap" },
      h(
        Text,
        { fontSize: "sm" },
        data.compared === 0 ? "No run is compared yet" : `${data.equal} of ${data.compared} compared runs are equal`,
      ),
      h(Flex, { gap: 1, wrap: "wrap" }, [...data.runs].reverse().map((run) => h(Mark, { key: run.run_id, run }))),
    ),
    others.map((run) => h(Told, { dagId, key: run.run_id, run })),
  );
}

function Mark({ run }) {
  const { color, label } = STANDINGS[run.standing];
  const text = `${run.run_id}: ${label}${run.why ? `, ${run.why}` : ""}`;
  return h(Box, { "aria-label": text, bg: color, borderRadius: "sm", h: 4, role: "img", title: text, w: 2 });
}

function Told({ dagId, run }) {
  const version = run.result ? `, version ${run.result.version}` : "";
  // Written as Airflow writes it: of another spelling, its tabs do not show which of them is open.
  const runId = encodeURIComponent(run.run_id).replaceAll("%3A", ":").replaceAll("%2B", "+");
  const page = `/dags/${encodeURIComponent(dagId)}/runs/${runId}`;
  return h(
    Box,
    { fontSize: "sm", overflowWrap: "anywhere" },
    h(Link, { asChild: true, color: "fg.info" }, h(PageLink, { to: page }, run.run_id)),
    ` ${STANDINGS[run.standing].label}${version}`,
    run.why && `: ${run.why}`,
    run.result && " ",
    run.result && h(ConsoleLink, { href: run.result.execution_url }),
    run.result?.told.map((line) => h(Text, { color: "fg.muted", key: line, ps: 4 }, line)),
  );
}
