/* Every symbol in a list of virtual rows: only those on screen exist, thousands cost nothing. */
import { $, make, text } from "./page.js";
import { amount, arrow, fixed, kind, money, signed } from "./words.js";
import { narrow, set, state } from "./state.js";
import { resync, want } from "./wire.js";

const HEIGHT = 30, SPARE = 4;
const ID = 0, LAST = 1, CHANGE = 2, VOLUME = 3, RSI = 4, CALL = 5;
const COLUMNS = [["symbol", "SYMBOL"], ["last", "LAST"], ["change", "CHG %"], ["volume", "VOL"], ["rsi", "RSI"], ["call", "CALL"]];
const held = { version: -1, names: [], rows: [] };
const sparks = new Map(), pool = [];
let order = [], by = "symbol", down = false, filter = "", moved = new Map(), stale = true;

export const watched = () => ({ version: held.version, symbols: held.names.length, shown: order.map((id) => held.names[id]), drawn: pool.filter((p) => !p.row.hidden).length });

export function take(frame) {
  if (frame.sparks) for (const [name, spark] of Object.entries(frame.sparks)) sparks.set(name, spark);
  const news = frame.watchlist;
  if (news && !merge(news)) { resync(); return; }
  if (news || frame.sparks) draw();
}

function merge(news) {
  if (news.whole) Object.assign(held, { names: [], rows: [] });
  else if (news.from !== held.version) return false;
  held.names.push(...news.symbols);
  for (const row of news.rows) {
    const before = held.rows[row[ID]];
    if (before && before[LAST] !== row[LAST] && !news.whole) moved.set(row[ID], row[LAST] > before[LAST] ? "up" : "down");
    held.rows[row[ID]] = row;
  }
  held.version = news.version;
  stale = true;
  return true;
}

const callKind = (side) => side === "buy" ? "up" : side === "sell" ? "down" : "dim";
const LIKING = { sell: 0, neutral: 1, buy: 2 };

const keys = {
  symbol: (id) => held.names[id], last: (id) => held.rows[id]?.[LAST], change: (id) => held.rows[id]?.[CHANGE],
  volume: (id) => held.rows[id]?.[VOLUME], rsi: (id) => held.rows[id]?.[RSI],
  call: (id) => LIKING[held.rows[id]?.[CALL]],
};

function sort() {
  const key = keys[by], sign = down ? -1 : 1;
  order = held.names.map((_, id) => id).filter((id) => !filter || held.names[id].toLowerCase().includes(filter));
  const values = new Map(order.map((id) => [id, key(id)]));
  order.sort((a, b) => {
    const x = values.get(a), y = values.get(b);
    if (x == null || y == null) return (x == null) - (y == null) || a - b;
    return sign * (typeof x === "string" ? x.localeCompare(y) : x - y) || a - b;
  });
  stale = false;
}

/* Sorting thousands at every frame would reorder rows under the pointer: at most once a second. */
let sorted = 0;
function resort(force) {
  if (!force && (!stale || performance.now() - sorted < 1000)) return;
  sorted = performance.now();
  sort();
}

export function draw(force = false) {
  resort(force || !order.length);
  if (state.list !== "1") return;
  const box = $("rows"), top = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - SPARE);
  const count = Math.min(order.length - top, Math.ceil(box.clientHeight / HEIGHT) + 2 * SPARE);
  $("runway").style.height = `${order.length * HEIGHT}px`;
  while (pool.length < count) { const made = row(); pool.push(made); $("runway").append(made.row); }
  pool.forEach((each, k) => { each.row.hidden = k >= count; if (k < count) fill(each, order[top + k], top + k); });
  moved = new Map();
  $("list-empty").hidden = order.length > 0;
  text($("list-empty").firstElementChild, held.names.length ? "no symbol fits the filter" : "no data yet: run ");
  $("list-empty").lastElementChild.hidden = held.names.length > 0;
  text($("list-count"), `${order.length.toLocaleString("en-US")}${filter ? ` of ${held.names.length.toLocaleString("en-US")}` : ""}`);
  want("sparks", order.slice(top, top + count).map((id) => held.names[id]));
}

