/* One symbol: key figures, the nine votes, technicals, its signals and its context. */
import { every, load } from "./data.js";
import { $, cell, make, nothing, table } from "./page.js";
import { amount, arrow, fixed, kind, moment, money, percent, signed } from "./words.js";
import { isLevel, titled } from "./lines.js";
import { state } from "./state.js";
import { jumpTo } from "./alerts.js";

const RULES = [["rsi", "RSI"], ["macd", "MACD"], ["momentum", "Momentum"], ["change", "Price change"], ["bollinger", "Bollinger"]];
const MODELS = [["xgboost", "XGBoost"], ["forest", "Random forest"], ["adaboost", "AdaBoost"], ["logistic", "Logistic regression"]];
const WORDS = { UP: ["▲", "UP", "up"], DOWN: ["▼", "DOWN", "down"], NEUTRAL: ["●", "NEUTRAL", "amber"] };
const TECHNICALS = [["change", "Price change", 4], ["change_pct", "Price change %", 3], ["rsi14", "RSI 14", 1], ["macd", "MACD", 4], ["macd_signal", "MACD signal", 4], ["macd_hist", "MACD histogram", 4],
  ["momentum10", "Momentum 10 %", 3, 100], ["volatility20", "Volatility 20 %", 3, 100], ["sma5", "SMA 5", 4], ["sma10", "SMA 10", 4], ["sma20", "SMA 20", 4],
  ["sma50", "SMA 50", 4], ["sma200", "SMA 200", 4], ["ema38", "EMA 38", 4], ["ema100", "EMA 100", 4], ["bb_upper", "Bollinger upper", 4],
  ["bb_middle", "Bollinger middle", 4], ["bb_lower", "Bollinger lower", 4], ["vwap_session", "Session VWAP", 4]];
const TOLD = new Set(TECHNICALS.map(([name]) => name));
/* Configured indicators have no title of their own. */
const others = (values) => Object.keys(values ?? {}).filter((name) => !TOLD.has(name)).map((name) => [name, titled(name), 4]);
let context = null, contextOf = "", why = "";

const card = (title, value, style = "", under = "") => make("div", { class: "card" }, make("b", {}, title), make("span", { class: `figure ${style}` }, value), make("small", {}, under));

function cards(s) {
  const v = s.values ?? {}, move = s.change, rsi = v.rsi14 ?? s.rsi;
  const rsiWord = rsi == null ? "" : rsi > 70 ? "overbought" : rsi < 30 ? "oversold" : "neutral";
  return [
    card("PRICE", money(s.last), kind(move), s.previous == null ? "" : `previous close ${money(s.previous)}`),
    card("CHANGE", move == null ? "–" : `${arrow(move)} ${signed(move, 2, "%")}`, kind(move), "on the day before"),
    card("RSI 14", fixed(rsi, 1), rsi == null ? "" : rsi > 70 ? "up" : rsi < 30 ? "down" : "amber", rsiWord),
    card("MACD", signed(v.macd, 4), kind(v.macd), v.macd == null ? "warming up" : v.macd > v.macd_signal ? "above its signal" : "below its signal"),
    card("VOLATILITY 20", v.volatility20 == null ? "–" : percent(v.volatility20, 3), "", "of returns, scaled to a year"),
    card("SESSION VWAP", money(v.vwap_session), "", v.vwap_session == null ? "" : s.last >= v.vwap_session ? "price above" : "price below"),
    card("VOLUME", amount(s.volume), "", "today, UTC"),
  ];
}

function vote(title, said, chance) {
  const [sign, word, style] = WORDS[said] ?? ["–", "no vote yet", "dim"];
  return make("div", { class: `vote ${style}` }, make("span", {}, title), make("b", {}, `${sign} ${word}`, chance == null ? "" : make("small", {}, ` ${percent(chance, 0)} up`)));
}

function votes(rules, prediction) {
  const models = prediction?.votes ?? {};
  const tally = [...Object.values(rules ?? {}), ...Object.values(models).map((m) => m[0])].reduce((sum, v) => ({ ...sum, [v]: (sum[v] ?? 0) + 1 }), {});
  return [
    make("h3", {}, "Rules"), make("div", { class: "votes" }, ...RULES.map(([name, title]) => vote(title, rules?.[name]))),
    make("h3", {}, "Models"), make("div", { class: "votes" }, ...MODELS.map(([name, title]) => vote(title, ...(models[name] ?? [])))),
    make("p", { class: "dim" }, rules || prediction ? `${tally.UP ?? 0} up · ${tally.DOWN ?? 0} down · ${tally.NEUTRAL ?? 0} neutral` : "No rule or model has voted on this symbol yet."),
    ...expected(prediction),
  ];
}

