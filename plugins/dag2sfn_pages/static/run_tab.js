// The tab on a run of Airflow's: its counterpart on Step Functions, and both side by side.

import { address, post, url, useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { Failed, Frame, Problem } from "./dag_tab.js";
import { Loading, ReloadButton } from "./parts.js";
import { ConsoleLink, StateBadge, StatusBadge, zone } from "./shown.js";

const { createElement: h, useEffect, useRef, useState } = globalThis.React;
const { Box, Button, Flex, Text } = ChakraUI;

const WHILE_RUNNING = 3_000;
const ENDED = ["success", "failed"];

export function RunTab({ dagId, runId }) {
  const path = address("dags", dagId, "runs", runId);
  const dag = useJson(address("dags", dagId), { every: (found) => (found.aws_problem ? 15_000 : 0) });
  const { data, error, loading, reload } = useJson(path, {
    missing: 15_000,
    every: (found) =>
      found.execution?.status === "RUNNING" || !ENDED.includes(found.run.state) ? WHILE_RUNNING : 0,
  });
  const [problem, setProblem] = useState();
  const [busy, setBusy] = useState(false);
  const runToo = () => {
    setBusy(true);
    post(`${path}/execution`)
      .then(() => setProblem(undefined), (refusal) => setProblem(refusal.message))
      .finally(() => {
        setBusy(false);
        reload();
      });
  };

  if (data === undefined) {
    return h(
      Frame,
      { busy: loading },
      error ? h(Failed, { error, onRetry: reload }) : h(Loading),
    );
  }
  const { execution, run } = data;
  return h(
    Frame,
    { busy: loading },
    h(
      Flex,
      { align: "center", gap: 3, wrap: "wrap" },
      h(Text, { fontSize: "sm" }, "Airflow"),
      h(StateBadge, { state: run.state }),
      h(Text, { fontSize: "sm" }, "Step Functions"),
      execution
        ? h(StatusBadge, { status: execution.status })
        : h(Text, { color: "fg.muted", fontSize: "sm" }, "no execution is named after this run"),
      execution && h(ConsoleLink, { href: execution.url }, execution.name),
      h(
        Flex,
        { gap: 2, justify: "end", ml: "auto", wrap: "wrap" },
        h(ReloadButton, { onClick: reload }),
        dag.data?.can_trigger &&
          execution?.status !== "RUNNING" &&
          h(
            Button,
            { colorPalette: "brand", loading: busy, onClick: runToo, size: "sm" },
            execution ? "Run on Step Functions again" : "Run on Step Functions too",
          ),
      ),
    ),
    problem && h(Problem, { text: problem }),
    error && h(Failed, { error, onRetry: reload }),
    execution &&
      h(ComparisonPage, {
        key: `${execution.name} ${execution.status} ${run.state}`,
        path: `${path}/comparison.html`,
      }),
  );
}

/** The same page as `dag2sfn compare --format html`, in Airflow's theme and as high as it is. */
function ComparisonPage({ path }) {
  const frame = useRef(null);
  const [height, setHeight] = useState(600);
  const theme = useTheme();
  useEffect(() => {
    // The page is sandboxed, and has no origin to be read from: it says its height itself.
    const listen = ({ source, data }) => {
      if (source === frame.current?.contentWindow && Number.isFinite(data?.dag2sfnHeight)) {
        setHeight(Math.max(200, data.dag2sfnHeight));
      }
    };
    globalThis.addEventListener("message", listen);
    return () => globalThis.removeEventListener("message", listen);
  }, []);
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, overflow: "hidden" },
    h("iframe", {
      ref: frame,
      src: url(`${path}?${new URLSearchParams({ theme, zone: zone() ?? "" })}`),
      style: { border: 0, display: "block", height, width: "100%" },
      title: "Comparison",
    }),
  );
}

function useTheme() {
  const read = () => (document.documentElement.classList.contains("dark") ? "dark" : "light");
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(read()));
    observer.observe(document.documentElement, { attributeFilter: ["class"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
