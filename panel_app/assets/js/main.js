/* The terminal in the browser, put together: frames and choices to the parts that show them. */
import { $ } from "./page.js";
import * as words from "./words.js";
import { C, N, clear, last, merge, series } from "./series.js";
import { list, onChange, set, state } from "./state.js";
import { ask, onFrame, resync, wire } from "./wire.js";
import { paintPage } from "./colours.js";
import { draw, dress, model } from "./chart.js";
import { RANGES, advance, arrange, attachView, goLive, hover, jump, placeCountdown, placeTag, reset, ticks, timeLabel, view, yLabel } from "./view.js";
import { legend } from "./legend.js";
import { attachSearch, known } from "./search.js";
import { attachWatchlist, draw as drawList, take as takeList, watched } from "./watchlist.js";
import { alertsView, attachAlerts, drawAlerts, jumped, loadNotifications, takeAlerts, wantedJump } from "./alerts.js";
import { refreshSymbol } from "./symbol.js";
import { attachPerformance, showPerformance } from "./performance.js";
import { drawSystem, takeSystem } from "./system.js";
import { clearGrid, gridView, takeGrid, wantGrid } from "./grid.js";
import { attachReplay, takeReplay } from "./replay.js";
import { attachKeys } from "./keys.js";
import { attachMenus, drawIntervals, drawMenus } from "./menu.js";
import { attachExports, fetchOlder } from "./older.js";
import { status, watch } from "./status.js";

const PAGES = ["chart", "symbol", "grid", "alerts", "performance", "system"];

function take(frame) {
  if (frame.symbols) { known.symbols = frame.symbols; known.intervals = frame.intervals; drawIntervals(); }
  if (frame.symbol != null && (frame.symbol !== series.symbol || frame.interval !== series.interval)) opened(frame);
  if (frame.change) {
    const from = merge(frame.change);
    if (from == null) { resync(); return; }
    if (from < series.rows.length || frame.change.markers) draw(from);
    advance();
    legend();
    settleJump();
  }
  for (const part of [takeList, takeAlerts, takeSystem, takeGrid, takeReplay]) part(frame);
  status();
}

function opened(frame) {
  clear(frame.symbol, frame.interval);
  reset();
  set({ symbol: frame.symbol, interval: frame.interval });
  arrange();
  dress();
  if (document.activeElement !== $("symbol")) $("symbol").value = frame.symbol;
  drawIntervals();
  drawList();
  document.title = `${frame.symbol} ${frame.interval} · Tapedeck`;
}

function settleJump() {
  const to = wantedJump();
  if (to && to.symbol === series.symbol && to.interval === series.interval && jump(to.start)) { jumped(); legend(); }
}

function shown() {
  for (const name of PAGES) $(`${name}-page`).hidden = name !== state.page;
  document.body.classList.toggle("listless", state.list !== "1");
  $("panes-box").hidden = state.page !== "chart";
  if (state.page === "symbol") refreshSymbol();
  if (state.page === "alerts") { drawAlerts(); loadNotifications(); }
  if (state.page === "performance") showPerformance();
  if (state.page === "system") drawSystem();
  wantGrid();
}

function chosen(changed) {
  const some = (...names) => names.some((name) => changed.has(name));
  if (some("tz")) words.setZone(state.tz);
  if (some("theme", "palette")) paintPage();
  if (some("lines", "panes")) arrange();
  if (wire.relay && some("type", "lines", "theme", "palette", "log", "tz")) dress();
  if (some("interval")) clearGrid();
  drawMenus();
  shown();
  if (some("symbol", "interval", "page", "lines", "panes", "rate", "list")) ask(!some("interval"));
  if (wire.relay && series.rows.length) { ticks(); legend(); }
  drawList(some("list"));
}

function attached() {
  attachView(() => { fetchOlder(); });
  dress();
}

function start() {
  words.setZone(state.tz);
  paintPage();
  for (const attach of [attachSearch, attachWatchlist, attachAlerts, attachPerformance, attachReplay, attachKeys, attachMenus, attachExports]) attach();
  arrange();
  drawMenus();
  shown();
  onFrame(take);
  onChange(chosen);
  $("live").onclick = () => goLive();
  const panes = $("panes");
  panes.ondblclick = () => wire.relay && goLive();
  panes.onmousemove = (event) => { if (wire.relay) { const before = view.hovered; hover(event); if (view.hovered !== before) legend(); } };
  panes.onmouseleave = () => { if (wire.relay) { hover(null); legend(); } };
  document.addEventListener("tapedeck-jump", () => settleJump());
  window.addEventListener("resize", () => { if (wire.relay && series.rows.length) { ticks(); placeTag(); } });
  setInterval(() => { watch(attached); if (wire.relay) placeCountdown(); }, 250);
}

/* What is on screen, as plain values: for scripts and tests. */
const shownNow = () => ({
  symbol: series.symbol, interval: series.interval, page: state.page, frames: wire.frames, resyncs: wire.resyncs, follow: view.follow,
  symbols: known.symbols.length, feed: wire.frame?.feed, badge: $("badge").textContent,
  rows: series.rows.map((r) => r.slice()), markers: series.markers.length, older: series.older, lastNumber: last()?.[N] ?? null, lastClose: last()?.[C] ?? null,
  drawn: wire.relay ? model("bars").data.n.length : 0, drawnMarks: wire.relay ? model("marks").data.n.length : 0,
  drawnClose: wire.relay ? Array.from(model("bars").data.c) : [], drawnNumbers: wire.relay ? Array.from(model("bars").data.n) : [],
  window: wire.relay ? [model("window").start, model("window").end] : null, forecast: wire.relay ? { ...model("cone").data } : null, panes: list("panes"), ranges: Object.keys(RANGES),
  tag: $("tag").firstElementChild.textContent, y: wire.relay ? [model("price-y").start, model("price-y").end] : null,
  list: watched(), alerts: alertsView(), grid: gridView(),
});
window.tapedeck = { view: shownNow, onFrame, timeLabel, yLabel, column: (name) => Array.from(model("bars").data[name]) };
start();
