// The page of Airflow's navigation: every DAG, how it stands to Step Functions, and its last executions.

import { useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { Bars } from "./shown.js";
import { Failure, Loading, MachineIcon, PageLink, ReloadButton, SearchIcon, plural, useTitle } from "./parts.js";

const { createElement: h, useDeferredValue, useEffect, useMemo, useState } = globalThis.React;
const {
  Badge,
  Box,
  Button,
  Code,
  EmptyState,
  Flex,
  Heading,
  Input,
  InputGroup,
  Link,
  NativeSelect,
  Stack,
  Table,
  Text,
  VisuallyHidden,
} = ChakraUI;

export const STATES = {
  not_converted: { label: "Not converted", colorPalette: "none" },
  beside_airflow: { label: "Beside Airflow", colorPalette: "deferred" },
  deployed: { label: "Deployed", colorPalette: "success" },
  converted: { label: "Converted", colorPalette: "running" },
  source_changed: { label: "Source changed", colorPalette: "warning" },
  unknown: { label: "Unknown", colorPalette: "none" },
  unreadable: { label: "Unreadable", colorPalette: "failed" },
};

const WIDE = { base: "none", md: "table-cell" };
const VERY_WIDE = { base: "none", lg: "table-cell" };
const NARROW = { base: "block", md: "none" };

/** Rows on one page; one request asks for the executions of all of them. */
const ROWS = 25;
const BARS_EVERY = 15_000;

export function OverviewPage() {
  const { data, error, loading, reload } = useJson("dags", {
    every: (found) => (found.aws_problem ? BARS_EVERY : 60_000),
  });
  const [search, setSearch] = useState("");
  const [state, setState] = useState("");
  const [first, setFirst] = useState(0);
  const found = useMatches(data?.dags, useDeferredValue(search), state);
  const rows = found.slice(first, first + ROWS);
  const bars = useBars(rows);
  useEffect(() => setFirst(0), [search, state]);
  useTitle("Step Functions");

  return h(
    Box,
    { "aria-busy": loading, as: "section", h: "full", overflowY: "auto", p: { base: 2, md: 4 } },
    h(
      Stack,
      { gap: 4 },
      h(
        Box,
        null,
        h(Heading, { as: "h1", size: "xl" }, "Step Functions"),
        h(
          Text,
          { color: "fg.muted", fontSize: "sm", mt: 1 },
          "Your DAGs as AWS Step Functions state machines.",
        ),
      ),
      error &&
        h(Failure, {
          title: "The DAGs could not be loaded",
          message: error.message,
          onRetry: reload,
        }),
      data === undefined && loading && h(Loading),
      data?.aws_problem &&
        h(Failure, { title: "AWS could not be asked", message: data.aws_problem, onRetry: reload }),
      data?.dags.every((dag) => dag.state === "not_converted") &&
        h(NothingConverted, { data, onReload: reload, loading }),
      data?.dags.length > 0 &&
        h(Toolbar, {
          search,
          setSearch,
          state,
          setState,
          count: found.length,
          total: data.dags.length,
          loading,
          onReload: reload,
        }),
      data?.dags.length > 0 &&
        (found.length > 0
          ? h(Dags, { bars: bars.data, dags: rows })
          : h(NothingFound, {
              search,
              onClear: () => {
                setSearch("");
                setState("");
              },
            })),
      bars.error && h(Text, { color: "fg.error", fontSize: "sm", role: "alert" }, bars.error.message),
      found.length > ROWS && h(Pages, { count: found.length, first, onTurn: setFirst }),
    ),
  );
}

/** The last executions of the rows that are shown and deployed: one request. */
function useBars(rows) {
  const ids = rows.filter((dag) => dag.is_deployed).map((dag) => dag.dag_id);
  const query = ids.map((id) => `dag_ids=${encodeURIComponent(id)}`).join("&");
  return useJson(query ? `executions?${query}` : null, { every: () => BARS_EVERY });
}

function Pages({ count, first, onTurn }) {
  const button = (label, to, isOff) =>
    h(Button, { disabled: isOff, onClick: () => onTurn(to), size: "sm", variant: "outline" }, label);
  return h(
    Flex,
    { align: "center", as: "nav", "aria-label": "Pages", gap: 3 },
    button("Previous", first - ROWS, first === 0),
    h(Text, { fontSize: "sm" }, `${first + 1} to ${Math.min(first + ROWS, count)} of ${count}`),
    button("Next", first + ROWS, first + ROWS >= count),
  );
}

function useMatches(bundles = [], search, state) {
  return useMemo(() => {
    const words = search.toLowerCase().split(/\s+/u);
    return bundles.filter((bundle) => {
      if (state && bundle.state !== state) {
        return false;
      }
      const text = [bundle.dag_id, bundle.machine_name, bundle.source_file, STATES[bundle.state].label]
        .join(" ")
        .toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [bundles, search, state]);
}

function Toolbar({ search, setSearch, state, setState, count, total, loading, onReload }) {
  return h(
    Flex,
    { align: "center", gap: 3, wrap: "wrap" },
    h(
      InputGroup,
      { flex: { base: "1 1 100%", md: "0 1 32rem" }, startElement: h(SearchIcon, { boxSize: 4 }) },
      h(Input, {
        "aria-label": "Search DAGs",
        onChange: (event) => setSearch(event.target.value),
        placeholder: "Search by DAG, state machine, file or state",
        type: "search",
        value: search,
      }),
    ),
    h(
      NativeSelect.Root,
      { size: "sm", width: "auto" },
      h(
        NativeSelect.Field,
        { "aria-label": "State", onChange: (event) => setState(event.target.value), value: state },
        h("option", { value: "" }, "All states"),
        Object.entries(STATES).map(([value, { label }]) => h("option", { key: value, value }, label)),
      ),
      h(NativeSelect.Indicator),
    ),
    h(
      Text,
      { "aria-live": "polite", color: "fg.muted", fontSize: "sm" },
      count === total ? plural(total, "DAG") : `${count} of ${plural(total, "DAG")}`,
    ),
    h(ReloadButton, { loading, ml: "auto", onClick: onReload }),
  );
}

function Dags({ dags, bars }) {
  const header = (text, props) => h(Table.ColumnHeader, { whiteSpace: "nowrap", ...props }, text);
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, overflowX: "auto" },
    h(
      Table.Root,
      { size: "sm", striped: true },
      h(VisuallyHidden, { as: "caption" }, "DAGs"),
      h(
        Table.Header,
        null,
        h(
          Table.Row,
          null,
          header("DAG"),
          header("State"),
          header("Last executions", { display: WIDE }),
          header("State machine", { display: WIDE }),
          header("Tasks", { display: WIDE, pe: 6, textAlign: "end" }),
          header("Source file", { display: VERY_WIDE }),
          header("Converter", { display: VERY_WIDE }),
        ),
      ),
      h(
        Table.Body,
        // The frame around the table is the last row's line.
        { css: { "& > tr:last-of-type > td": { borderBottomWidth: 0 } } },
        dags.map((bundle) =>
          h(DagRow, { bundle, executions: bars?.[bundle.dag_id], key: `${bundle.dag_id} ${bundle.reason}` }),
        ),
      ),
    ),
  );
}

function DagRow({ bundle, executions }) {
  const { colorPalette, label } = STATES[bundle.state];
  const cell = (content, props) =>
    h(Table.Cell, { display: WIDE, overflowWrap: "anywhere", ...props }, content ?? "");
  return h(
    Table.Row,
    { verticalAlign: "top" },
    h(
      Table.Cell,
      { overflowWrap: "anywhere" },
      h(DagName, { bundle }),
      // On a narrow window the other columns are gone: what matters of them stands below the name.
      bundle.machine_name &&
        h(
          Text,
          { color: "fg.muted", display: NARROW, fontSize: "xs" },
          // Without a bundle, nobody knows how many tasks there are.
          [bundle.machine_name, bundle.tasks !== null && plural(bundle.tasks, "task")].filter(Boolean).join(", "),
        ),
      executions && h(Box, { display: NARROW, mt: 1 }, h(Bars, { executions })),
    ),
    h(
      Table.Cell,
      null,
      h(Badge, { colorPalette, variant: "surface" }, label),
      bundle.reason &&
        h(
          Text,
          { color: "fg.muted", fontSize: "xs", maxW: "xs", mt: 1, overflowWrap: "anywhere" },
          bundle.reason,
        ),
    ),
    cell(executions && h(Bars, { executions })),
    cell(bundle.machine_name),
    cell(bundle.tasks, { fontVariantNumeric: "tabular-nums", pe: 6, textAlign: "end" }),
    // In a folder that is the same in all rows.
    cell(bundle.source_file?.split("/").at(-1), { display: VERY_WIDE, title: bundle.source_file }),
    cell(bundle.converter_version, { display: VERY_WIDE }),
  );
}

function DagName({ bundle }) {
  if (bundle.in_airflow) {
    return h(
      Link,
      { asChild: true, color: "fg.info", fontWeight: "bold" },
      h(
        PageLink,
        { to: `/dags/${encodeURIComponent(bundle.dag_id)}/plugin/step-functions-dag` },
        bundle.dag_id,
      ),
    );
  }
  return h(Text, { as: "span", fontWeight: "bold" }, bundle.dag_id);
}

function NothingConverted({ data, loading, onReload }) {
  const where = data.folder_exists ? "holds no bundle" : "does not exist yet";
  return h(
    EmptyState.Root,
    null,
    h(
      EmptyState.Content,
      null,
      h(EmptyState.Indicator, null, h(MachineIcon)),
      h(
        Stack,
        { align: "center", gap: 3, textAlign: "center" },
        h(EmptyState.Title, null, "No converted DAGs yet"),
        h(
          EmptyState.Description,
          null,
          "The bundles folder ",
          h(Code, { overflowWrap: "anywhere" }, data.folder),
          ` ${where}. Convert a DAG into it:`,
        ),
        h(
          Code,
          { display: "block", overflowWrap: "anywhere", px: 3, py: 2, size: "md" },
          `dag2sfn convert dags/my_dag.py -o ${data.folder}`,
        ),
        h(
          Text,
          { color: "fg.muted", fontSize: "xs" },
          "Bundles elsewhere? Set bundles_folder in section [dag2sfn] of Airflow's configuration.",
        ),
      ),
      h(ReloadButton, { loading, onClick: onReload }),
    ),
  );
}

function NothingFound({ search, onClear }) {
  return h(
    EmptyState.Root,
    null,
    h(
      EmptyState.Content,
      null,
      h(EmptyState.Title, null, search ? `No DAG matches “${search}”` : "No DAG is in this state"),
      h(Button, { onClick: onClear, size: "sm", variant: "outline" }, "Clear search"),
    ),
  );
}
