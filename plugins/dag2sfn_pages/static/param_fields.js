// A field for each of a DAG's params: which one, and whether it must be filled in, as in Airflow's own trigger form.
//
// A field holds a text (a checkbox a boolean): `shownValue` makes it of a param's value, `valueOf` goes back.

import { ChakraUI } from "./chakra.js";
import { Prose } from "./prose.js";
import { localTime, momentOf } from "./shown.js";

const { createElement: h, useId } = globalThis.React;
const { Checkbox, Field, Fieldset, Heading, Input, NativeSelect, Stack, Textarea } = ChakraUI;

/** The fields, in the sections that the params name; constants are not asked for. */
export function ParamFields({ params, values, onChange }) {
  const sections = new Map();
  for (const param of params.filter(({ schema }) => schema.const === undefined)) {
    const name = param.schema.section ?? "";
    sections.set(name, [...(sections.get(name) ?? []), param]);
  }
  return [...sections].map(([section, members]) =>
    h(
      Stack,
      { gap: 3, key: section },
      section && h(Heading, { as: "h3", size: "sm" }, section),
      members.map((param) =>
        h(ParamField, {
          key: param.name,
          onChange: (value) => onChange(param.name, value),
          param,
          value: values[param.name],
        }),
      ),
    ),
  );
}

/** The first type that is not null; without any, that of the value. */
function typeOf({ schema, value }) {
  const type = typesOf(schema).find((one) => one !== "null");
  return type ?? (Array.isArray(value) ? "array" : typeof value);
}

function typesOf(schema) {
  return [schema.type ?? []].flat();
}

/** A param that has a type must have a value, unless null is one of its types. */
function isRequired({ schema }) {
  const types = typesOf(schema);
  return types.length > 0 && !types.includes("null");
}

/** Null is a default where it is allowed; else it stands for none. */
export function hasDefault(param) {
  return (param.value ?? null) !== null || !isRequired(param);
}

/** An array without another type of items is one of texts. */
function isOfTexts({ schema }) {
  return (schema.items?.type ?? "string") === "string";
}

/** Return what stands in a param's field. */
export function shownValue(param) {
  const { schema, value } = param;
  const type = typeOf(param);
  if (type === "boolean" && !schema.enum) {
    return value === true;
  }
  if (value === null || value === undefined) {
    return "";
  }
  if (type === "array" && isOfTexts(param) && !schema.enum && Array.isArray(value)) {
    return value.join("\n");
  }
  if (schema.format === "date-time" && typeof value === "string") {
    return localTime(value) ?? value;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Return the value that a field says. Throws an Error that names the field if it says none. */
export function valueOf(param, text) {
  const { name, schema } = param;
  if (typeof text === "boolean") {
    return text;
  }
  const type = typeOf(param);
  if (text === "" && (typesOf(schema).includes("null") || type !== "string")) {
    return null;
  }
  if (schema.enum) {
    return schema.enum.find((one) => optionOf(one) === text) ?? parsed(name, text);
  }
  if (type === "array" && isOfTexts(param)) {
    return text.split("\n").filter((line) => line.trim() !== "");
  }
  if (type !== "string") {
    return parsed(name, text);
  }
  if (schema.format === "date-time") {
    return text === "" ? text : momentOf(text);
  }
  return schema.format === "time" && text.length === 5 ? `${text}:00` : text;
}

export function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is no JSON.`);
  }
}

function ParamField({ param, value, onChange }) {
  const { name, description, schema } = param;
  const label = schema.title ?? name;
  const html = param.description_html;
  const help = description ?? schema.description ?? (html && h(Prose, { html }));
  if (typeof value === "boolean") {
    return h(
      Field.Root,
      null,
      h(
        Checkbox.Root,
        { checked: value, onCheckedChange: (change) => onChange(change.checked === true) },
        h(Checkbox.HiddenInput),
        h(Checkbox.Control),
        h(Checkbox.Label, null, label),
      ),
      help && h(Field.HelperText, { as: "div" }, help),
    );
  }
  if (typeOf(param) === "array" && isOfTexts(param) && schema.examples) {
    return h(Choices, { examples: schema.examples, help, label, names: schema.values_display, onChange, value });
  }
  return h(
    Field.Root,
    { required: isRequired(param) },
    h(Field.Label, null, label, h(Field.RequiredIndicator)),
    h(Control, { onChange, param, value }),
    help && h(Field.HelperText, { as: "div" }, help),
  );
}

/** Several of what the param's author proposes. */
function Choices({ examples, help, label, names, value, onChange }) {
  const chosen = value.split("\n").filter(Boolean);
  return h(
    Fieldset.Root,
    null,
    h(Fieldset.Legend, { fontSize: "sm" }, label),
    help && h(Fieldset.HelperText, { as: "div" }, help),
    examples.map((example) =>
      h(
        Checkbox.Root,
        {
          checked: chosen.includes(example),
          key: example,
          onCheckedChange: ({ checked }) =>
            onChange(examples.filter((one) => (one === example ? checked : chosen.includes(one))).join("\n")),
        },
        h(Checkbox.HiddenInput),
        h(Checkbox.Control),
        h(Checkbox.Label, null, names?.[example] ?? example),
      ),
    ),
  );
}

const INPUTS = { date: "date", "date-time": "datetime-local", time: "time" };

function Control({ param, value, onChange }) {
  const { schema } = param;
  const proposals = useId();
  const given = { onChange: (event) => onChange(event.target.value), value };
  const type = typeOf(param);
  if (schema.enum) {
    return h(Select, { given, isRequired: isRequired(param), schema });
  }
  if (type === "integer" || type === "number") {
    const step = type === "number" ? "any" : 1;
    return h(Input, { ...given, max: schema.maximum, min: schema.minimum, step, type: "number" });
  }
  const isText = type === "string";
  if (type === "object" || type === "array" || (isText && schema.format === "multiline")) {
    const isCode = !isText && !(type === "array" && isOfTexts(param));
    return h(Textarea, { ...given, fontFamily: isCode ? "mono" : undefined, rows: 4, spellCheck: isText });
  }
  const input = (isText && INPUTS[schema.format]) || "text";
  const isTyped = isText && input === "text";
  return [
    h(Input, {
      ...given,
      key: "input",
      list: isTyped && schema.examples ? proposals : undefined,
      maxLength: isTyped ? schema.maxLength : undefined,
      minLength: isTyped ? schema.minLength : undefined,
      pattern: isTyped ? schema.pattern : undefined,
      step: input === "datetime-local" || input === "time" ? 1 : undefined,
      type: input,
    }),
    isTyped && schema.examples &&
      h("datalist", { id: proposals, key: "list" }, schema.examples.map((one) => h("option", { key: one }, one))),
  ];
}

function Select({ given, schema, isRequired }) {
  const options = schema.enum
    .filter((one) => one !== null)
    .map((one) => h("option", { key: optionOf(one), value: optionOf(one) }, schema.values_display?.[one] ?? optionOf(one)));
  // Without a value, or where none is allowed, the first option is not taken for one.
  const none = given.value === "" || !isRequired ? [h("option", { key: "", value: "" }, "")] : [];
  return h(NativeSelect.Root, null, h(NativeSelect.Field, given, [...none, ...options]), h(NativeSelect.Indicator));
}

function optionOf(one) {
  return typeof one === "string" ? one : JSON.stringify(one);
}
