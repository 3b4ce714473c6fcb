/* What the chart and the page are set to: buttons and boxes that follow the state. */
import { $, make } from "./page.js";
import { LINES, PANES } from "./chart.js";
import { RANGES, showRange } from "./view.js";
import { known } from "./search.js";
import { series } from "./series.js";
import { list, set, state } from "./state.js";

const TITLES = { ema38: "EMA 38", ema100: "EMA 100", sma5: "SMA 5", sma10: "SMA 10", sma20: "SMA 20", sma50: "SMA 50", sma200: "SMA 200", bb: "Bollinger", vwap_session: "Session VWAP", forecast: "Forecast" };
const PANE_TITLES = { volume: "Volume", rsi: "RSI 14", macd: "MACD" };
const CHOICES = {
  type: { candles: "candles", line: "line", ha: "Heikin-Ashi" }, theme: { dark: "dark", light: "light" },
  palette: { usual: "green and red", blind: "blue and orange" }, tz: { utc: "UTC", local: "local time", exchange: "exchange (New York)" },
  rate: { 0.25: "4 a second", 0.5: "2 a second", 1: "every second", 2: "every 2 s", 5: "every 5 s" }, log: { 0: "linear", 1: "logarithmic" },
  sound: { 0: "silent", 1: "sound" },
};

const without = (values, name) => values.includes(name) ? values.filter((v) => v !== name) : [...values, name];

const box = (field, name, title) => make("label", { class: name }, make("input", {
  type: "checkbox", checked: list(field).includes(name), onchange: () => set({ [field]: without(list(field), name).join(",") }),
}), title);

export function drawIntervals() {
  $("intervals").replaceChildren(...known.intervals.map((name) => make("button", {
    type: "button", "aria-pressed": String(name === series.interval), onclick: () => set({ interval: name }, true),
  }, name)));
}

export function drawMenus() {
  $("lines").replaceChildren(...LINES.map((name) => box("lines", name, TITLES[name])), ...PANES.slice(1).map((name) => box("panes", name, `${PANE_TITLES[name]} pane`)));
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
