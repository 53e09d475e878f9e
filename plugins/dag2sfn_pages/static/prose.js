// Markdown of a DAG's author: the API server makes safe HTML of it, here it gets its look.

const { createElement: h } = globalThis.React;

const link = document.createElement("link");
link.rel = "stylesheet";
link.href = new URL("prose.css", import.meta.url).href;
document.head.append(link);

export function Prose({ html }) {
  return h("div", { className: "dag2sfn-prose", dangerouslySetInnerHTML: { __html: html } });
}
