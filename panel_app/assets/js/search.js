/* Type to search: the symbol box and its list. */
import { $, make } from "./page.js";
import { series } from "./series.js";
import { set } from "./state.js";

const MOST = 60;
export const known = { symbols: [], intervals: [] };
let matches = [], choice = -1;

function open() {
  const input = $("symbol"), word = input.value.trim().toLowerCase();
  const wanted = word === series.symbol.toLowerCase() ? "" : word;
  const starts = known.symbols.filter((name) => name.toLowerCase().startsWith(wanted));
  const holds = wanted ? known.symbols.filter((name) => name.toLowerCase().indexOf(wanted) > 0) : [];
  matches = [...starts, ...holds].slice(0, MOST);
  choice = wanted && matches.length ? 0 : -1;
  const items = matches.map((name, k) => make("li", {
    role: "option", id: `match-${k}`, class: k === choice ? "on" : "", "aria-selected": String(k === choice),
    onmousedown: (event) => { event.preventDefault(); pick(name); },
  }, name));
  $("matches").replaceChildren(...(items.length ? items : [make("li", { class: "none" }, "no such symbol")]));
  show(true);
}

function show(visible) {
  $("matches").hidden = !visible;
  $("symbol").setAttribute("aria-expanded", String(visible));
  mark();
}

function mark() {
  const items = [...$("matches").children];
  items.forEach((item, k) => { if (matches.length) { item.className = k === choice ? "on" : ""; item.setAttribute("aria-selected", String(k === choice)); } });
  if (choice >= 0) $("symbol").setAttribute("aria-activedescendant", `match-${choice}`); else $("symbol").removeAttribute("aria-activedescendant");
  items[choice]?.scrollIntoView({ block: "nearest" });
}

function pick(name) {
  $("symbol").value = name;
  $("symbol").blur();
  set({ symbol: name }, true);
}

function typed(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && matches.length) {
    event.preventDefault();
    choice = (choice + step + matches.length) % matches.length;
    mark();
  } else if (event.key === "Enter") {
    const name = matches[Math.max(choice, 0)];
    if (name) pick(name);
  } else if (event.key === "Escape") $("symbol").blur();
}

export function attachSearch() {
  const input = $("symbol");
  input.oninput = open;
  input.onfocus = () => { input.select(); open(); };
  input.onblur = () => { show(false); input.value = series.symbol; };
  input.onkeydown = typed;
}
