/* History beyond what the server holds: fetched page by page when the view comes to its left end. */
import { link, load } from "./data.js";
import { $, save } from "./page.js";
import { first, prepend, series } from "./series.js";
import { draw, figures, model } from "./chart.js";
import { studies } from "./wire.js";
import { view } from "./view.js";

const PAGE = 500, MOST = 10000, NEAR = 20;
let busy = false, finished = "";

export const olderDone = () => finished === `${series.symbol}/${series.interval}`;

export async function fetchOlder() {
  const name = `${series.symbol}/${series.interval}`;
  if (busy || view.follow || finished === name || !series.rows.length || series.rows.length > MOST || model("window").start > first() + NEAR) return;
  busy = true;
  try {
    const found = await load("bars", { symbol: series.symbol, interval: series.interval, before: series.rows[0][1], limit: PAGE, studies: studies().join(",") });
    if (name !== `${series.symbol}/${series.interval}`) return;
    if (!found.more) finished = name;
    if (!found.bars.length) return;
    const named = (values) => Object.fromEntries(found.studies.names.map((study, k) => [study, values[k]]));
    prepend(found.bars.map((bar) => [0, ...bar, true]), found.studies?.rows.map(named));
    series.markers = [...(found.markers ?? []), ...series.markers];
    draw(0);
  } catch (error) {
    finished = name;  // without PostgreSQL there is no more; another symbol tries again
    console.debug("no older bars", error.message);
  } finally { busy = false; }
}

export function attachExports() {
  $("csv").onclick = () => { location.href = link("bars.csv", { symbol: series.symbol, interval: series.interval }); };
  $("png").onclick = async () => save(`${series.symbol}-${series.interval}.png`, await picture());
}

/* The visible panes, one below the other. */
async function picture() {
  const shown = figures().map((figure) => window.Bokeh.index.find_one(figure)).filter((view) => view?.el.offsetParent);
  const canvases = shown.map((view) => view.export("png", true).canvas);
  const sheet = document.createElement("canvas"), pen = sheet.getContext("2d");
  sheet.width = Math.max(...canvases.map((c) => c.width));
  sheet.height = canvases.reduce((sum, c) => sum + c.height, 0);
  canvases.reduce((y, c) => { pen.drawImage(c, 0, y); return y + c.height; }, 0);
  return new Promise((done) => { sheet.toBlob(done); });
}
