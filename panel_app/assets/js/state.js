/* What the person has chosen: in the URL, so that every state is a link; tastes are remembered too. */
/* A phone, where the watchlist covers the page that a link leads to. */
export const narrow = () => matchMedia("(max-width:820px)").matches;
const DEFAULTS = {
  page: "chart", symbol: "", interval: "", type: "candles", panes: "volume", lines: "ema38,ema100", log: "0",
  theme: "dark", palette: "usual", tz: "utc", rate: "0.25", sound: "0", list: narrow() ? "0" : "1",
};
const CHOICES = {
  page: ["chart", "symbol", "grid", "alerts", "performance", "system"], type: ["candles", "line", "ha"], log: ["0", "1"],
  theme: ["dark", "light"], palette: ["usual", "blind"], tz: ["utc", "local", "exchange"], rate: ["0.25", "0.5", "1", "2", "5"],
  sound: ["0", "1"], list: ["0", "1"],
};
const TASTES = ["theme", "palette", "tz", "rate", "sound", "type", "panes", "lines", "list"];
const listeners = [];
const fits = (name, value) => value != null && (!CHOICES[name] || CHOICES[name].includes(value));

function remembered() {
  try { return JSON.parse(localStorage.getItem("tapedeck") || "{}"); } catch { return {}; }
}

function read() {
  const query = new URLSearchParams(location.search), kept = remembered(), found = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) {
    if (TASTES.includes(name) && fits(name, kept[name])) found[name] = String(kept[name]);
    if (fits(name, query.get(name))) found[name] = query.get(name);
  }
  return found;
}

export const state = read();
export const list = (name) => state[name].split(",").filter(Boolean);

export function onChange(listener) { listeners.push(listener); }

/* Change some of it and tell everyone which; the URL follows. `push`: a step that Back undoes. */
export function set(changes, push = false) {
  const changed = Object.keys(changes).filter((name) => fits(name, changes[name]) && state[name] !== changes[name]);
  if (!changed.length) return;
  for (const name of changed) state[name] = changes[name];
  write(push);
  for (const listener of listeners) listener(new Set(changed));
}

function write(push) {
  const url = new URL(location);
  for (const [name, value] of Object.entries(state)) {
    if (value === DEFAULTS[name] && !["symbol", "interval"].includes(name)) url.searchParams.delete(name);
    else if (value) url.searchParams.set(name, value);
  }
  history[push ? "pushState" : "replaceState"](null, "", url);
  try { localStorage.setItem("tapedeck", JSON.stringify(Object.fromEntries(TASTES.map((name) => [name, state[name]])))); } catch (error) { console.debug("nothing is remembered here", error.name); }
}

window.addEventListener("popstate", () => {
  const back = read(), changed = Object.keys(back).filter((name) => back[name] !== state[name]);
  Object.assign(state, back);
  for (const listener of listeners) listener(new Set(changed));
});
