/* Bars and studies as columns of the chart's sources: patched at the end, replaced when more changed. */
import { C, H, L, N, O, T, V, heikin, last, series, value } from "./series.js";
import { colours, paintChart } from "./colours.js";
import { money, moment } from "./words.js";
import { CHARTED, FREE_PANES, PANES, chosenLines, chosenPanes, freeInk, ink } from "./lines.js";
import { list, state } from "./state.js";
import { wire } from "./wire.js";

const GLYPHS = { recommendation: "diamond", news: "star", anomaly: "hex" };
const models = {};
/* The indicators that the free lines and panes show, as they were last dressed. */
export const free = { lines: [], panes: [] };

export const model = (name) => (models[name] ??= wire.models(name));
export const figures = () => [...PANES.map((name) => model(`${name}-chart`)), model("navigator-chart")];

const columnsOf = (rows) => {
  const { up, down, flat } = colours(), shaped = state.type === "ha" ? heikin(series.rows).slice(series.rows.length - rows.length) : null;
  const candle = (row, k) => shaped ? shaped[k] : [row[O], row[H], row[L], row[C]];
  const candles = rows.map(candle), shade = (a, b) => b > a ? up : b < a ? down : flat;
  const columns = {
    n: rows.map((r) => r[N]), o: candles.map((c) => c[0]), h: candles.map((c) => c[1]), l: candles.map((c) => c[2]),
    c: rows.map((r) => r[C]), v: rows.map((r) => r[V]), half: rows.map((r) => r[V] / 2),
    mid: candles.map((c) => (c[0] + c[3]) / 2),
    // a bar that closes where it opened is a line: a rect of no height would not be drawn
    height: candles.map((c) => Math.abs(c[3] - c[0]) || 1e-6 * c[3]),
    color: candles.map((c) => shade(c[0], c[3])),
  };
  for (const name of [...CHARTED, ...[...free.lines, ...free.panes].flatMap((each) => each.values)]) columns[name] = rows.map((r) => value(r, name) ?? NaN);
  const hist = columns.macd_hist;
  columns.hist_mid = hist.map((h) => h / 2);
  columns.hist_height = hist.map((h) => Math.abs(h));
  columns.hist_color = hist.map((h) => h < 0 ? down : up);
  return columns;
};

/* Draw from row `from` on; a few last rows are patched in place, all else is replaced. */
export function draw(from) {
  const source = model("bars"), drawn = source.data.n, { rows } = series;
  const same = drawn.length && rows.length && drawn[0] === rows[0][N] && from >= rows.length - 8 && from <= drawn.length && state.type !== "ha";
  if (!same) source.data = columnsOf(rows);
  else {
    const columns = columnsOf(rows.slice(from)), known = drawn.length - from, patches = {}, fresh = {};
    for (const [name, values] of Object.entries(columns)) {
      patches[name] = values.slice(0, known).map((v, k) => [from + k, v]);
      fresh[name] = values.slice(known);
    }
    if (known > 0) source.patch(patches, { sync: false });
    if (fresh.n.length) source.stream(fresh, undefined, { sync: false });
  }
  drawMarkers();
  drawForecast();
  drawLast();
}

/* What the models expect: from the close they knew, along the horizons, with the interval's cone. */
function drawForecast() {
  const said = series.prediction, known = said && series.rows.findLast((row) => row[T] === said.start);
  const points = known && said.forecasts.length ? [[0, said.close, said.close, said.close], ...said.forecasts] : [];
  model("cone").data = { n: points.map((p) => known[N] + p[0]), mid: points.map((p) => p[1]), low: points.map((p) => p[2]), high: points.map((p) => p[3]) };
}

/* How many bars right of the last one the chart needs. */
export const ahead = () => list("lines").includes("forecast") ? Math.max(0, ...(series.prediction?.forecasts ?? []).map((f) => f[0])) : 0;

function drawLast() {
  const newest = last(), line = model("last"), { up, down, flat } = colours();
  line.visible = Boolean(newest);
  if (!newest) return;
  line.location = newest[C];
  line.line_color = newest[C] > newest[O] ? up : newest[C] < newest[O] ? down : flat;
}

function drawMarkers() {
  const { up, down, flat, ink } = colours(), { rows } = series;
  const byStart = new Map(rows.map((row) => [row[T], row])), recent = rows.slice(-60);
  const off = 1.6 * recent.reduce((sum, row) => sum + row[H] - row[L], 0) / (recent.length || 1);
  const drawn = series.markers.map((m) => [m, byStart.get(m.start)]).filter(([, row]) => row);
  const shade = ({ side }) => side === "buy" ? up : side === "sell" ? down : flat, take = (f) => drawn.map(f);
  model("marks").data = {
    n: take(([, row]) => row[N]), y: take(([m, row]) => m.side === "buy" ? row[L] - off : row[H] + off),
    glyph: take(([m]) => GLYPHS[m.kind.split(".")[0]] ?? (m.side === "buy" ? "triangle" : "inverted_triangle")),
    color: take(([m]) => shade(m)), edge: take(([m]) => m.warm ? ink : shade(m)), fill: take(([m]) => m.warm ? 1 : 0),
    title: take(([m]) => `${m.kind.toUpperCase()}${m.side === "neutral" ? "" : ` ${m.side.toUpperCase()}`}${m.warm ? "" : " (warming up)"}`),
    time: take(([, row]) => moment(row[T])), price: take(([m]) => money(m.price || null)),
    strength: take(([m]) => String(+m.strength.toPrecision(4))), reason: take(([m]) => m.reason),
  };
}

/* Which panes, lines and kind of bars are visible, on which scale, in which colours. */
export function dress() {
  const shown = list("lines"), price = model("price-chart");
  for (const renderer of price.renderers) {
    const name = renderer.name;
    if (name === "candles") renderer.visible = state.type !== "line";
    else if (name === "closes") renderer.visible = state.type === "line";
    else if (name === "bb_middle") renderer.visible = shown.includes("bb");
    else if (name && !["markers", "free"].includes(name)) renderer.visible = shown.includes(name);
  }
  scale(price);
  paintChart(figures());
  for (const { name, glyph } of figures().flatMap((figure) => figure.renderers)) if (ink(name) && "line_color" in glyph) glyph.line_color = ink(name);
  assign();
}

/* Free lines have the closes while the columns are replaced: no line may name one that is gone. */
function assign() {
  for (const line of PANES.flatMap(freeLines)) { line.visible = false; line.glyph.y = { field: "c" }; }
  Object.assign(free, { lines: chosenLines(), panes: chosenPanes() });
  draw(0);
  give(freeLines("price"), free.lines.flatMap((each) => each.values));
  FREE_PANES.forEach((name, k) => give(freeLines(name), free.panes[k]?.values ?? []));
}

const freeLines = (pane) => model(`${pane}-chart`).renderers.filter((each) => each.name === "free");

function give(lines, values) {
  lines.slice(0, values.length).forEach((line, k) => {
    line.glyph.y = { field: values[k] };
    line.glyph.line_color = freeInk(k);
    line.visible = true;
  });
}

function scale(price) {
  const log = state.log === "1";
  if (log === (price.y_scale.type === "LogScale")) return;
  price.y_scale = new (window.Bokeh.Models.get(log ? "LogScale" : "LinearScale"))();
}
