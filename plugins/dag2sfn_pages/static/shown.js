// How states, times and values are shown, on all pages alike.

import { ChakraUI } from "./chakra.js";
import { plural } from "./parts.js";

const { createElement: h, useState } = globalThis.React;
const { Badge, Box, Button, Flex, Link, Text } = ChakraUI;

/** Airflow's palettes are named after its states; an execution's states have their counterparts. */
const EXECUTION_PALETTES = {
  RUNNING: "running",
  SUCCEEDED: "success",
  FAILED: "failed",
  TIMED_OUT: "failed",
  ABORTED: "upstream_failed",
};

export function StatusBadge({ status }) {
  return h(
    Badge,
    { colorPalette: EXECUTION_PALETTES[status] ?? "none", variant: "surface" },
    status.toLowerCase().replace("_", " "),
  );
}

/** Of an instance that is an execution of its own, nobody may have read what became of it: `over`. */
export function StateBadge({ over, state }) {
  return h(
    Badge,
    { colorPalette: state ?? "none", variant: "surface" },
    (state ?? (over ? "not read" : "not started")).replace("_", " "),
  );
}

/** Return the zone that is chosen in Airflow's UI; undefined: the browser's. */
export function zone() {
  try {
    const chosen = localStorage.getItem("timezone");
    const name = chosen?.startsWith('"') ? JSON.parse(chosen) : chosen;
    new Intl.DateTimeFormat(undefined, { timeZone: name ?? undefined });
    return name ?? undefined;
  } catch {
    return undefined;
  }
}

/** Return the moment (ISO 8601) at which a clock in that zone shows a text like 2026-01-31T12:00. */
export function momentOf(text) {
  const shownAs = new Date(`${text}Z`).getTime();
  let moment = shownAs;
  // The second round mends what the first takes from the wrong side of a change to or from summer time.
  for (let round = 0; round < 2; round += 1) {
    moment += shownAs - new Date(`${localTime(moment)}Z`).getTime();
  }
  return new Date(moment).toISOString();
}

/** Return what a clock in that zone shows at a moment, like 2026-01-31T12:00:00; undefined if it is none. */
export function localTime(moment) {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? undefined
    : date.toLocaleString("sv-SE", { timeZone: zone() }).replace(" ", "T");
}

export function clock(moment) {
  return moment
    ? new Date(moment).toLocaleString(undefined, {
        dateStyle: "medium",
        timeStyle: "medium",
        timeZone: zone(),
      })
    : "";
}

export function Clock({ moment }) {
  return moment ? h("time", { dateTime: moment, title: moment }, clock(moment)) : null;
}

export function duration(start, end) {
  if (!start) {
    return "";
  }
  const seconds = Math.max(0, ((end ? new Date(end) : new Date()) - new Date(start)) / 1000);
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What went wrong, in a line. Of a cause that is JSON, as those of Lambda and Glue are, its message. */
export function failure({ error, cause }) {
  return [error, messageOf(cause)].filter(Boolean).join(": ");
}

export function messageOf(cause) {
  try {
    const told = JSON.parse(cause);
    return told?.errorMessage || told?.ErrorMessage || cause;
  } catch {
    return cause;
  }
}

export function ConsoleLink({ href, children = "AWS console" }) {
  return h(Link, { color: "fg.info", fontSize: "sm", href, rel: "noreferrer", target: "_blank" }, children);
}

/** JSON, or a text that may be JSON, readable, with a button to copy it. */
export function Json({ value, label, maxH = "24rem" }) {
  const [copied, setCopied] = useState(false);
  const text = typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1500);
      },
      () => setCopied(false),
    );
  return h(
    Box,
    { borderRadius: "md", borderWidth: 1, position: "relative" },
    h(
      Button,
      {
        "aria-label": copied ? `Copied ${label}` : `Copy ${label}`,
        onClick: copy,
        position: "absolute",
        right: 2,
        size: "xs",
        top: 2,
        variant: "subtle",
      },
      copied ? "Copied" : "Copy",
    ),
    h(
      Box,
      {
        as: "pre",
        "aria-label": label,
        fontFamily: "mono",
        fontSize: "xs",
        maxH,
        overflow: "auto",
        p: 3,
        tabIndex: 0,
        whiteSpace: "pre-wrap",
        wordBreak: "break-word",
      },
      text,
    ),
  );
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The last executions as bars, the newest at the right: as high as they took long, in the colour of their end. */
export function Bars({ executions }) {
  if (executions.length === 0) {
    return h(Text, { color: "fg.muted", fontSize: "xs" }, "no executions");
  }
  const lengths = executions.map((one) => (one.stop ? new Date(one.stop) : new Date()) - new Date(one.start));
  const longest = Math.max(...lengths, 1);
  const bars = executions
    .map((one, index) =>
      h(Box, {
        bg: `${EXECUTION_PALETTES[one.status] ?? "none"}.solid`,
        borderRadius: "1px",
        h: `${4 + (20 * lengths[index]) / longest}px`,
        key: one.name,
        title: `${one.status.toLowerCase()}, ${clock(one.start)}, ${duration(one.start, one.stop)}`,
        w: "6px",
      }),
    )
    .reverse();
  const failed = executions.filter((one) => !["SUCCEEDED", "RUNNING"].includes(one.status)).length;
  const words = `${plural(executions.length, "execution")}, ${failed} not successful, the last ${executions[0].status.toLowerCase()}`;
  return h(Flex, { align: "end", "aria-label": words, gap: "2px", h: "24px", role: "img" }, bars);
}