const expected = (prediction) => !prediction?.forecasts.length ? [] : [make("h3", {}, "Forecast of the close"), table([["BARS AHEAD", "num"], ["PRICE", "num"], ["CHANGE", "num"], ["INTERVAL", "num"]],
  prediction.forecasts.map(([horizon, price, low, high, level]) => make("tr", {}, cell(horizon, "num"), cell(money(price), "num"), cell(signed(100 * (price / prediction.close - 1), 3, "%"), `num ${kind(price - prediction.close)}`),
    cell(`${money(low)} … ${money(high)} (${percent(level, 0)})`, "num"))), "")];

const technicals = (values, price) => table([["INDICATOR"], ["VALUE", "num"], ["PRICE AGAINST IT", "num"]], [...TECHNICALS, ...others(values)].map(([name, title, digits, factor = 1]) => {
  const value = values?.[name], level = isLevel(name) && value;
  return make("tr", {}, cell(title), cell(value == null ? "warming up" : level ? money(value) : fixed(factor * value, digits), `num ${value == null ? "dim" : ""}`),
    cell(level ? signed(100 * (price / value - 1), 2, "%") : "", `num ${level ? kind(price - value) : ""}`));
}), "no indicators yet");

export const signalRow = (s) => make("tr", { class: "jump", tabindex: 0, onclick: () => jumpTo(s), onkeydown: (event) => { if (event.key === "Enter") jumpTo(s); } },
  cell(moment(s.time)), cell(s.symbol), cell(s.interval), cell(s.kind), cell(s.severity ?? `${arrow(s.side === "buy" ? 1 : s.side === "sell" ? -1 : 0)} ${s.side}`, s.side === "buy" ? "up" : s.side === "sell" ? "down" : "dim"),
  cell(money(s.price || null), "num"), cell(s.strength ? +s.strength.toPrecision(3) : "0", "num"), cell(s.warm ? s.reason : `(warming up) ${s.reason}`, "long"));
export const SIGNAL_COLUMNS = [["TIME"], ["SYMBOL"], ["BAR"], ["KIND"], ["SIDE"], ["PRICE", "num"], ["STRENGTH", "num"], ["REASON", "long"]];

function surroundings() {
  if (why) return [make("p", { class: "dim" }, why)];
  if (!context) return [make("p", { class: "dim" }, "…")];
  const none = (what) => `no ${what} yet: post them to the ingest function`;
  return [
    make("h3", {}, "Order book"), table([["TIME"], ["SIDE"], ["PRICE", "num"], ["QUANTITY", "num"]], context.order_book.map((o) => make("tr", {}, cell(moment(o.time)), cell(o.order_type, o.order_type === "buy" ? "up" : "down"), cell(money(o.price), "num"), cell(amount(o.quantity), "num"))), none("orders")),
    make("h3", {}, "News"), table([["TIME"], ["SENTIMENT", "num"], ["MAGNITUDE", "num"]], context.news.map((n) => make("tr", {}, cell(moment(n.time)), cell(`${arrow(n.sentiment_score)} ${signed(n.sentiment_score, 2)}`, `num ${kind(n.sentiment_score)}`), cell(fixed(n.sentiment_magnitude), "num"))), none("news")),
    make("h3", {}, "Fundamentals"), table([["TIME"], ["MARKET CAP", "num"], ["P/E", "num"]], context.fundamentals.map((f) => make("tr", {}, cell(moment(f.time)), cell(amount(f.market_cap), "num"), cell(fixed(f.pe_ratio), "num"))), none("fundamentals")),
    make("h3", {}, "Economy"), table([["TIME"], ["INDICATOR"], ["VALUE", "num"]], context.economy.map((e) => make("tr", {}, cell(moment(e.time)), cell(e.indicator_name), cell(signed(e.value), "num"))), none("figures")),
  ];
}

async function show() {
  if (!state.symbol) { $("symbol-page").replaceChildren(nothing()); return; }
  const symbol = state.symbol, s = await load("symbol", { symbol, interval: state.interval });
  if (contextOf !== symbol) { context = null; why = ""; contextOf = symbol; }
  load("context", { symbol, limit: 6 }).then((found) => { context = found; why = ""; }, (error) => { why = error.message; });
  if (state.page !== "symbol" || state.symbol !== symbol) return;
  $("symbol-page").replaceChildren(
    make("h2", {}, `${s.symbol} `, make("small", {}, s.interval)), make("section", { class: "cards" }, ...cards(s)),
    make("div", { class: "split" },
      make("div", {}, make("section", {}, make("h2", {}, "Votes"), ...votes(s.rules, s.prediction)), make("section", {}, make("h2", {}, "Context"), ...surroundings())),
      make("section", {}, make("h2", {}, "Technicals"), technicals(s.values, s.last))),
    make("section", {}, make("h2", {}, "Recent signals"), table(SIGNAL_COLUMNS, s.signals.map(signalRow), "no signals of this symbol yet")));
}

function failed(error) {
  $("symbol-page").replaceChildren(make("p", { class: "none" }, error.message));
}

export const refreshSymbol = every(1000, () => state.page === "symbol", show, failed);
