/* The bars on screen and what belongs to them, merged by bar number; no drawing here. */
export const N = 0, T = 1, O = 2, H = 3, L = 4, C = 5, V = 6, VWAP = 7, TRADES = 8, E38 = 9, E100 = 10, FINAL = 11;

export const series = { symbol: "", interval: "", rows: [], studies: new Map(), markers: [], latest: null, prediction: null, older: 0 };

export function clear(symbol, interval) {
  Object.assign(series, { symbol, interval, rows: [], studies: new Map(), markers: [], latest: null, prediction: null, older: 0 });
}

export const first = () => series.rows[0]?.[N] ?? 0;
export const last = () => series.rows.at(-1);
export const at = (number) => series.rows[number - first()];

/* What a change did: the first row that is other than before, or null when rows are missing. */
export function merge(change) {
  if (change.markers) series.markers = change.markers;
  if (change.latest) series.latest = change.latest;
  if (change.prediction) series.prediction = change.prediction;
  const from = change.whole ? replace(change) : extend(change);
  if (from == null) return null;
  const studied = study(change.studies);
  return Math.min(from, studied);
}

function replace(change) {
  series.rows = change.bars;
  series.studies = new Map();
  series.older = 0;
  return change.bars.length === change.count ? 0 : null;
}

function extend(change) {
  const { rows } = series, base = rows[0]?.[N] ?? change.base;
  let changed = rows.length;
  for (const row of change.bars) {
    const place = row[N] - base;
    if (place < 0) continue;
    if (place > rows.length) return null;
    rows[place] = row;
    changed = Math.min(changed, place);
  }
  if (!series.older) changed -= trim(change.base);
  return rows.length === change.count + held(change.base) ? Math.max(0, changed) : null;
}

/* Rows before the server's oldest: older history that was fetched stays. */
const held = (base) => Math.max(0, base - first());

function trim(base) {
  const excess = Math.max(0, base - first());
  if (excess) {
    for (const row of series.rows.splice(0, excess)) series.studies.delete(row[N]);
  }
  return excess;
}

function study(studies) {
  if (!studies) return series.rows.length;
  let changed = series.rows.length;
  for (const [number, ...values] of studies.rows) {
    series.studies.set(number, Object.fromEntries(studies.names.map((name, k) => [name, values[k]])));
    changed = Math.min(changed, number - first());
  }
  return changed;
}

/* Put older bars before those held; they get the numbers below. */
export function prepend(rows, studies) {
  const base = first() - rows.length;
  rows.forEach((row, k) => { row[N] = base + k; if (studies) series.studies.set(base + k, studies[k]); });
  series.rows.unshift(...rows);
  series.older += rows.length;
}

export const value = (row, name) => series.studies.get(row[N])?.[name] ?? (name === "ema38" ? row[E38] : name === "ema100" ? row[E100] : null);

/* Heikin-Ashi (Valcu 2004): close the bar's mean, open the middle of the candle before. */
export function heikin(rows) {
  let open = null, close = null;
  return rows.map((row) => {
    const now = (row[O] + row[H] + row[L] + row[C]) / 4;
    open = open == null ? (row[O] + row[C]) / 2 : (open + close) / 2;
    close = now;
    return [open, Math.max(row[H], open, now), Math.min(row[L], open, now), now];
  });
}

/* The close that changes are counted from: the last of the day before, or the first open. */
export function reference(sameDay) {
  const newest = last();
  if (!newest) return null;
  return series.rows.findLast((row) => !sameDay(row[T], newest[T]))?.[C] ?? series.rows[0][O];
}
