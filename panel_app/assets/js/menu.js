/* What the chart and the page are set to: buttons and boxes that follow the state. */
import { $, make } from "./page.js";
import { LINES, fitting, ink, otherLines, otherPanes } from "./lines.js";
import { RANGES, showRange } from "./view.js";
import { known } from "./search.js";
import { series } from "./series.js";
import { list, set, state } from "./state.js";

const PANES = { volume: "Volume", rsi: "RSI 14", macd: "MACD" };
const CHOICES = {
  type: { candles: "candles", line: "line", ha: "Heikin-Ashi" }, theme: { dark: "dark", light: "light" },
  palette: { usual: "green and red", blind: "blue and orange" }, tz: { utc: "UTC", local: "local time", exchange: "exchange (New York)" },
  rate: { 0.25: "4 a second", 0.5: "2 a second", 1: "every second", 2: "every 2 s", 5: "every 5 s" }, log: { 0: "linear", 1: "logarithmic" },
  sound: { 0: "silent", 1: "sound" },
};

const without = (values, name) => values.includes(name) ? values.filter((v) => v !== name) : [...values, name];

const toggled = (field, name) => field === "panes" ? fitting(without(list(field), name)) : without(list(field), name);
const box = (field, name, title) => make("label", { style: field === "lines" && ink(name) ? `border-color:${ink(name)}` : null }, make("input", {
  type: "checkbox", checked: list(field).includes(name), onchange: () => set({ [field]: toggled(field, name).join(",") }),
}), title);

function drawLines() {
  const boxes = (field, titles, others) => [...Object.entries(titles), ...others.map((each) => [each.name, each.title])].map(([name, title]) => box(field, name, title));
  $("lines").replaceChildren(make("h3", {}, "Lines"), ...boxes("lines", LINES, otherLines()), make("h3", {}, "Panes"), ...boxes("panes", PANES, otherPanes()));
}

export function drawIntervals() {
  $("intervals").replaceChildren(...known.intervals.map((name) => make("button", {
    type: "button", "aria-pressed": String(name === series.interval), onclick: () => set({ interval: name }, true),
  }, name)));
}

export function drawMenus() {
  drawLines();
  for (const select of document.querySelectorAll("select[data-state]")) {
    const name = select.dataset.state;
    select.replaceChildren(...Object.entries(CHOICES[name]).map(([value, title]) => make("option", { value, selected: value === state[name] }, title)));
    select.onchange = () => set({ [name]: select.value });
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === state.page) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    link.onclick = (event) => { event.preventDefault(); set({ page: link.dataset.page }, true); };
  }
  $("list-toggle").setAttribute("aria-pressed", String(state.list === "1"));
}

export function attachMenus() {
  $("ranges").replaceChildren(...Object.keys(RANGES).map((name) => make("button", { type: "button", onclick: () => showRange(name) }, name)));
  $("list-toggle").onclick = () => set({ list: state.list === "1" ? "0" : "1" });
  for (const menu of document.querySelectorAll("details.menu")) {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  }
}
