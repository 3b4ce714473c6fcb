/* The keyboard: every key and what it does, also shown by "?". */
import { $, make } from "./page.js";
import { set, state } from "./state.js";
import { step } from "./watchlist.js";
import { goLive, pan, zoom } from "./view.js";
import { pauseReplay } from "./replay.js";
import { known } from "./search.js";
import { series } from "./series.js";

const PAGES = ["chart", "symbol", "grid", "alerts", "performance", "system"];
const next = (values, now) => values[(values.indexOf(now) + 1) % values.length];

export const KEYS = [
  ["/", "search a symbol", () => $("symbol").focus()],
  ["j", "next symbol", () => step(1)], ["k", "symbol before", () => step(-1)],
  ...PAGES.map((page, n) => [String(n + 1), page, () => set({ page }, true)]),
  ["i", "next interval", () => set({ interval: next(known.intervals, series.interval) }, true)],
  ["c", "candles, line, Heikin-Ashi", () => set({ type: next(["candles", "line", "ha"], state.type) })],
  ["l", "logarithmic scale", () => set({ log: state.log === "1" ? "0" : "1" })],
  ["r", "go live", () => goLive()], ["←", "older bars", () => pan(-10), "ArrowLeft"], ["→", "newer bars", () => pan(10), "ArrowRight"],
  ["+", "closer", () => zoom(0.7)], ["-", "farther", () => zoom(1.4)],
  ["w", "watchlist", () => set({ list: state.list === "1" ? "0" : "1" })],
  ["t", "dark or light", () => set({ theme: state.theme === "dark" ? "light" : "dark" })],
  ["b", "colour-blind palette", () => set({ palette: state.palette === "usual" ? "blind" : "usual" })],
  ["z", "UTC, local, exchange time", () => set({ tz: next(["utc", "local", "exchange"], state.tz) })],
  [" ", "pause or go on with the replay", () => pauseReplay()],
  ["?", "this list", () => help()],
];

export function help(open = !$("help").open) {
  if (open) $("help").showModal(); else $("help").close();
}

export function attachKeys() {
  $("help-list").replaceChildren(...KEYS.flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key === " " ? "space" : key)), make("dd", {}, what)]));
  $("help-button").onclick = () => help(true);
  $("help-close").onclick = () => help(false);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea")) return;
    if (event.key === " " && event.target.closest?.("button")) return;
    const found = KEYS.find(([key, , , name]) => (name ?? key) === event.key);
    if (!found || ($("help").open && found[0] !== "?")) return;
    event.preventDefault();
    found[2]();
  });
}
