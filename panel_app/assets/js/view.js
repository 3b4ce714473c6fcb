/* The window on the bars: it sticks to the right edge unless panned, and what is placed by it. */
import { $, make, text } from "./page.js";
import { C, N, O, T, at, first, last, series } from "./series.js";
import { ahead, model } from "./chart.js";
import { FREE_PANES, PANES, chosenPanes } from "./lines.js";
import { amount, countdown, day, hhmm, length, money, moment, shortDay } from "./words.js";
import { list } from "./state.js";
import { wire } from "./wire.js";

const MINUTE = 60000, LABEL = 46;
/* Bars of room right of the newest one. */
const right = () => Math.max(4, ahead() + 2);
const STEPS = [1, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14400, 43200].map((m) => m * MINUTE);
export const RANGES = { "1h": 60, "4h": 240, "1d": 1440, "5d": 7200, all: Infinity };
export const view = { follow: true, hovered: null };
let moving = false, seen = false, onMove = () => {};

export function attachView(moved) {
  onMove = moved;
  const range = model("window");
  range.connect(range.change, changed);
  const y = model("price-y");
  y.connect(y.change, placeTag);
}

export function reset() {
  Object.assign(view, { follow: true, hovered: null });
}

export function goLive(width) {
  const end = (last()?.[N] ?? 60) + right(), range = model("window");
  const room = Math.max(40, Math.min(180, $("price-pane").clientWidth / 9, series.rows.length + right()));
  const kept = width ?? (view.follow && seen && range.end - range.start >= room ? range.end - range.start : room);
  moving = true;
  range.setv({ start: end - kept, end });
  seen = series.rows.length > 0;
  moving = false;
  view.follow = true;
  changed();
}

/* The last so many minutes, counted in bars. */
export function showRange(name) {
  const minutes = RANGES[name], bars = minutes === Infinity ? series.rows.length : minutes * MINUTE / (length(series.interval) || MINUTE);
  goLive(Math.max(12, Math.min(bars, 5000)) + right());
}

export function jump(start) {
  const row = series.rows.find((each) => each[T] === start);
  if (!row) return false;
  const range = model("window"), width = range.end - range.start;
  range.setv({ start: row[N] - width / 2, end: row[N] + width / 2 });
  view.hovered = row[N];
  return true;
}

export function pan(bars) {
  const range = model("window");
  range.setv({ start: range.start + bars, end: range.end + bars });
}

export function zoom(factor) {
  const range = model("window"), width = (range.end - range.start) * factor;
  range.setv({ start: range.end - Math.max(12, Math.min(width, 5000)), end: range.end });
}

function changed() {
  const newest = last();
  if (!moving && newest) view.follow = model("window").end >= newest[N] + 0.5;
  $("live").hidden = view.follow;
  ticks();
  placeTag();
  onMove();
}

/* After new bars: follow, or only label. */
export function advance() {
  const whole = model("whole"), newest = last();
  if (newest) whole.setv({ start: first() - 1, end: newest[N] + right() });
  if (view.follow) goLive(); else { ticks(); placeTag(); }
}

/* Labels at round times: the smallest step that leaves some 90 pixels to each. */
export function ticks() {
  const { rows } = series, range = model("window");
  if (!rows.length) return;
  const from = Math.max(0, Math.ceil(range.start - first() + 0.02 * (range.end - range.start)));
  const shown = rows.slice(from, Math.max(from, Math.floor(range.end - first()) + 1));
  const apart = 80 * (range.end - range.start) / Math.max(1, $("price-pane").clientWidth);  // in bars
  for (const step of STEPS) {
    const found = shown.filter((r, k) => k && Math.floor(r[T] / step) !== Math.floor(shown[k - 1][T] / step)).map((r) => r[N]);
    const close = found.filter((n, k) => k && n - found[k - 1] < apart).length;
    if (close > found.length / 8 && step !== STEPS.at(-1)) continue;
    if (found.join() !== model("times").ticks.join()) model("times").ticks = found;
    break;
  }
  axis();
}

