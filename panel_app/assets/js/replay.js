/* Speed and pause of the replay that feeds the page, when it runs on this machine. */
import { post } from "./data.js";
import { $, text } from "./page.js";
import { stamp } from "./words.js";

let replay = null;

export function takeReplay(frame) {
  if (!("replay" in frame)) return;
  replay = frame.replay;
  $("replay").hidden = !replay;
  if (!replay) return;
  text($("replay-pause"), replay.paused ? "▶ go on" : "❚❚ pause");
  text($("replay-at"), "");
  $("replay").title = replay.clock ? `the tape is at ${stamp(replay.clock)}` : "";
  if (document.activeElement !== $("replay-speed")) $("replay-speed").value = replay.speed ?? "";
}

async function wish(what) {
  try { await post("replay", what); } catch (error) { text($("replay-at"), error.message); }
}

export const pauseReplay = () => replay && wish({ paused: !replay.paused });

export function attachReplay() {
  $("replay-pause").onclick = pauseReplay;
  $("replay-speed").onchange = () => { const speed = Number($("replay-speed").value); if (speed > 0) wish({ speed }); };
}
