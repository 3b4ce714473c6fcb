/* The lines that the chart can draw: titles, colours by theme, and the indicators beside its own. */
import { series } from "./series.js";
import { list, state } from "./state.js";

export const { panes: PANES, charted: CHARTED, indicators: INDICATORS } = window.tapedeck.known;
export const FREE_PANES = PANES.filter((name) => name.startsWith("free"));
export const LINES = { ema38: "EMA 38", ema100: "EMA 100", sma5: "SMA 5", sma10: "SMA 10", sma20: "SMA 20", sma50: "SMA 50", sma200: "SMA 200", bb: "Bollinger", vwap_session: "Session VWAP", forecast: "Forecast" };

/* On a dark and on a light ground, where they are text too. */
const INKS = {
  closes: ["#26c6da", "#00707d"], ema38: ["#f5b942", "#8f6000"], ema100: ["#5aa9ff", "#1668c4"], sma5: ["#c792ea", "#8a3fc0"], sma10: ["#f4f06a", "#6f6a00"], sma20: ["#f78c6c", "#b8431c"],
  sma50: ["#ff6fae", "#b8165f"], sma200: ["#9e9e9e", "#5f5f5f"], vwap_session: ["#80cbc4", "#2a6f66"], bb: ["#8d98aa", "#5f6d85"], bb_middle: ["#8d98aa", "#5f6d85"], forecast: ["#ffa028", "#9a5700"],
  rsi14: ["#c792ea", "#8a3fc0"], macd: ["#5aa9ff", "#1668c4"], macd_signal: ["#ffa028", "#9a5700"],
};
const FREE_INKS = [["#7fd1ff", "#00618f"], ["#ffb3c7", "#a8325a"], ["#b5e48c", "#3f6f12"], ["#ffd6a5", "#8e1f7a"], ["#cdb4ff", "#6a45b8"], ["#a0e8e0", "#1e6e66"]];
const byTheme = (pair) => pair[state.theme === "light" ? 1 : 0];
export const ink = (name) => INKS[name] && byTheme(INKS[name]);
export const freeInk = (place) => byTheme(FREE_INKS[place % FREE_INKS.length]);

/* Does a value belong on the price's scale? */
export const isLevel = (name) => /^(sma|ema|wma|dema|lag|vwap)|^(bb|donchian|keltner).*_(upper|middle|lower)$/.test(name);
export const titled = (name) => name.replaceAll("_", " ").toUpperCase().replace(/^([A-Z]+)(\d)/, "$1 $2");

/* The indicators that are computed and not drawn above, as lines on the price or as a pane; a lag is only the price again. */
function others() {
  const found = INDICATORS[state.interval || series.interval] ?? {}, drawable = { lines: [], panes: [] };
  for (const [name, values] of Object.entries(found)) {
    const levels = values.filter(isLevel), shown = levels.length ? levels : values;
    if (!name.startsWith("lag") && !shown.every((each) => CHARTED.includes(each))) drawable[levels.length ? "lines" : "panes"].push({ name, values: shown, title: titled(name) });
  }
  return drawable;
}

export const otherLines = () => others().lines;
export const otherPanes = () => others().panes;
export const chosenLines = () => otherLines().filter((each) => list("lines").includes(each.name));
export const chosenPanes = () => otherPanes().filter((each) => list("panes").includes(each.name)).slice(0, FREE_PANES.length);

/* Names of panes, the newest last, without the oldest that find no free pane. */
export function fitting(names) {
  const free = names.filter((name) => otherPanes().some((each) => each.name === name));
  return names.filter((name) => !free.slice(0, -FREE_PANES.length).includes(name));
}
