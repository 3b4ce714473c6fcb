/* The pipeline as a picture, with what flows now, how late it is, and what is stuck. */
import { $, cell, make, table } from "./page.js";
import { latencyChart, remember } from "./latency.js";
import { age, amount, fixed, stamp, whole } from "./words.js";
import { state } from "./state.js";
import { wire } from "./wire.js";

const FLOW = [["ticks", "ticks", "sources"], ["bars", "run bars", "ticks folded"], ["indicators", "run signals", "indicators"], ["signals", "signals", "found"]];
let system = null;

export function takeSystem(frame) {
  if ("system" in frame) {
    system = frame.system;
    remember(system?.latency_ms?.session);
  }
  if (state.page === "system") drawSystem();
}

const milliseconds = (l) => !l ? "–" : `${whole(l.p50)} / ${whole(l.p99)} ms`;
const number = (value) => value == null ? "–" : value >= 100 ? amount(value) : fixed(value, 1);

function stage([name, title, under]) {
  const found = system.stages.find((s) => s.name === name);
  const rate = name === "ticks" && system.ticks_per_second != null ? system.ticks_per_second : found?.per_second;
  return make("div", { class: `stage ${rate > 0 ? "flowing" : ""}` }, make("b", {}, title), make("span", { class: "figure" }, `${number(rate)}/s`),
    make("small", {}, `${under} · ${amount(found?.messages ?? 0)} messages`), make("small", {}, system.latency_ms?.[name] ? milliseconds(system.latency_ms[name]) : ""));
}

function picture() {
  const boxes = FLOW.flatMap((each, k) => [...(k ? [make("span", { class: "pipe", "aria-hidden": "true" }, "→")] : []), stage(each)]);
  const functions = system.functions ?? {};
  const out = make("div", { class: `stage ${functions.available ? "flowing" : ""}` }, make("b", {}, "functions"), make("span", { class: "figure" }, functions.available ? `${functions.services.filter((s) => s.instances > 0).length} up` : "away"),
    make("small", {}, functions.available ? `${whole(functions.pending)} pending · ${whole(functions.dead)} given up` : "no local broker answers: tapedeck serve"));
  return make("div", { class: "flow" }, ...boxes, make("span", { class: "pipe", "aria-hidden": "true" }, "→"), out);
}

const rows = (pairs) => table([["WHAT"], ["NOW", "num"]], pairs.map(([what, value, style = ""]) => make("tr", {}, cell(what), cell(value, `num ${style}`))), "");

export function drawSystem() {
  const page = $("system-page");
  if (!system) { page.replaceChildren(make("p", { class: "none" }, "looking …")); return; }
  const feed = wire.frame?.feed ?? {}, services = system.functions?.services ?? [], latency = system.latency_ms ?? {};
  page.replaceChildren(
    make("h2", {}, "Pipeline"), system.kafka ? make("p", { class: "bad" }, `Kafka: ${system.kafka}`) : picture(),
    make("div", { class: "split" },
      make("section", {}, make("h2", {}, "Health"), rows([
        ["feed", feed.state ?? "–", feed.state === "live" ? "up" : feed.state === "stale" || feed.state === "down" ? "down" : ""], ["newest tick", stamp(feed.tick || null)],
        ["received", feed.age == null ? "–" : `${age(feed.age)} ago`], ["open bars", whole(feed.open)], ["dead letters", whole(system.dead_letters), system.dead_letters ? "amber" : ""],
        ["PostgreSQL", system.postgresql?.up ? "up" : system.postgresql?.why ?? "away", system.postgresql?.up ? "up" : "down wrap"],
        ["sessions · feed clients", `${whole(system.sessions)} · ${whole(system.clients)}`]])),
      make("section", {}, make("h2", {}, "Latency, last minute (p50 / p99)"), rows([["tick to bar here", milliseconds(latency.bars)], ["tick to indicators", milliseconds(latency.indicators)], ["tick to signal", milliseconds(latency.signals)], ["tick to a page", milliseconds(latency.session)]]), latencyChart()),
      make("section", {}, make("h2", {}, "Consumer lag"), table([["GROUP"], ["TOPIC"], ["LAG", "num"]], (system.groups ?? []).map((g) => make("tr", {}, cell(g.group), cell(g.topic), cell(whole(g.lag), `num ${g.lag > 1000 ? "amber" : ""}`))), "no consumer group yet: tapedeck run bars signals archive deliver")),
      make("section", {}, make("h2", {}, "Functions"), table([["FUNCTION"], ["STATE"], ["INSTANCES", "num"], ["REQUESTS", "num"]], services.map((s) => make("tr", {}, cell(s.name), cell(s.state ?? (s.instances ? "up" : "at zero"), s.instances ? "up" : "dim"), cell(whole(s.instances), "num"), cell(whole(s.requests), "num"))), "no local functions: tapedeck serve"))),
    make("p", { class: "dim" }, `looked at ${stamp(system.taken)}`));
}
