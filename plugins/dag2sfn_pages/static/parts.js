// Small parts that pages share, made of Airflow's own React and Chakra UI.

import { ChakraUI } from "./chakra.js";

const { createElement: h, useEffect } = globalThis.React;
const { Alert, Button, Icon, Skeleton, Stack } = ChakraUI;

const strokes = (d) => (props) =>
  h(
    Icon,
    { "aria-hidden": true, ...props },
    h(
      "svg",
      {
        fill: "none",
        stroke: "currentColor",
        strokeLinecap: "round",
        strokeLinejoin: "round",
        strokeWidth: 2,
        viewBox: "0 0 24 24",
      },
      h("path", { d }),
    ),
  );
export const SearchIcon = strokes("M17 10.5a6.5 6.5 0 1 1-13 0a6.5 6.5 0 0 1 13 0M15.2 15.2L20 20");
export const ReloadIcon = strokes("M20 12a8 8 0 1 1-2.6-5.9M20 3v5h-5");
export const MachineIcon = strokes(
  "M8 12h2c4 0 2-6 6-6M10 12c4 0 2 6 6 6M8 12a3 3 0 1 1-6 0a3 3 0 0 1 6 0" +
    "M22 6a3 3 0 1 1-6 0a3 3 0 0 1 6 0M22 18a3 3 0 1 1-6 0a3 3 0 0 1 6 0",
);

/** A link to a page of Airflow's, which 3.1.0 loads anew: it keeps its router to itself. */
export const PageLink =
  globalThis.ReactRouterDOM?.Link ??
  (({ to, ...props }) => h("a", { href: new URL(to.slice(1), document.baseURI).href, ...props }));

/** Set the window's title for as long as the page is shown. */
export function useTitle(title) {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} - Airflow`;
    return () => {
      document.title = before;
    };
  }, [title]);
}

export function ReloadButton(props) {
  return h(
    Button,
    { loadingText: "Reload", size: "sm", variant: "outline", ...props },
    h(ReloadIcon),
    "Reload",
  );
}

/** Grey bars in place of a table that is on its way. */
export function Loading() {
  return h(
    Stack,
    { "aria-label": "Loading", gap: 2, role: "status" },
    [0, 1, 2, 3].map((row) => h(Skeleton, { height: 8, key: row })),
  );
}

/** What went wrong, or is not there, and a way to try again. */
export function Failure({ title, message, onRetry, status = "error" }) {
  return h(
    Alert.Root,
    { role: "alert", status },
    h(Alert.Indicator),
    h(
      Alert.Content,
      null,
      h(Alert.Title, null, title),
      h(Alert.Description, { overflowWrap: "anywhere" }, message),
    ),
    h(Button, { alignSelf: "center", onClick: onRetry, size: "sm", variant: "outline" }, "Try again"),
  );
}

/** Return "1 task", "2 tasks". */
export function plural(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
