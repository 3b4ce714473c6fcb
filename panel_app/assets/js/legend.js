/* The line above the chart: the bar under the cursor, or the last one; and the price in the head. */
import { $, make, say, text } from "./page.js";
import { C, H, L, O, T, TRADES, V, VWAP, at, last, reference, series, value } from "./series.js";
import { amount, arrow, day, fixed, moment, money, signed } from "./words.js";
import { free } from "./chart.js";
import { FREE_PANES, LINES, freeInk, ink, titled } from "./lines.js";
import { list, state } from "./state.js";
import { view } from "./view.js";

const WRITTEN_APART = ["bb", "forecast"];

export function legend() {
  const row = view.hovered != null && at(view.hovered) || last();
  $("legend").replaceChildren(...(row ? entries(row) : []));
  paneLegends(row);
  head();
}

function entries(row) {
  const lines = list("lines"), kind = row[C] < row[O] ? "down" : "up", width = money(last()[H]).length;
  const entry = (name, shown, style = "", colour = null) => make("span", { class: style, style: colour && `color:${colour}` }, make("b", {}, name), shown);
  const found = [make("span", {}, moment(row[T]))];
  for (const [name, k] of [["O", O], ["H", H], ["L", L], ["C", C]]) found.push(entry(name, money(row[k]).padStart(width), kind));
  found.push(entry("VOL", amount(row[V])), entry("VWAP", money(row[VWAP])), entry("TRADES", amount(row[TRADES])));
  for (const [name, title] of Object.entries(LINES)) {
    if (lines.includes(name) && !WRITTEN_APART.includes(name)) found.push(entry(title.toUpperCase(), money(value(row, name)), "", ink(name)));
  }
  if (lines.includes("bb")) found.push(entry("BB", `${money(value(row, "bb_lower"))} … ${money(value(row, "bb_upper"))}`));
  free.lines.flatMap((each) => each.values).forEach((name, k) => found.push(entry(titled(name), money(value(row, name)), "", freeInk(k))));
  const far = lines.includes("forecast") && series.prediction?.forecasts.at(-1);
  if (far) found.push(entry(`IN ${far[0]} BARS`, `${money(far[1])} (${money(far[2])} … ${money(far[3])})`, "", ink("forecast")));
  return found;
}

function paneLegends(row) {
  const show = (pane, words) => text($(`${pane}-label`), words);
  show("volume", `VOLUME ${row ? amount(row[V]) : ""}`);
  show("rsi", `RSI 14 ${row ? fixed(value(row, "rsi14"), 1) : ""}`);
  const macd = (name) => row ? signed(value(row, name), 3) : "";
  FREE_PANES.forEach((pane, k) => show(pane, (free.panes[k]?.values ?? []).map((name) => `${titled(name)} ${row ? fixed(value(row, name), 4) : ""}`).join("  ")));
  show("macd", `MACD 12 26 9  ${macd("macd")}  signal ${macd("macd_signal")}  hist ${macd("macd_hist")}`);
}

function head() {
  const newest = last(), base = reference((a, b) => day(a) === day(b));
  const move = newest ? newest[C] - base : 0, kind = move < 0 ? "down" : "up";
  $("last").className = $("move").className = kind;
  text($("last"), newest ? money(newest[C]) : "");
  const percent = newest ? `${signed(move, 2)} (${signed(100 * move / base, 2, "%")})` : "";
  text($("move"), newest ? `${arrow(move)} ${percent}` : "");
  const n = series.markers.length;
  text($("held"), series.rows.length ? `${series.rows.length.toLocaleString("en-US")} bars · ${n} signal${n === 1 ? "" : "s"}` : "");
  if (newest) say(`${series.symbol} ${state.interval}: ${money(newest[C])}, ${percent}`);
}
