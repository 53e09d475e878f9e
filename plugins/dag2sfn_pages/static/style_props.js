// Chakra's style props (`p: 4`, `color: "fg.muted"`, `display: { base: "none", md: "block" }`) as classes of CSS.
//
// Their values are the CSS variables that Airflow's own theme puts on its pages, in light and dark.

const MEDIA = { base: "", sm: "30rem", md: "48rem", lg: "64rem" };

const color = (value) => `var(--chakra-colors-${value.replaceAll(".", "-")}, ${value})`;
const radius = (value) => (/^[a-z]+$/u.test(value) ? `var(--chakra-radii-${value})` : value);
const fontSize = (value) => `var(--chakra-font-sizes-${value})`;
const font = (value) => `var(--chakra-fonts-${value})`;
const NAMED_SIZES = { full: "100%", xs: "20rem" };
const size = (value) => (typeof value === "number" ? `${value / 4}rem` : (NAMED_SIZES[value] ?? value));
const plain = (value) => value;

/** For each prop: the CSS properties that it sets, and how its value is written. */
const PROPS = {
  align: [["align-items"], plain],
  alignSelf: [["align-self"], plain],
  bg: [["background"], color],
  borderBottomWidth: [["border-bottom-width"], (value) => `${value}px`],
  borderRadius: [["border-radius"], radius],
  borderWidth: [["border-width"], (value) => `${value}px`],
  boxSize: [["width", "height"], size],
  color: [["color"], color],
  direction: [["flex-direction"], plain],
  display: [["display"], plain],
  flex: [["flex"], plain],
  fontFamily: [["font-family"], font],
  fontSize: [["font-size"], fontSize],
  fontVariantNumeric: [["font-variant-numeric"], plain],
  fontWeight: [["font-weight"], plain],
  gap: [["gap"], size],
  h: [["height"], size],
  height: [["height"], size],
  justify: [["justify-content"], (value) => (value === "end" ? "flex-end" : value)],
  maxH: [["max-height"], size],
  maxW: [["max-width"], size],
  mb: [["margin-bottom"], size],
  minH: [["min-height"], size],
  minW: [["min-width"], size],
  ml: [["margin-left"], size],
  ms: [["margin-inline-start"], size],
  mt: [["margin-top"], size],
  overflow: [["overflow"], plain],
  overflowWrap: [["overflow-wrap"], plain],
  overflowX: [["overflow-x"], plain],
  overflowY: [["overflow-y"], plain],
  p: [["padding"], size],
  pe: [["padding-inline-end"], size],
  position: [["position"], plain],
  ps: [["padding-inline-start"], size],
  px: [["padding-inline"], size],
  py: [["padding-block"], size],
  right: [["right"], size],
  textAlign: [["text-align"], plain],
  top: [["top"], size],
  verticalAlign: [["vertical-align"], plain],
  w: [["width"], size],
  whiteSpace: [["white-space"], plain],
  width: [["width"], size],
  wordBreak: [["word-break"], plain],
  wrap: [["flex-wrap"], plain],
};

const sheet = document.head.appendChild(document.createElement("style")).sheet;
const names = new Map();

/** Return the name of a class with these declarations; `rules` gives them by media query and selector. */
function className(rules) {
  const text = rules.map((rule) => rule.join(" ")).join("");
  if (!names.has(text)) {
    const name = `dag2sfn-style-${names.size}`;
    names.set(text, name);
    for (const [media, selector, declarations] of rules) {
      const rule = `${selector.replace("&", `.${name}`)} { ${declarations} }`;
      sheet.insertRule(media ? `@media (min-width: ${media}) { ${rule} }` : rule, sheet.cssRules.length);
    }
  }
  return names.get(text);
}

function declared(name, value) {
  const [properties, write] = PROPS[name];
  return properties.map((property) => `${property}: ${write(value)};`).join(" ");
}

/** Return what is left of props without those of styles, and the class that these are. */
export function withoutStyles({ css, ...props }) {
  const left = {};
  const rules = [];
  for (const [name, value] of Object.entries(props)) {
    if (!(name in PROPS)) {
      left[name] = value;
    } else if (value !== null && typeof value === "object") {
      rules.push(...Object.entries(value).map(([at, one]) => [MEDIA[at], "&", declared(name, one)]));
    } else if (value !== undefined) {
      rules.push(["", "&", declared(name, value)]);
    }
  }
  for (const [selector, one] of Object.entries(css ?? {})) {
    rules.push(["", selector, Object.entries(one).map(([name, value]) => declared(name, value)).join(" ")]);
  }
  // A media query only counts behind what it overrides.
  rules.sort(([one], [other]) => Number.parseFloat(one || 0) - Number.parseFloat(other || 0));
  return [left, rules.length > 0 ? className(rules) : ""];
}
