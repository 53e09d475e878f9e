// The picture of a DAG's plan, with the states of an execution's tasks as they are now.

import { address, fetchText, useJson } from "./api.js";
import { ChakraUI } from "./chakra.js";

const { createElement: h, useEffect, useMemo, useRef } = globalThis.React;
const { Box, Text } = ChakraUI;

const STATES = ["success", "failed", "upstream_failed", "skipped", "running"];

const token = (name) => `var(--chakra-colors-${name})`;
/** The picture's colours are variables: these make them Airflow's, in light and dark. */
const COLORS = {
  "--plan-page": "transparent",
  "--plan-ink": token("fg"),
  "--plan-quiet": token("fg-muted"),
  "--plan-arrow": token("fg-muted"),
  "--plan-parallel": token("bg-subtle"),
  "--plan-parallel-line": token("border"),
  "--plan-branch": token("bg"),
  "--plan-step": token("bg"),
  "--plan-step-line": token("border-emphasized"),
  "--plan-poller": token("bg-muted"),
  "--plan-poller-line": token("purple-fg"),
  "--plan-poller-ink": token("fg"),
  ...Object.fromEntries(
    STATES.flatMap((state) => [
      [`--plan-${state}`, token(`${state}-subtle`)],
      [`--plan-${state}-line`, token(`${state}-solid`)],
    ]),
  ),
};

export function Plan({ dagId, tasks }) {
  const { data, error } = useJson(address("dags", dagId, "plan.svg"), { read: fetchText });
  const frame = useRef(null);
  // Once: React must not write it anew at each change of a state.
  const picture = useMemo(() => (data === undefined ? undefined : { __html: data }), [data]);

  useEffect(() => {
    const prefix = `plan-${dagId}--`;
    for (const step of frame.current?.querySelectorAll("g.step") ?? []) {
      const state = tasks?.[step.id.slice(prefix.length)]?.state;
      step.classList.remove(...STATES);
      if (STATES.includes(state)) {
        step.classList.add(state);
        step.setAttribute("aria-label", `${step.id.slice(prefix.length)}: ${state}`);
      }
    }
  }, [dagId, picture, tasks]);

  if (error) {
    return h(Text, { color: "fg.muted", fontSize: "sm" }, error.message);
  }
  return h(Box, {
    "aria-label": `The plan of ${dagId}`,
    borderRadius: "md",
    borderWidth: 1,
    dangerouslySetInnerHTML: picture,
    minH: 20,
    overflow: "auto",
    p: 2,
    ref: frame,
    role: "region",
    style: COLORS,
    tabIndex: 0,
  });
}
