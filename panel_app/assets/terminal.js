/* The browser's half of the terminal: it merges frames into the chart by bar number, follows the
   right edge, and says honestly whether what is shown is alive. Times are epoch ms UTC. */
"use strict";
const tapedeck = (() => {
  const LOST_MS = 3000, RELOAD_MS = 8000, RIGHT = 4, UP = "#2ebd85", DOWN = "#f6465d", FLAT = "#8b95a5";
  const N = 0, T = 1, O = 2, H = 3, L = 4, C = 5, V = 6, VWAP = 7, TRADES = 8, E38 = 9, E100 = 10;
  const STEPS = [1, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14400, 43200].map((m) => m * 60000);
  const $ = (id) => document.getElementById(id);
  const query = new URLSearchParams(location.search);
  let wanted = { symbol: query.get("symbol") || "", interval: query.get("interval") || "" };
  let models = null, shown = {}, rows = [], markers = [], symbols = [], intervals = [];
  let heard = performance.now(), frames = 0, resyncs = 0, feed = null, follow = true, hovered = null;
  let moving = false, digits = 2, choice = -1, matches = [];

  // ---- words
  const pad = (n) => String(n).padStart(2, "0");
  const hhmm = (t) => { const d = new Date(t); return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`; };
  const hhmmss = (t) => `${hhmm(t)}:${pad(new Date(t).getUTCSeconds())}`;
  const day = (t) => new Date(t).toISOString().slice(0, 10);
  const shortDay = (t) => new Date(t).toLocaleDateString("en-GB", { day: "2-digit", month: "short", timeZone: "UTC" });
  const money = (p) => p == null ? "–" : p.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const amount = (v) => v >= 1e9 ? `${(v / 1e9).toFixed(2)}B` : v >= 1e6 ? `${(v / 1e6).toFixed(2)}M`
    : v >= 1e4 ? `${(v / 1e3).toFixed(1)}K` : String(+v.toFixed(2));
  const decimals = (price) => price >= 1000 ? 2 : price >= 1 ? (price < 10 ? 4 : 2) : 6;
  const text = (id, value) => { const e = $(id); if (e.textContent !== value) e.textContent = value; };
  const timeOf = (n) => { const row = rows[n - rows[0]?.[N]]; return row && row[T]; };
  const age = (s) => s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;

  // ---- columns of the chart's sources
  const colour = (r) => r[C] > r[O] ? UP : r[C] < r[O] ? DOWN : FLAT;
  const column = {
    n: (r) => r[N], o: (r) => r[O], h: (r) => r[H], l: (r) => r[L], c: (r) => r[C], v: (r) => r[V],
    // a bar that closes where it opened is a line: a rect of no height would not be drawn
    mid: (r) => (r[O] + r[C]) / 2, height: (r) => Math.abs(r[C] - r[O]) || 1e-6 * r[C],
    half: (r) => r[V] / 2,
    ema38: (r) => r[E38] ?? NaN, ema100: (r) => r[E100] ?? NaN, color: colour,
  };
  const columns = (some) => Object.fromEntries(Object.entries(column).map(([k, f]) => [k, some.map(f)]));

  function markerColumns() {
    const number = new Map(rows.map((r) => [r[T], r]));
    const recent = rows.slice(-60);
    const off = 1.6 * recent.reduce((s, r) => s + r[H] - r[L], 0) / (recent.length || 1);
    const drawn = markers.map((m) => [m, number.get(m.start)]).filter(([, r]) => r);
    const buy = ([m]) => m.side === "buy";
    const take = (f) => drawn.map(f);
    return {
      n: take(([, r]) => r[N]), y: take((d) => buy(d) ? d[1][L] - off : d[1][H] + off),
      glyph: take((d) => buy(d) ? "triangle" : "inverted_triangle"), color: take((d) => buy(d) ? UP : DOWN),
      edge: take((d) => d[0].warm ? "#ffffff" : buy(d) ? UP : DOWN), fill: take(([m]) => m.warm ? 1 : 0), title: take(([m]) => `${m.kind.toUpperCase()} ${m.side.toUpperCase()}${m.warm ? "" : " (warming up)"}`),
      time: take(([, r]) => `${day(r[T])} ${hhmm(r[T])}`), price: take(([m]) => money(m.price)),
      strength: take(([m]) => String(+m.strength.toPrecision(4))), reason: take(([m]) => m.reason),
    };
  }

  // ---- frames
  function attach() {
    const doc = window.Bokeh?.documents?.[0];
    const price = doc?.get_model_by_name("price-chart");
    if (!price) return;
    const find = (name) => doc.get_model_by_name(name);
    models = { price, relay: price.tags[0] };
    for (const name of ["bars", "marks", "window", "times", "last"]) models[name] = find(name);
    models.y = price.y_range;
    models.relay.connect(models.relay.properties.frame.change, () => take(models.relay.frame));
    models.window.connect(models.window.change, moved);
    models.y.connect(models.y.change, placeTag);
    ask();
  }

  function ask() {
    wanted.at = frames + performance.now();  // a property that does not change is not sent
    models.relay.ask = JSON.stringify(wanted);
  }

  function take(json) {
    const frame = JSON.parse(json);
    heard = performance.now();
    frames += 1;
    feed = frame.feed;
    if (frame.symbols) { symbols = frame.symbols; intervals = frame.intervals; drawIntervals(frame.interval); }
    if (frame.symbol !== shown.symbol || frame.interval !== shown.interval) opened(frame);
    if (frame.change && !merge(frame.change)) { resyncs += 1; ask(); return; }
    if (frame.change) redraw();
    status();
  }

  function opened(frame) {
    shown = { symbol: frame.symbol, interval: frame.interval };
    rows = []; markers = []; follow = true; hovered = null;
    models.bars.data = columns([]);
    models.marks.data = markerColumns();
    if (!frame.symbol) return;
    wanted = { ...shown };
    if (document.activeElement !== $("symbol")) $("symbol").value = shown.symbol;
    drawIntervals(shown.interval);
    document.title = `${shown.symbol} ${shown.interval} · Tapedeck`;
    const url = new URL(location);
    url.searchParams.set("symbol", shown.symbol);
    url.searchParams.set("interval", shown.interval);
    history.replaceState(null, "", url);
  }

  /* Merge by number; false when rows are missing, so that a whole frame must be asked for. */
  function merge(change) {
    const source = models.bars;
    if (change.markers) markers = change.markers;
    if (change.whole) {
      rows = change.bars;
      source.data = columns(rows);
      return rows.length === change.count;
    }
    const before = rows.length, first = rows[0]?.[N] ?? change.base, fresh = [], patches = {};
    for (const key of Object.keys(column)) patches[key] = [];
    for (const row of change.bars) {
      const at = row[N] - first;
      if (at < 0) continue;
      if (at > rows.length) return false;
      rows[at] = row;
      if (at >= before) fresh.push(row);
      else for (const [key, f] of Object.entries(column)) patches[key].push([at, f(row)]);
    }
    if (patches.n.length) source.patch(patches, { sync: false });
    if (fresh.length) source.stream(columns(fresh), change.count, { sync: false });
    rows.splice(0, rows.length - change.count);
    return rows.length === change.count && rows[0]?.[N] === change.base;
  }

  function redraw() {
    models.marks.data = markerColumns();
    const last = rows.at(-1);
    if (last) {
      digits = decimals(last[C]);
      if (follow) goLive(); else ticks();
      models.last.location = last[C];
      models.last.line_color = colour(last);
      models.last.visible = true;
    }
    legend();
    placeTag();
  }

  // ---- the view
  function goLive() {
    const last = rows.at(-1)?.[N] ?? 60, range = models.window;
    const kept = follow && range.seen ? range.end - range.start : Math.max(60, Math.min(180, $("price-pane").clientWidth / 9));
    moving = true;
    range.setv({ start: last + RIGHT - kept, end: last + RIGHT });
    range.seen = rows.length > 0;
    moving = false;
    follow = true;
    moved();
  }

  function moved() {
    if (!moving && rows.length) follow = models.window.end >= rows.at(-1)[N] + 0.5;
    $("live").hidden = follow;
    ticks();
    placeTag();
  }

  /* Labels at round times: the smallest step that leaves some 90 pixels to each. */
  function ticks() {
    if (!rows.length) return;
    const first = rows[0][N], from = Math.max(0, Math.ceil(models.window.start - first + 0.02 * (models.window.end - models.window.start)));
    const seen = rows.slice(from, Math.max(from, Math.floor(models.window.end - first) + 1));
    const room = Math.max(2, Math.floor($("price-pane").clientWidth / 90));
    for (const step of STEPS) {
      const found = seen.filter((r, k) => k && Math.floor(r[T] / step) !== Math.floor(seen[k - 1][T] / step)).map((r) => r[N]);
      if (found.length > room && step !== STEPS.at(-1)) continue;
      if (found.join() !== models.times.ticks.join()) models.times.ticks = found;
      return;
    }
  }

  function timeLabel(n) {
    const t = timeOf(n), before = timeOf(n - 1);
    if (t == null) return "";
    return before != null && day(before) !== day(t) ? shortDay(t) : hhmm(t);
  }

  function placeTag() {
    const tag = $("tag"), last = rows.at(-1), view = last && window.Bokeh.index.find_one(models.price);
    if (!view?.frame?.y_scale) { tag.hidden = true; return; }
    const y = view.frame.y_scale.compute(last[C]), box = view.frame.bbox;
    tag.hidden = !(y >= box.top && y <= box.bottom);
    tag.style.top = `${y + $("price-pane").offsetTop}px`;
    tag.className = last[C] < last[O] ? "down" : "up";
    text("tag", money(last[C]));
  }

  function legend() {
    const at = hovered != null && rows[hovered - rows[0]?.[N]] || rows.at(-1);
    const parts = [];
    const add = (name, value, kind = "") => {
      const span = document.createElement("span"), b = document.createElement("b");
      b.textContent = name; span.className = kind; span.append(b, value); parts.push(span);
    };
    if (at) {
      const kind = at[C] < at[O] ? "down" : "up", width = money(rows.at(-1)[H]).length;
      add("", `${day(at[T])} ${hhmm(at[T])}`);
      for (const [name, k] of [["O", O], ["H", H], ["L", L], ["C", C]]) add(name, money(at[k]).padStart(width), kind);
      add("VOL", amount(at[V])); add("VWAP", money(at[VWAP])); add("TRADES", amount(at[TRADES]));
      add("EMA38", money(at[E38]), "ema38"); add("EMA100", money(at[E100]), "ema100");
    }
    $("legend").replaceChildren(...parts);
    const last = rows.at(-1);
    const base = last && (rows.findLast((r) => day(r[T]) !== day(last[T]))?.[C] ?? rows[0][O]);
    const move = last ? last[C] - base : 0, kind = move < 0 ? "down" : "up";
    $("last").className = $("move").className = kind;
    text("last", last ? money(last[C]) : "");
    text("move", last ? `${move < 0 ? "▼" : "▲"} ${move < 0 ? "−" : "+"}${money(Math.abs(move))} (${(100 * Math.abs(move) / base).toFixed(2)}%)` : "");
    text("held", rows.length ? `${rows.length.toLocaleString("en-US")} bars · ${markers.length} signal${markers.length === 1 ? "" : "s"} · ${symbols.length.toLocaleString("en-US")} symbols` : "");
  }

  function cursor(event) {
    const view = models && rows.length && window.Bokeh.index.find_one(models.price);
    if (!view) return;
    const x = event && view.frame.x_scale.invert(event.clientX - $("price-pane").getBoundingClientRect().left);
    const at = event ? Math.round(Math.min(x, rows.at(-1)[N])) : null;
    if (at !== hovered) { hovered = at; legend(); }
  }

  // ---- honest state
  const WORDS = { live: "LIVE", idle: "FEED IDLE", stale: "STALE", loading: "LOADING", down: "KAFKA DOWN" };
  function status() {
    const silent = performance.now() - heard, lost = silent > LOST_MS;
    const state = lost ? "lost" : feed?.state ?? "loading";
    const late = !lost && feed?.state === "stale" ? ` ${age(feed.age)}` : "";
    $("badge").className = state;
    text("badge", lost ? "STALE · CONNECTION LOST" : (feed ? WORDS[state] : "CONNECTING") + late);
    text("feed", feed?.tick ? `last tick ${day(feed.tick)} ${hhmmss(feed.tick)}` + (feed.age == null ? "" : ` · received ${age(feed.age)} ago`) : "");
    $("empty").hidden = rows.length > 0 || lost;
    if (!rows.length) emptyWords();
    return silent;
  }

  function emptyWords() {
    const waiting = !feed || feed.state === "loading", none = !symbols.length;
    const head = waiting ? "loading…" : none ? "no data yet" : `no ${shown.interval ?? ""} bars of ${shown.symbol ?? "?"} yet`;
    const [title, hint, code] = [document.createElement("strong"), document.createElement("span"), document.createElement("code")];
    title.textContent = head;
    hint.textContent = waiting ? "" : none ? "run " : "choose another symbol ( / ) or run ";
    code.textContent = waiting ? "" : "tapedeck replay FILE";
    hint.append(code);
    if ($("empty").dataset.said !== head) { $("empty").replaceChildren(title, hint); $("empty").dataset.said = head; }
  }

  /* A page whose server was away reloads: Bokeh does not resend what was missed. */
  let probing = false;
  async function watch() {
    if (!models) attach();
    text("clock", `${new Date().toISOString().slice(0, 19).replace("T", " ")}`);
    if (status() < RELOAD_MS || probing) return;
    const before = Number(sessionStorage.getItem("reloaded") || 0);
    if (Date.now() - before < 15000) return;
    probing = true;
    try {
      const answer = await fetch("healthz", { cache: "no-store", signal: AbortSignal.timeout(2000) });
      if (answer.ok) { sessionStorage.setItem("reloaded", Date.now()); location.reload(); }
    } catch (error) { console.debug("server still away", error.name); } finally { probing = false; }
  }

  // ---- choosing
  function choose(change) {
    wanted = { symbol: change.symbol ?? shown.symbol ?? "", interval: change.interval ?? shown.interval ?? "" };
    if (models) ask();
  }

  function drawIntervals(now) {
    $("intervals").replaceChildren(...intervals.map((name) => {
      const button = document.createElement("button");
      button.type = "button"; button.textContent = name;
      button.setAttribute("aria-pressed", String(name === now));
      button.onclick = () => choose({ interval: name });
      return button;
    }));
  }

  function search(open) {
    const input = $("symbol"), list = $("matches"), word = input.value.trim().toLowerCase();
    const all = !open || word === (shown.symbol ?? "").toLowerCase() ? "" : word;
    const starts = symbols.filter((s) => s.toLowerCase().startsWith(all));
    const holds = all ? symbols.filter((s) => s.toLowerCase().indexOf(all) > 0) : [];
    matches = [...starts, ...holds].slice(0, 60);
    choice = all && matches.length ? 0 : -1;
    list.replaceChildren(...matches.map((name, k) => {
      const item = document.createElement("li");
      item.textContent = name; item.setAttribute("role", "option");
      item.className = k === choice ? "on" : "";
      item.onmousedown = (event) => { event.preventDefault(); pick(name); };
      return item;
    }));
    if (!matches.length) list.innerHTML = '<li class="none">no such symbol</li>';
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  }

  function pick(name) {
    $("symbol").value = name;
    search(false);
    $("symbol").blur();
    choose({ symbol: name });
  }

  function typed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && matches.length) {
      event.preventDefault();
      choice = (choice + step + matches.length) % matches.length;
      [...$("matches").children].forEach((item, k) => { item.className = k === choice ? "on" : ""; });
      $("matches").children[choice].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      const name = matches[Math.max(choice, 0)];
      if (name) pick(name);
    } else if (event.key === "Escape") $("symbol").blur();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const input = $("symbol");
    input.oninput = () => search(true);
    input.onfocus = () => { input.select(); search(true); };
    input.onblur = () => { search(false); input.value = shown.symbol ?? ""; };
    input.onkeydown = typed;
    $("live").onclick = () => goLive();
    const main = document.querySelector("main");
    main.ondblclick = () => models && goLive();
    main.onmousemove = cursor;
    main.onmouseleave = () => cursor(null);
    document.onkeydown = (event) => {
      if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
    };
    window.onresize = () => { if (models && rows.length) { ticks(); placeTag(); } };
    setInterval(watch, 250);
  });

  /* What is on screen, as plain values: for scripts and tests. */
  const view = () => ({
    ...shown, frames, resyncs, follow, symbols: symbols.length, feed, badge: $("badge").textContent,
    rows: rows.map((r) => r.slice()), markers: markers.length,
    drawn: models ? models.bars.data.n.length : 0, drawnMarks: models ? models.marks.data.n.length : 0,
    drawnClose: models ? Array.from(models.bars.data.c) : [], drawnNumbers: models ? Array.from(models.bars.data.n) : [],
    window: models ? [models.window.start, models.window.end] : null,
    tag: $("tag").textContent, y: models ? [models.y.start, models.y.end] : null,
  });
  return { view, timeLabel, priceLabel: (p) => money(p), volumeLabel: amount };
})();