function row() {
  const cells = COLUMNS.map(([name]) => make("span", { class: name }));
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const spark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  spark.setAttribute("viewBox", "0 0 60 20");
  spark.setAttribute("preserveAspectRatio", "none");
  spark.setAttribute("aria-hidden", "true");
  spark.append(path);
  const element = make("div", { class: "row", role: "row" }, cells[0], make("span", { class: "spark" }, spark), ...cells.slice(1));
  const made = { row: element, cells, path, id: null };
  element.onclick = () => set({ symbol: held.names[made.id], list: narrow() ? "0" : "1" }, true);
  return made;
}

function fill(each, id, place) {
  const [, last, change, volume, rsi, call] = held.rows[id] ?? [id], name = held.names[id];
  each.id = id;
  each.row.style.transform = `translateY(${place * HEIGHT}px)`;
  each.row.setAttribute("aria-selected", String(name === state.symbol));
  const shown = [name, money(last || null), change == null ? "–" : `${arrow(change)} ${signed(change, 2)}`, amount(volume), fixed(rsi, 0), call?.slice(0, 4).toUpperCase() ?? "–"];
  shown.forEach((words, k) => text(each.cells[k], words));
  each.cells[2].className = `change ${kind(change)}`;
  each.cells[4].className = `rsi ${rsi > 70 ? "up" : rsi != null && rsi < 30 ? "down" : ""}`;
  each.cells[0].title = name;
  each.cells[5].className = `call ${callKind(call)}`;
  draw1(each.path, sparks.get(name), last, change);
  const flash = moved.get(id);
  if (flash && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    each.cells[1].animate([{ background: `color-mix(in srgb, var(--${flash}) 40%, transparent)` }, {}], { duration: 600 });
  }
}

function draw1(path, spark, last, change) {
  const points = [...(spark ?? []), last].filter((v) => v != null);
  if (points.length < 2) { path.setAttribute("d", ""); return; }
  const low = Math.min(...points), span = Math.max(...points) - low || 1;
  const d = points.map((v, k) => `${k ? "L" : "M"}${(60 * k / (points.length - 1)).toFixed(1)} ${(18 - 16 * (v - low) / span).toFixed(1)}`).join("");
  path.setAttribute("d", d);
  path.setAttribute("class", kind(change));
}

/* The next or the one before, as listed. */
export function step(by1) {
  resort(!order.length);
  if (!order.length) return;
  const now = order.findIndex((id) => held.names[id] === state.symbol);
  const place = Math.max(0, Math.min(order.length - 1, now < 0 ? 0 : now + by1));
  set({ symbol: held.names[order[place]] }, true);
  const box = $("rows"), y = place * HEIGHT;
  if (y < box.scrollTop) box.scrollTop = y;
  else if (y + HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = y + HEIGHT - box.clientHeight;
  draw();
}

export function attachWatchlist() {
  $("list-head").replaceChildren(...COLUMNS.flatMap(([name, title]) => {
    const button = make("button", { type: "button", class: name, onclick: () => { down = by === name ? !down : name !== "symbol"; by = name; head(); draw(true); } }, title);
    button.dataset.key = name;
    return name === "symbol" ? [button, make("span", { class: "spark" }, "DAY")] : [button];
  }));
  head();
  $("rows").onscroll = () => draw();
  $("filter").oninput = () => { filter = $("filter").value.trim().toLowerCase(); $("rows").scrollTop = 0; draw(true); };
  new ResizeObserver(() => draw()).observe($("rows"));
}

function head() {
  for (const button of $("list-head").querySelectorAll("button")) {
    const on = button.dataset.key === by;
    button.setAttribute("aria-sort", on ? (down ? "descending" : "ascending") : "none");
  }
}
