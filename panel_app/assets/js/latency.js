/* How long ticks took to this page while the system page was open: p50 and p99 as two lines. */
import { make } from "./page.js";
import { whole } from "./words.js";

const W = 640, H = 90, MOST = 300, SVG = "http://www.w3.org/2000/svg";
const samples = [];

export function remember(latency) {
  if (!latency) return;
  samples.push([latency.p50, latency.p99]);
  if (samples.length > MOST) samples.shift();
}

function drawing(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function latencyChart() {
  if (samples.length < 2) return make("p", { class: "dim" }, "a chart of it is drawn while ticks come");
  const top = Math.max(...samples.map((s) => s[1]), 1), svg = drawing("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": "latency over time" });
  for (const [k, style] of [[0, "equity"], [1, "hold"]]) {
    const d = samples.map((s, n) => `${n ? "L" : "M"}${(W * n / (samples.length - 1)).toFixed(1)} ${(H - 2 - (H - 4) * s[k] / top).toFixed(1)}`).join("");
    svg.append(drawing("path", { d, class: style }));
  }
  return make("figure", { class: "latency" }, svg, make("figcaption", { class: "dim" }, make("span", { class: "equity-key" }, "p50 "), make("span", { class: "hold-key" }, "p99 "), `of a tick to a page · top ${whole(top)} ms`));
}
