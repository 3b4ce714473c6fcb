/* What is asked for once, over HTTP: panel_app/data. */
const root = new URL("data/", document.baseURI);

export async function load(path, parameters = {}) {
  const url = new URL(path, root);
  for (const [name, value] of Object.entries(parameters)) if (value !== "" && value != null) url.searchParams.set(name, value);
  const answer = await fetch(url, { cache: "no-store" });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  throw new Error(problem.detail ?? answer.statusText);
}

export async function post(path, body) {
  const answer = await fetch(new URL(path, root), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail ?? answer.statusText);
  return found;
}

export const link = (path, parameters) => `${new URL(path, root)}?${new URLSearchParams(parameters)}`;

/* Run `work` now and every so many ms while `wanted()`; an error is handed to `failed`. */
export function every(ms, wanted, work, failed) {
  let busy = false;
  const turn = async () => {
    if (busy || !wanted()) return;
    busy = true;
    try { await work(); } catch (error) { failed(error); } finally { busy = false; }
  };
  setInterval(turn, ms);
  return turn;
}
