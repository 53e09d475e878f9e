// The parts of Chakra UI that these pages use, for Airflow 3.1, which does not give its own to plugins.
//
// The same names and props, on plain HTML elements; chakra_stand_in.css says what they look like.

import { withoutStyles } from "./style_props.js";

const { cloneElement, createContext, createElement: h, useContext, useId } = globalThis.React;

const link = document.createElement("link");
link.rel = "stylesheet";
link.href = new URL("chakra_stand_in.css", import.meta.url).href;
// Before the classes of style props, which override it.
document.head.insertBefore(link, document.head.querySelector("style:last-of-type"));

/** Return a component: an element with a class of its own, style props, `as`, `asChild`, variant and size. */
function part(element, name, defaults = {}) {
  return function Part(given) {
    const { as, asChild, children, colorPalette, size, variant, className, ...props } = { ...defaults, ...given };
    const [attributes, styles] = withoutStyles(props);
    if (colorPalette) {
      attributes.style = { ...paletteOf(colorPalette), ...attributes.style };
    }
    const all = {
      ...attributes,
      className: [`dag2sfn-${name}`, className, styles].filter(Boolean).join(" "),
      "data-size": size,
      "data-variant": variant,
    };
    if (asChild) {
      return cloneElement(children, { ...all, ...children.props, className: all.className });
    }
    return h(as ?? element, all, children);
  };
}

function paletteOf(name) {
  const kinds = ["contrast", "emphasized", "fg", "muted", "solid", "subtle"];
  return Object.fromEntries(kinds.map((kind) => [`--dag2sfn-${kind}`, `var(--chakra-colors-${name}-${kind})`]));
}

const BaseButton = part("button", "button", { colorPalette: "brand", variant: "solid" });

function Button({ children, disabled, loading, loadingText, ...props }) {
  if (props.asChild) {
    return h(BaseButton, props, children);
  }
  const given = { "aria-busy": loading, disabled: disabled || loading, type: "button", ...props };
  return h(BaseButton, given, loading ? (loadingText ?? children) : children);
}

/** The field that a control is in: it has a label, may be required, may be described. */
const InField = createContext({});

const BaseField = part("div", "field");

function FieldRoot({ required = false, ...props }) {
  const id = useId();
  return h(InField.Provider, { value: { id, required } }, h(BaseField, props));
}

function control(element, name) {
  const Base = part(element, name);
  return function Control(props) {
    const { id, required } = useContext(InField);
    return h(Base, { "aria-describedby": id && `${id}-help`, id, required, ...props });
  };
}

const BaseLabel = part("label", "field-label");
const Label = (props) => h(BaseLabel, { htmlFor: useContext(InField).id, ...props });
const BaseHelp = part("div", "help");
const HelperText = (props) => h(BaseHelp, { id: `${useContext(InField).id}-help`, ...props });
const RequiredIndicator = () =>
  useContext(InField).required ? h("span", { "aria-hidden": true, className: "dag2sfn-required" }, "*") : null;

const Checked = createContext({});
const BaseCheckbox = part("label", "checkbox");

function CheckboxRoot({ checked, onCheckedChange, ...props }) {
  return h(Checked.Provider, { value: { checked, onCheckedChange } }, h(BaseCheckbox, props));
}

function HiddenInput() {
  const { checked, onCheckedChange } = useContext(Checked);
  const change = (event) => onCheckedChange({ checked: event.target.checked });
  return h("input", { checked, onChange: change, type: "checkbox" });
}

const BaseGroup = part("div", "input-group");
const InputGroup = ({ children, startElement, ...props }) =>
  h(BaseGroup, props, h("span", { className: "dag2sfn-start" }, startElement), children);

const BaseIcon = part("svg", "icon", { asChild: true });
const BaseText = part("p", "text");
const Text = ({ lineClamp, ...props }) =>
  h(BaseText, lineClamp ? { ...props, className: "dag2sfn-clamped", style: { WebkitLineClamp: lineClamp } } : props);

const BaseTable = part("table", "table");
const TableRoot = ({ striped, ...props }) => h(BaseTable, { ...props, "data-striped": striped || undefined });

const BaseAlert = part("div", "alert");
const AlertRoot = ({ status = "info", ...props }) => h(BaseAlert, { colorPalette: status, "data-status": status, ...props });

export const ChakraUI = {
  Alert: {
    Content: part("div", "alert-content"),
    Description: part("div", "alert-description"),
    Indicator: part("span", "alert-sign"),
    Root: AlertRoot,
    Title: part("div", "alert-title"),
  },
  Badge: part("span", "badge", { colorPalette: "none" }),
  Box: part("div", "box"),
  Button,
  Checkbox: {
    Control: () => null,
    HiddenInput,
    Label: part("span", "checkbox-label"),
    Root: CheckboxRoot,
  },
  Code: part("code", "code"),
  EmptyState: {
    Content: part("div", "empty-content"),
    Description: part("div", "empty-description"),
    Indicator: part("div", "empty-sign"),
    Root: part("div", "empty"),
    Title: part("h3", "empty-title"),
  },
  Field: { HelperText, Label, RequiredIndicator, Root: FieldRoot },
  Fieldset: { HelperText: part("div", "help"), Legend: part("legend", "field-label"), Root: part("fieldset", "field") },
  Flex: part("div", "flex"),
  Heading: part("h2", "heading", { size: "xl" }),
  Icon: BaseIcon,
  Input: control("input", "input"),
  InputGroup,
  Link: part("a", "link"),
  NativeSelect: { Field: control("select", "input"), Indicator: () => null, Root: part("div", "select") },
  Skeleton: part("div", "skeleton"),
  Stack: part("div", "stack"),
  Table: {
    Body: part("tbody", "table-body"),
    Cell: part("td", "table-cell"),
    ColumnHeader: part("th", "table-cell", { scope: "col" }),
    Header: part("thead", "table-header"),
    Root: TableRoot,
    Row: part("tr", "table-row"),
  },
  Text,
  Textarea: control("textarea", "input"),
  VisuallyHidden: part("span", "hidden"),
};
