// Starts an execution: a field for each of the DAG's params, as in Airflow's own form, conf, and a logical date.

import { address, post } from "./api.js";
import { ChakraUI } from "./chakra.js";
import { ParamFields, hasDefault, parsed, shownValue, valueOf } from "./param_fields.js";
import { momentOf, zone } from "./shown.js";

const { createElement: h, useState } = globalThis.React;
const { Alert, Box, Button, Field, Flex, Input, Stack, Textarea } = ChakraUI;

export function TriggerForm({ dagId, params, onStarted, onCancel }) {
  const [values, setValues] = useState(() =>
    Object.fromEntries(params.map((param) => [param.name, shownValue(param)])),
  );
  const [more, setMore] = useState("{}");
  const [date, setDate] = useState("");
  const [problem, setProblem] = useState();
  const [busy, setBusy] = useState(false);

  const start = (event) => {
    event.preventDefault();
    let body;
    try {
      body = { conf: confOf(params, values, more), logical_date: date ? momentOf(date) : null };
    } catch (error) {
      setProblem(error.message);
      return;
    }
    setBusy(true);
    post(address("dags", dagId, "executions"), body).then(onStarted, (error) => {
      setProblem(error.message);
      setBusy(false);
    });
  };

  return h(
    Box,
    { "aria-label": "Trigger", as: "form", borderRadius: "md", borderWidth: 1, onSubmit: start, p: 4 },
    h(
      Stack,
      { gap: 3, maxW: "40rem" },
      h(ParamFields, {
        onChange: (name, value) => setValues((before) => ({ ...before, [name]: value })),
        params,
        values,
      }),
      h(
        Field.Root,
        null,
        h(Field.Label, null, params.length > 0 ? "Further conf (JSON)" : "Conf (JSON)"),
        h(Textarea, {
          fontFamily: "mono",
          onChange: (event) => setMore(event.target.value),
          rows: 3,
          spellCheck: false,
          value: more,
        }),
      ),
      h(
        Field.Root,
        null,
        h(Field.Label, null, "Logical date"),
        h(Input, {
          onChange: (event) => setDate(event.target.value),
          step: 1,
          type: "datetime-local",
          value: date,
        }),
        h(Field.HelperText, null, `In ${zone() ?? "this browser's time zone"}; empty: none.`),
      ),
      problem &&
        h(
          Alert.Root,
          { role: "alert", status: "error" },
          h(Alert.Indicator),
          h(Alert.Content, null, h(Alert.Title, null, problem)),
        ),
      h(
        Flex,
        { gap: 2 },
        h(Button, { colorPalette: "brand", loading: busy, size: "sm", type: "submit" }, "Start"),
        h(Button, { onClick: onCancel, size: "sm", variant: "outline" }, "Cancel"),
      ),
    ),
  );
}

/**
 * Return the conf that the fields say: all of them, as Airflow's own form does, since the machine may have
 * been made of a DAG file with other defaults. Throws an Error that names the field that says no value.
 */
function confOf(params, values, more) {
  const conf = {};
  for (const param of params) {
    const text = values[param.name];
    if (text !== shownValue(param)) {
      conf[param.name] = valueOf(param, text);
    } else if (hasDefault(param)) {
      conf[param.name] = param.value;
    }
  }
  const further = parsed("conf", more);
  if (further === null || typeof further !== "object" || Array.isArray(further)) {
    throw new Error("Conf is no JSON object: write {\"name\": \"value\"}.");
  }
  return { ...conf, ...further };
}
