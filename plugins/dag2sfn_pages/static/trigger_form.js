// Starts an execution: a field for each of the DAG's params, as in Airflow's own form, conf, and a logical date.

import { address, post } from "./api.js";
import { momentOf, zone } from "./shown.js";

const { createElement: h, useState } = globalThis.React;
const { Alert, Box, Button, Checkbox, Field, Flex, Input, NativeSelect, Stack, Textarea } =
  globalThis.ChakraUI;

export function TriggerForm({ dagId, params, onStarted, onCancel }) {
  const [values, setValues] = useState(() =>
    Object.fromEntries(params.map(({ name, value, schema }) => [name, shownValue(value, schema)])),
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
      params.map((param) =>
        h(ParamField, {
          key: param.name,
          onChange: (value) => setValues((before) => ({ ...before, [param.name]: value })),
          param,
          value: values[param.name],
        }),
      ),
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

function typesOf(schema) {
  return [schema.type ?? []].flat();
}

/** Return what stands in a param's field. */
function shownValue(value, schema) {
  if (typesOf(schema).includes("boolean")) {
    return value === true;
  }
  if (value === null || value === undefined) {
    return "";
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function ParamField({ param, value, onChange }) {
  const { name, description, schema } = param;
  if (typesOf(schema).includes("boolean")) {
    return h(
      Checkbox.Root,
      { checked: value, onCheckedChange: (change) => onChange(change.checked === true) },
      h(Checkbox.HiddenInput),
      h(Checkbox.Control),
      h(Checkbox.Label, null, schema.title ?? name),
    );
  }
  return h(
    Field.Root,
    null,
    h(Field.Label, null, schema.title ?? name),
    control(schema, value, onChange),
    (description ?? schema.description) && h(Field.HelperText, null, description ?? schema.description),
  );
}

function control(schema, value, onChange) {
  const given = { onChange: (event) => onChange(event.target.value), value };
  if (schema.enum) {
    const options = schema.enum.map((one) => {
      const text = typeof one === "string" ? one : JSON.stringify(one);
      return h("option", { key: text, value: text }, schema.values_display?.[one] ?? text);
    });
    return h(NativeSelect.Root, null, h(NativeSelect.Field, given, options), h(NativeSelect.Indicator));
  }
  const types = typesOf(schema);
  if (types.includes("integer") || types.includes("number")) {
    const step = types.includes("number") ? "any" : 1;
    return h(Input, { ...given, max: schema.maximum, min: schema.minimum, step, type: "number" });
  }
  if (types.includes("object") || types.includes("array")) {
    return h(Textarea, { ...given, fontFamily: "mono", rows: 3, spellCheck: false });
  }
  return h(Input, { ...given, type: schema.format === "date" ? "date" : "text" });
}

/** Return the conf that the fields say. Throws an Error that names the field that says none. */
function confOf(params, values, more) {
  const conf = {};
  for (const { name, value, schema } of params) {
    const text = values[name];
    if (text !== shownValue(value, schema)) {
      conf[name] = valueOf(name, text, schema, value);
    }
  }
  const further = parsed("conf", more);
  if (further === null || typeof further !== "object" || Array.isArray(further)) {
    throw new Error("Conf is no JSON object: write {\"name\": \"value\"}.");
  }
  return { ...conf, ...further };
}

function valueOf(name, text, schema, before) {
  const types = typesOf(schema);
  if (typeof text === "boolean") {
    return text;
  }
  if (text === "" && types.includes("null")) {
    return null;
  }
  const isText = types.includes("string") || (types.length === 0 && typeof before === "string");
  if (isText && !(schema.enum && !schema.enum.includes(text))) {
    return text;
  }
  return parsed(name, text);
}

function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is no JSON.`);
  }
}
