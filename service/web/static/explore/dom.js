// Elements from names, attributes and children; numbers that keep their whole value.

const SVG = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes = {}, ...children) => build(document.createElementNS(SVG, tag), attributes, children);
const at = (id) => document.getElementById(id);

function fill(id, ...children) {
  at(id).replaceChildren(...children.flat().filter((child) => child !== null));
}

// A number as the API gave it stands in `value`; what is shown is rounded to three digits, integers are whole.
function shown(value) {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size < 0.001 || size >= 1e6 ? Number(value.toPrecision(3)).toExponential() : String(Number(value.toPrecision(3)));
}

const num = (value) => (value === null || value === undefined ? "not known" : h("data", { value: String(value), title: String(value) }, shown(value)));
const counted = (value, unit) => [num(value), ` ${unit}${value === 1 ? "" : "s"}`];
// A long name that may be broken behind its separators.
const parted = (name) => name.split(/(?<=[_/-])/).flatMap((part) => [part, h("wbr")]);
const percent = (share) => `${Number((share * 100).toPrecision(3))} %`;

function table(caption, heads, rows) {
  const cell = (value, place) => (place === 0 ? h("th", { scope: "row" }, value) : h("td", { class: typeof value === "string" ? null : "n" }, value));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell))))));
}
