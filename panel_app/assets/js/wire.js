/* The relay to the server: asks go up, frames come down; see panel_app/protocol.py. */
import { chosenLines, chosenPanes } from "./lines.js";
import { list, state } from "./state.js";

const LINES = { bb: ["bb_upper", "bb_middle", "bb_lower"] };
const PANES = { rsi: ["rsi14"], macd: ["macd", "macd_signal", "macd_hist"] };
const takers = [];
export const wire = { heard: performance.now(), frames: 0, resyncs: 0, frame: null, relay: null, models: null };
const wanted = { sparks: [], grid: [] };

export function onFrame(taker) { takers.push(taker); }

/* The studies that the chart draws now; the forming bar's averages come with them. */
export function studies() {
  const names = new Set(["ema38", "ema100"]);
  for (const line of list("lines")) for (const name of LINES[line] ?? [line]) names.add(name);
  for (const pane of list("panes")) for (const name of PANES[pane] ?? []) names.add(name);
  for (const name of [...chosenLines(), ...chosenPanes()].flatMap((each) => each.values)) names.add(name);
  if (state.page === "symbol") for (const name of ["sma5", "sma10", "sma20", "sma50", "sma200", "rsi14", "macd", "macd_signal", "macd_hist", "volatility20", "momentum10", "vwap_session", "bb_upper", "bb_middle", "bb_lower"]) names.add(name);
  return [...names];
}

function parts() {
  const shown = ["chart", "alerts", "replay"];
  if (state.list === "1" || state.page === "grid") shown.push("watchlist");
  if (state.page === "system") shown.push("system");
  return shown;
}

/* `keep`: only what changed is sent; without it everything comes again, whole. */
export function ask(keep = true) {
  if (!wire.relay) return;
  wire.relay.ask = JSON.stringify({
    symbol: state.symbol, interval: state.interval, parts: parts(), studies: studies(), ...wanted,
    rate: Number(state.rate), keep, at: wire.frames + performance.now(),
  });
}

/* Rows on screen, small charts on screen: asked for when they differ. */
export function want(name, values) {
  if (JSON.stringify(wanted[name]) === JSON.stringify(values)) return;
  wanted[name] = values;
  ask();
}

export function resync() {
  wire.resyncs += 1;
  ask(false);
}

/* True once Bokeh's document is there. */
export function attach() {
  const document = window.Bokeh?.documents?.[0];
  const price = document?.get_model_by_name("price-chart");
  if (!price) return false;
  wire.relay = price.tags[0];
  wire.models = (name) => document.get_model_by_name(name);
  wire.relay.connect(wire.relay.properties.frame.change, () => take(wire.relay.frame));
  ask(false);
  return true;
}

function take(json) {
  const frame = JSON.parse(json);
  wire.heard = performance.now();
  wire.frames += 1;
  wire.frame = frame;
  for (const taker of takers) taker(frame);
}
