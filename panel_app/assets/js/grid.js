/* A small chart for each of several symbols, drawn on a canvas of its own. */
import { $, make, nothing, text } from "./page.js";
import { C, H, L, N, O } from "./series.js";
import { arrow, kind, money, signed } from "./words.js";
import { colours } from "./colours.js";
import { set, state } from "./state.js";
import { resync, want } from "./wire.js";
import { watched } from "./watchlist.js";

const SHOWN = 12, BARS = 60;
const held = new Map();
let drawn = null;

export function wantGrid() {
  const symbols = state.page === "grid" ? watched().shown.slice(0, SHOWN) : [];
  for (const name of [...held.keys()]) if (!symbols.includes(name)) held.delete(name);
  want("grid", symbols);
  if (state.page === "grid" && symbols.join() !== drawn?.join()) build(symbols);
}

export function clearGrid() { held.clear(); }

export function takeGrid(frame) {
  if (state.page !== "grid") return;
  wantGrid();
  for (const [name, change] of Object.entries(frame.grid ?? {})) {
    if (!merge(name, change)) { resync(); return; }
    paint(name);
  }
}

function merge(name, change) {
  if (change.whole) { held.set(name, change.bars); return true; }
  const rows = held.get(name);
  if (!rows) return !change.bars.length || false;
  for (const row of change.bars) {
    const place = row[N] - (rows[0]?.[N] ?? change.base);
    if (place > rows.length) return false;
    if (place >= 0) rows[place] = row;
  }
  rows.splice(0, Math.max(0, rows.length - 120));
  return true;
}

function build(symbols) {
  drawn = symbols;
  $("grid-page").replaceChildren(...(symbols.length ? symbols.map((name) => make("button", { type: "button", class: "small", "data-symbol": name, onclick: () => set({ page: "chart", symbol: name }, true) },
    make("span", {}, make("b", {}, name), " ", make("span", {})), make("canvas", {}))) : [nothing()]));
  for (const name of symbols) paint(name);
}

export const gridView = () => (drawn ?? []).filter((name) => held.get(name)?.length);

export function paint(name) {
  const box = [...$("grid-page").querySelectorAll(".small")].find((each) => each.dataset.symbol === name), rows = held.get(name)?.slice(-BARS);
  if (!box || !rows?.length) return;
  const newest = rows.at(-1), change = 100 * (newest[C] / rows[0][O] - 1), span = box.querySelector("span span");
  text(span, `${money(newest[C])} ${arrow(change)} ${signed(change, 2, "%")}`);
  span.className = kind(change);
  candles(box.querySelector("canvas"), rows);
}

function candles(canvas, rows) {
  const scale = devicePixelRatio, width = canvas.clientWidth, height = canvas.clientHeight, { up, down } = colours();
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d"), low = Math.min(...rows.map((r) => r[L])), span = Math.max(...rows.map((r) => r[H])) - low || 1;
  pen.scale(scale, scale);
  const y = (p) => 3 + (height - 6) * (1 - (p - low) / span), step = width / BARS;
  rows.forEach((row, k) => {
    const x = (BARS - rows.length + k + 0.5) * step, top = y(Math.max(row[O], row[C])), bottom = y(Math.min(row[O], row[C]));
    pen.fillStyle = row[C] < row[O] ? down : up;
    pen.fillRect(x - 0.5, y(row[H]), 1, y(row[L]) - y(row[H]));
    pen.fillRect(x - step * 0.36, top, step * 0.72, Math.max(1, bottom - top));
  });
}