/* The times stand below the lowest pane, in a row of their own. */
function axis() {
  const scale = frame("price")?.x_scale;
  if (!scale) return;
  const labels = [];
  for (const n of model("times").ticks) {
    const place = scale.compute(n), words = timeLabel(n), before = labels.at(-1);
    if (before && place - before.place < LABEL) {  // of two that would touch, the day stays
      if (words.includes(":")) continue;
      labels.pop();
    }
    labels.push({ place, words });
  }
  $("times").replaceChildren(...labels.map(({ place, words }) => make("span", { style: `left:${place}px` }, words)));
}

export function timeLabel(n) {
  const now = at(n)?.[T], before = at(n - 1)?.[T];
  if (now == null) return "";
  return before != null && day(before) !== day(now) ? shortDay(now) : hhmm(now);
}

const frame = (pane) => window.Bokeh.index.find_one(model(`${pane}-chart`))?.frame;

export function placeTag() {
  const tag = $("tag"), newest = last(), box = newest && frame("price");
  if (!box?.y_scale) { tag.hidden = true; return; }
  const y = box.y_scale.compute(newest[C]);
  tag.hidden = !(y >= box.bbox.top && y <= box.bbox.bottom);
  tag.style.top = `${y + $("price-pane").offsetTop}px`;
  tag.className = `tag ${newest[C] < newest[O] ? "down" : "up"}`;
  text(tag.firstElementChild, money(newest[C]));
}

/* How long the last bar still takes: by the feed's clock, which on a replay is the tape's. */
export function placeCountdown() {
  const newest = last(), { frame: sent } = wire, span = $("tag").lastElementChild;
  if (!newest || !sent?.feed?.tick || newest[newest.length - 1] || sent.feed.state !== "live") { text(span, ""); return; }
  const end = newest[T] + length(series.interval), live = Math.abs(sent.time - sent.feed.tick) < 2 * length(series.interval);
  text(span, countdown(end - (live ? sent.time + performance.now() - wire.heard : sent.feed.tick)));
}

/* The crosshair's values on the axes; `event` null when it left. */
export function hover(event) {
  const box = event && last() && frame("price");
  const pane = event?.target?.closest?.("[data-pane]")?.dataset.pane;
  $("x-tag").hidden = $("y-tag").hidden = !box || !pane;
  if (!box) { view.hovered = null; return; }
  const x = event.clientX - $("price-pane").getBoundingClientRect().left;
  const number = Math.round(Math.min(box.x_scale.invert(x), last()[N]));
  view.hovered = number;
  if (!pane) return;
  place($("x-tag"), "left", box.x_scale.compute(number));
  text($("x-tag"), moment(at(number)?.[T]));
  const area = $(`${pane}-pane`), y = event.clientY - area.getBoundingClientRect().top, own = frame(pane);
  place($("y-tag"), "top", y + area.offsetTop);
  text($("y-tag"), yLabel(pane, own.y_scale.invert(y)));
}

const place = (element, side, value) => { element.style[side] = `${value}px`; };

export function yLabel(pane, value) {
  if (pane === "price") return money(value, last() ? undefined : 2);
  if (pane === "rsi") return String(Math.round(value));
  if (pane === "volume" && value === 0) return "";
  return pane === "volume" || Math.abs(value) >= 1e4 ? amount(value) : String(+value.toPrecision(3));
}

/* The panes of the state, weighted; Bokeh follows the size of its box. */
export function arrange() {
  const shown = ["price", ...PANES.filter((name) => list("panes").includes(name)), ...FREE_PANES.slice(0, chosenPanes().length)];
  for (const name of PANES) $(`${name}-pane`).hidden = !shown.includes(name);
  $("panes").style.gridTemplateRows = shown.map((name) => name === "price" ? "minmax(0, 5fr)" : "minmax(64px, 1.3fr)").join(" ");
}
