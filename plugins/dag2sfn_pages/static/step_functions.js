// The page "Step Functions" of Airflow's navigation: the converted DAGs.
//
// Airflow's UI imports this module and renders the function that it finds at globalThis["Step Functions"].
// React, its router and Chakra UI are Airflow's own, so that the page looks like the rest and needs no build.

import { useJson } from "./api.js";
import { Failure, Loading, MachineIcon, ReloadButton, SearchIcon, plural, useTitle } from "./parts.js";

const { createElement: h, useDeferredValue, useMemo, useState } = globalThis.React;
const { Link: RouterLink } = globalThis.ReactRouterDOM;
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
  Stack,
  Table,
  Text,
  VisuallyHidden,
} = globalThis.ChakraUI;

const STATES = {
  converted: { label: "Converted", colorPalette: "success" },
  source_changed: { label: "Source changed", colorPalette: "warning" },
  unknown: { label: "Unknown", colorPalette: "none" },
  unreadable: { label: "Unreadable", colorPalette: "failed" },
};

const WIDE = { base: "none", md: "table-cell" };
const NARROW = { base: "block", md: "none" };

function StepFunctionsPage() {
  const { data, error, loading, reload } = useJson("bundles");
  const [search, setSearch] = useState("");
  const found = useMatches(data?.bundles, useDeferredValue(search));
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
          "DAGs that have been converted to AWS Step Functions state machines.",
        ),
      ),
      error &&
        h(Failure, {
          title: "The converted DAGs could not be loaded",
          message: error.message,
          onRetry: reload,
        }),
      data === undefined && loading && h(Loading),
      data?.bundles.length === 0 && h(NothingConverted, { data, onReload: reload, loading }),
      data?.bundles.length > 0 &&
        h(Toolbar, {
          search,
          setSearch,
          count: found.length,
          total: data.bundles.length,
          loading,
          onReload: reload,
        }),
      data?.bundles.length > 0 &&
        (found.length > 0
          ? h(Bundles, { bundles: found })
          : h(NothingFound, { search, onClear: () => setSearch("") })),
    ),
  );
}

function useMatches(bundles = [], search) {
  return useMemo(() => {
    const words = search.toLowerCase().split(/\s+/u);
    return bundles.filter((bundle) => {
      const text = [bundle.dag_id, bundle.machine_name, bundle.source_file, STATES[bundle.state].label]
        .join(" ")
        .toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [bundles, search]);
}

function Toolbar({ search, setSearch, count, total, loading, onReload }) {
  return h(
    Flex,
    { align: "center", gap: 3, wrap: "wrap" },
    h(
      InputGroup,
      { flex: { base: "1 1 100%", md: "0 1 32rem" }, startElement: h(SearchIcon, { boxSize: 4 }) },
      h(Input, {
        "aria-label": "Search converted DAGs",
        onChange: (event) => setSearch(event.target.value),
        placeholder: "Search by DAG, state machine, file or state",
        type: "search",
        value: search,
      }),
    ),
    h(
      Text,
      { "aria-live": "polite", color: "fg.muted", fontSize: "sm" },
      count === total ? plural(total, "DAG") : `${count} of ${plural(total, "DAG")}`,
    ),
    h(ReloadButton, { loading, ml: "auto", onClick: onReload }),
  );
}

function Bundles({ bundles }) {
  const header = (text, props) => h(Table.ColumnHeader, { whiteSpace: "nowrap", ...props }, text);
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, overflowX: "auto" },
    h(
      Table.Root,
      { size: "sm", striped: true },
      h(VisuallyHidden, { as: "caption" }, "Converted DAGs"),
      h(
        Table.Header,
        null,
        h(
          Table.Row,
          null,
          header("DAG"),
          header("State"),
          header("State machine", { display: WIDE }),
          header("Tasks", { display: WIDE, pe: 6, textAlign: "end" }),
          header("Source file", { display: WIDE }),
          header("Converter", { display: WIDE }),
        ),
      ),
      h(
        Table.Body,
        // The frame around the table is the last row's line.
        { css: { "& > tr:last-of-type > td": { borderBottomWidth: 0 } } },
        bundles.map((bundle) => h(BundleRow, { bundle, key: `${bundle.dag_id} ${bundle.reason}` })),
      ),
    ),
  );
}

function BundleRow({ bundle }) {
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
          `${bundle.machine_name}, ${plural(bundle.tasks, "task")}`,
        ),
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
    cell(bundle.machine_name),
    cell(bundle.tasks, { fontVariantNumeric: "tabular-nums", pe: 6, textAlign: "end" }),
    cell(bundle.source_file),
    cell(bundle.converter_version),
  );
}

function DagName({ bundle }) {
  if (bundle.in_airflow) {
    return h(
      Link,
      { asChild: true, color: "fg.info", fontWeight: "bold" },
      h(RouterLink, { to: `/dags/${encodeURIComponent(bundle.dag_id)}` }, bundle.dag_id),
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
      h(EmptyState.Title, null, `No converted DAG matches “${search}”`),
      h(Button, { onClick: onClear, size: "sm", variant: "outline" }, "Clear search"),
    ),
  );
}

globalThis["Step Functions"] = StepFunctionsPage;
