/* How numbers and times are written. Times are epoch ms UTC until they are shown. */
export const ZONES = { utc: "UTC", local: undefined, exchange: "America/New_York" };
let zone = ZONES.utc;
const formats = new Map();

export function setZone(name) {
  zone = Object.hasOwn(ZONES, name) ? ZONES[name] : ZONES.utc;
  formats.clear();
}

function format(kind, options) {
  if (!formats.has(kind)) formats.set(kind, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
  return formats.get(kind);
}

export const hhmm = (t) => format("m", { hour: "2-digit", minute: "2-digit" }).format(t);
export const hhmmss = (t) => format("s", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(t);
export const shortDay = (t) => format("d", { day: "2-digit", month: "short" }).format(t);
export function day(t) {
  const parts = Object.fromEntries(format("y", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(t).map((p) => [p.type, p.value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}
export const stamp = (t) => t == null ? "–" : `${day(t)} ${hhmmss(t)}`;
export const moment = (t) => t == null ? "–" : `${day(t)} ${hhmm(t)}`;

export const decimals = (price) => price >= 1000 ? 2 : price >= 1 ? (price < 10 ? 4 : 2) : 6;
export function money(price, digits = decimals(Math.abs(price ?? 0))) {
  if (price == null || !Number.isFinite(price)) return "–";
  return price.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
export const fixed = (value, digits = 2) => value == null || !Number.isFinite(value) ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");
export const whole = (value) => value == null ? "–" : Math.round(value).toLocaleString("en-US");
export function amount(value) {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 1e9 ? `${(value / 1e9).toFixed(2)}B` : size >= 1e6 ? `${(value / 1e6).toFixed(2)}M`
    : size >= 1e4 ? `${(value / 1e3).toFixed(1)}K` : String(+value.toFixed(2));
}
/* Never colour alone: the sign and an arrow say it too. */
export const signed = (value, digits = 2, unit = "") => value == null || !Number.isFinite(value) ? "–"
  : `${value < 0 ? "−" : "+"}${fixed(Math.abs(value), digits)}${unit}`;
export const arrow = (value) => value > 0 ? "▲" : value < 0 ? "▼" : "■";
export const percent = (value, digits = 1) => value == null ? "–" : `${fixed(100 * value, digits)}%`;
export const kind = (value) => value > 0 ? "up" : value < 0 ? "down" : "dim";
export const age = (s) => s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
export function countdown(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), pad = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${pad(Math.floor(s / 60))}:${pad(s % 60)}`;
}
const UNITS = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
export const length = (interval) => { const m = /^(\d+)(s|m|h|d)$/.exec(interval ?? ""); return m ? m[1] * UNITS[m[2]] : 0; };
