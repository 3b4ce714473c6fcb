/* The honest state of what is shown, and the watchdog: a page whose server was away reloads. */
import { $, make, text } from "./page.js";
import { series } from "./series.js";
import { known } from "./search.js";
import { age, stamp } from "./words.js";
import { attach, wire } from "./wire.js";

const LOST_MS = 3000, RELOAD_MS = 8000, AGAIN_MS = 15000;
const WORDS = { live: "LIVE", idle: "FEED IDLE", stale: "STALE", loading: "LOADING", down: "KAFKA DOWN" };
let said = "", probing = false;

/* Says how things are; returns the ms since the server was heard. */
export function status() {
  const silent = performance.now() - wire.heard, lost = silent > LOST_MS, feed = wire.frame?.feed;
  const state = lost ? "lost" : feed?.state ?? "loading", late = !lost && feed?.state === "stale" ? ` ${age(feed.age)}` : "";
  $("badge").className = state;
  text($("badge"), lost ? "STALE · CONNECTION LOST" : (feed ? WORDS[state] : "CONNECTING") + late);
  text($("feed"), feed?.tick ? `last tick ${stamp(feed.tick)}${feed.age == null ? "" : ` · received ${age(feed.age)} ago`}` : "");
  $("empty").hidden = series.rows.length > 0 || lost;
  if (!series.rows.length) emptyWords(feed);
  return silent;
}

function emptyWords(feed) {
  const waiting = !feed || feed.state === "loading", none = !known.symbols.length;
  const head = waiting ? "loading…" : none ? "no data yet" : `no ${series.interval} bars of ${series.symbol || "?"} yet`;
  if (said === head) return;
  said = head;
  const hint = waiting ? [] : [none ? "run " : "choose another symbol ( / ) or run ", make("code", {}, "tapedeck replay FILE")];
  $("empty").replaceChildren(make("strong", {}, head), make("span", {}, ...hint));
}

/* Bokeh does not resend what was missed: reload as soon as the server answers again. */
export async function watch(attached) {
  if (!wire.relay && attach()) attached();
  text($("clock"), stamp(Date.now()));
  if (status() < RELOAD_MS || probing) return;
  if (Date.now() - Number(sessionStorage.getItem("reloaded") || 0) < AGAIN_MS) return;
  probing = true;
  try {
    const answer = await fetch("healthz", { cache: "no-store", signal: AbortSignal.timeout(2000) });
    if (answer.ok) { sessionStorage.setItem("reloaded", Date.now()); location.reload(); }
  } catch (error) { console.debug("server still away", error.name); } finally { probing = false; }
}
