/* Small helpers over the document: no markup is ever built from data. */
export const $ = (id) => document.getElementById(id);
export const text = (element, value) => { if (element.textContent !== value) element.textContent = value; };

/* An element: attributes that start with "on" are listeners, children are text or elements. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export const cell = (value, kind = "") => make("td", { class: kind }, value);

/* A table whose body is replaced as a whole: for lists that change rarely. */
export function table(columns, rows, empty) {
  const head = make("tr", {}, ...columns.map(([name, kind = "", hint]) => make("th", { class: kind, title: hint, scope: "col" }, name)));
  const body = rows.length ? rows : [make("tr", {}, make("td", { colspan: columns.length, class: "none" }, ...[empty].flat()))];
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

/* What stands where nothing is there yet. */
export const nothing = () => make("p", { class: "none" }, "no data yet: run ", make("code", {}, "tapedeck replay FILE"));

export function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let lastSaid = 0;
/* For people who cannot see the chart: at most a sentence in five seconds. */
export function say(words) {
  if (performance.now() - lastSaid < 5000 || $("spoken").textContent === words) return;
  lastSaid = performance.now();
  $("spoken").textContent = words;
}
