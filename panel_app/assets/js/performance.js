/* What signals were worth: scorecards, the day's summary, and the equity of following a rule. */
import { load } from "./data.js";
import { $, cell, make, nothing, table } from "./page.js";
import { amount, arrow, day, kind, money, percent, shortDay, signed, whole } from "./words.js";
import { state } from "./state.js";

const W = 640, H = 150, FALL = 50;

function scorecards(cards) {
  return table([["RULE"], ["BAR"], ["SYMBOL"], ["AFTER", "num"], ["SIGNALS", "num"], ["HIT RATE", "num"], ["95 % INTERVAL", "num", "Wilson score interval"], ["BASE RATE", "num", "how often the same symbols moved that way anyway"], ["EDGE", "num"], ["MEAN RETURN", "num"], ["BASE RETURN", "num"]],
    cards.map((c) => {
      const edge = c.hit_rate == null || c.base_rate == null ? null : c.hit_rate - c.base_rate;
      const sure = c.low != null && c.base_rate != null && (c.low > c.base_rate || c.high < c.base_rate);
      return make("tr", {}, cell(`${c.rule}${c.warm === false ? " (not warm)" : ""}`), cell(c.interval), cell(c.symbol === "*" ? "all" : c.symbol), cell(`${c.horizon} bar${c.horizon === 1 ? "" : "s"}`, "num"), cell(whole(c.signals), "num"),
        cell(percent(c.hit_rate), "num"), cell(c.low == null ? "–" : `${percent(c.low)} … ${percent(c.high)}`, "num"), cell(percent(c.base_rate), "num"),
        cell(edge == null ? "–" : `${arrow(edge)} ${signed(100 * edge, 1)}${sure ? "" : " n.s."}`, `num ${sure ? kind(edge) : "dim"}`),
        cell(c.mean_return == null ? "–" : signed(100 * c.mean_return, 3, "%"), "num"), cell(c.base_mean_return == null ? "–" : signed(100 * c.base_mean_return, 3, "%"), "num"));
    }), "no signal has been scored yet: the aggregate function does it as bars close");
}

const summaries = (rows) => table([["SYMBOL"], ["DAY"], ["OPEN", "num"], ["HIGH", "num"], ["LOW", "num"], ["LAST", "num"], ["CHANGE", "num"], ["VOLUME", "num"], ["VWAP", "num"], ["VOLATILITY", "num"], ["SIGNALS", "num"]],
  rows.map((s) => make("tr", {}, cell(s.symbol), cell(day(s.day)), cell(money(s.open), "num"), cell(money(s.high), "num"), cell(money(s.low), "num"), cell(money(s.last), "num"),
    cell(`${arrow(s.change)} ${signed(s.change_percent, 2, "%")}`, `num ${kind(s.change)}`), cell(amount(s.volume), "num"), cell(money(s.vwap), "num"), cell(percent(s.volatility, 3), "num"), cell(counted(s.signals), "num"))), "no day has been summed up yet");

const counted = (signals) => signals == null ? "–" : typeof signals === "number" ? whole(signals)
  : whole(Object.values(signals).flatMap((sides) => typeof sides === "object" ? Object.values(sides) : [sides]).reduce((a, b) => a + b, 0));

function line(points, k, low, high, top, height) {
  const span = high - low || 1;
  return points.map((p, n) => `${n ? "L" : "M"}${(W * n / Math.max(1, points.length - 1)).toFixed(1)} ${(top + height - height * (p[k] - low) / span).toFixed(1)}`).join("");
}

function curve(found) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${W} ${H + FALL}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "equity above, drawdown below");
  const { points } = found, all = points.flatMap((p) => [p[1], p[3]]), low = Math.min(...all), high = Math.max(...all), deepest = Math.min(...points.map((p) => p[2]), -1e-9);
  const add = (d, style) => { const path = document.createElementNS(svg.namespaceURI, "path"); path.setAttribute("d", d); path.setAttribute("class", style); svg.append(path); };
  add(line(points, 3, low, high, 4, H - 12), "hold");
  add(line(points, 1, low, high, 4, H - 12), "equity");
  add(`${line(points, 2, deepest, 0, H, FALL - 4)}L${W} ${H}L0 ${H}Z`, "drawdown");
  return make("figure", {}, svg, make("figcaption", {}, make("span", { class: "equity-key" }, "following the rule "), make("span", { class: "hold-key" }, "holding "), make("span", { class: "drawdown-key" }, "drawdown "),
    `from ${signed(100 * (low - 1))} to ${signed(100 * (high - 1), 2, "%")}, ${shortDay(points[0][0])} – ${shortDay(points.at(-1)[0])}`));
}

function equity(found) {
  const pair = (name, value, style = "") => make("div", { class: "card" }, make("b", {}, name), make("span", { class: `figure ${style}` }, value));
  if (!found.points.length) return [make("p", { class: "dim" }, "no bars of this symbol yet")];
  return [make("section", { class: "cards" }, pair("RETURN", signed(100 * found.total_return, 2, "%"), kind(found.total_return)), pair("HOLDING", signed(100 * found.hold_return, 2, "%"), kind(found.hold_return)),
    pair("WORST DRAWDOWN", signed(100 * found.worst_drawdown, 2, "%"), "down"), pair("TRADES", whole(found.trades)), pair("WON", found.trades ? percent(found.won / found.trades) : "–"), pair("EXPOSED", percent(found.exposed))), curve(found)];
}

/* Every rule that has a scorecard can be followed, those of the configuration too. */
function offer(cards) {
  const known = new Set([...$("rule").options].map((o) => o.value));
  for (const name of new Set(cards.map((c) => c.rule))) if (!known.has(name)) $("rule").append(make("option", {}, name));
}

export async function showPerformance() {
  const parameters = { symbol: state.symbol, interval: state.interval }, cost = $("cost").value, page = $("performance-body");
  if (!state.symbol) { page.replaceChildren(nothing()); return; }
  const [mine, all, followed] = await Promise.allSettled([load("performance", { symbol: state.symbol }), load("performance"), load("equity", { ...parameters, kind: $("rule").value, cost_bps: cost, short: $("short").checked ? 1 : 0 })]);
  if (state.page !== "performance") return;
  if (all.status === "fulfilled") offer(all.value.scorecards);
  const sorry = (result) => make("p", { class: "dim" }, result.reason?.message ?? "");
  const ok = (result, then) => result.status === "fulfilled" ? [then(result.value)].flat() : [sorry(result)];
  page.replaceChildren(
    make("section", {}, make("h2", {}, `Following ${$("rule").value} on ${state.symbol} ${state.interval}`), ...ok(followed, equity)),
    make("section", {}, make("h2", {}, "Scorecards, all symbols"), ...ok(all, (v) => scorecards(v.scorecards))),
    make("section", {}, make("h2", {}, `Scorecards of ${state.symbol}`), ...ok(mine, (v) => scorecards(v.scorecards))),
    make("section", {}, make("h2", {}, "Days"), ...ok(all, (v) => summaries(v.summaries))));
}

export function attachPerformance() {
  for (const id of ["rule", "cost", "short"]) $(id).onchange = () => showPerformance();
}
