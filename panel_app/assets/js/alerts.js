/* Signals as they come: a list to filter and acknowledge, toasts, and a sound for those who want it. */
import { $, cell, make, table } from "./page.js";
import { SIGNAL_COLUMNS, signalRow } from "./symbol.js";
import { money } from "./words.js";
import { narrow, set, state } from "./state.js";
import { load } from "./data.js";

const MOST = 2000, SHOWN = 300, TOASTS = narrow() ? 2 : 4, TOAST_MS = 8000, FEW_PER_MINUTE = 10;
const alerts = [], filters = { kind: "", side: "", severity: "", symbol: "", open: false };
const seen = new Set(), told = [];
let wanted = null, notified = new Map(), acknowledged = new Set(read());

function read() {
  try { return JSON.parse(localStorage.getItem("tapedeck-acknowledged") || "[]"); } catch { return []; }
}

function keep() {
  acknowledged = new Set([...acknowledged].slice(-MOST));
  try { localStorage.setItem("tapedeck-acknowledged", JSON.stringify([...acknowledged])); } catch (error) { console.debug("not remembered", error.name); }
}

export const alertsView = () => ({ held: alerts.length, shown: chosen().length, open: alerts.filter((a) => !acknowledged.has(a.id)).length, toasts: $("toasts").children.length });

export function takeAlerts(frame) {
  if (!frame.alerts) return;
  if (frame.alerts.whole) { alerts.length = 0; seen.clear(); }
  for (const alert of frame.alerts.rows) {
    if (seen.has(alert.id)) continue;
    seen.add(alert.id);
    alerts.unshift(alert);
    if (alert.live && alert.warm && !frame.alerts.whole && loud(alert)) toast(alert);
  }
  alerts.length = Math.min(alerts.length, MOST);
  count();
  if (state.page === "alerts") drawAlerts();
}

/* Of anomalies only what people are told of, too: high and critical. */
const loud = (alert) => !alert.severity || alert.severity === "high" || alert.severity === "critical";

function count() {
  const open = alerts.filter((a) => !acknowledged.has(a.id) && a.severity !== "low").length;
  $("alert-count").textContent = open > 99 ? "99+" : open || "";
}

/* No more than a few on screen, and no more than ten a minute: the list has them all. */
function toast(alert) {
  const now = performance.now();
  while (told.length && now - told[0] > 60000) told.shift();
  if (told.length >= FEW_PER_MINUTE) return;
  told.push(now);
  const words = `${(alert.severity ?? alert.side).toUpperCase()} ${alert.symbol} ${money(alert.price || null)} · ${alert.interval} ${alert.kind}`;
  const element = make("button", { type: "button", class: `toast ${alert.side}`, title: alert.reason, onclick: () => { jumpTo(alert); element.remove(); } }, words);
  $("toasts").prepend(element);
  while ($("toasts").children.length > TOASTS) $("toasts").lastElementChild.remove();
  setTimeout(() => element.remove(), TOAST_MS);
  if (state.sound === "1") beep(alert.side);
}

let audio = null;
function beep(side) {
  audio ??= new AudioContext();
  const tone = audio.createOscillator(), volume = audio.createGain();
  tone.frequency.value = side === "buy" ? 880 : 440;
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}

/* The chart at the signal's bar; main does the moving once that series is there. */
export function jumpTo(alert) {
  if (alert.symbol === "*") return; // the economy has no chart
  wanted = { symbol: alert.symbol, interval: alert.interval, start: alert.start };
  set({ page: "chart", symbol: alert.symbol, interval: alert.interval }, true);
  document.dispatchEvent(new Event("tapedeck-jump"));
}
export const wantedJump = () => wanted;
export const jumped = () => { wanted = null; };

const chosen = () => alerts.filter((a) => ["kind", "side", "severity"].every((f) => !filters[f] || a[f] === filters[f])
  && (!filters.symbol || a.symbol.toLowerCase().includes(filters.symbol)) && (!filters.open || !acknowledged.has(a.id)));

function acknowledge(ids) {
  for (const id of ids) acknowledged.add(id);
  keep();
  count();
  drawAlerts();
}

export function drawAlerts() {
  for (const name of ["kind", "side", "severity"]) options($(`filter-${name}`), name);
  const found = chosen(), rows = found.slice(0, SHOWN).map((a) => {
    const row = signalRow(a), done = acknowledged.has(a.id);
    if (done) row.classList.add("done");
    const button = done ? null : make("button", { type: "button", onclick: (event) => { event.stopPropagation(); acknowledge([a.id]); }, "aria-label": "acknowledge", title: "acknowledge" }, "✓");
    row.append(cell(notified.get(a.id) ?? "", "wrap"), make("td", {}, button));
    return row;
  });
  const empty = alerts.length ? "no alert fits the filters" : ["no signals yet: run ", make("code", {}, "tapedeck replay FILE")];
  $("alert-list").replaceChildren(table([...SIGNAL_COLUMNS, ["TOLD"], [""]], rows, empty));
  $("alert-shown").textContent = `${Math.min(found.length, SHOWN).toLocaleString("en-US")} of ${alerts.length.toLocaleString("en-US")}`;
}

function options(select, name) {
  const values = [...new Set(alerts.map((a) => a[name]).filter(Boolean))].sort();
  if (select.options.length && [...select.options].slice(1).map((o) => o.value).join() === values.join()) return;
  select.replaceChildren(make("option", { value: "" }, `any ${name}`), ...values.map((v) => make("option", { value: v, selected: v === filters[name] }, v)));
}

/* What the archive knows of their notifications; without PostgreSQL the column stays empty. */
export async function loadNotifications() {
  try {
    const found = await load("alerts", { limit: 200 });
    notified = new Map(found.alerts.map((a) => [a.id, (a.notifications ?? []).map((n) => `${n.channel} ${n.status}`).join(", ")]));
  } catch (error) { console.debug("no notifications", error.message); }
  if (state.page === "alerts") drawAlerts();
}

export function attachAlerts() {
  for (const name of ["kind", "side", "severity"]) $(`filter-${name}`).onchange = (event) => { filters[name] = event.target.value; drawAlerts(); };
  $("filter-alert-symbol").oninput = (event) => { filters.symbol = event.target.value.trim().toLowerCase(); drawAlerts(); };
  $("filter-open").onchange = (event) => { filters.open = event.target.checked; drawAlerts(); };
  $("acknowledge-all").onclick = () => acknowledge(chosen().map((a) => a.id));
}
