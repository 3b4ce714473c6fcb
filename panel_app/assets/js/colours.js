/* Colours by theme and palette; the palette "blind" is blue and orange (Okabe and Ito 2008). */
import { state } from "./state.js";

const PALETTES = { usual: { up: "#2ebd85", down: "#f6465d" }, blind: { up: "#56b4e9", down: "#e69f00" } };
const LIGHT = { usual: { up: "#0a7d54", down: "#c8283d" }, blind: { up: "#0072b2", down: "#b35c00" } };
const THEMES = {
  dark: { back: "#0b0e13", grid: "#1a2029", text: "#8b95a5", ink: "#d6dce5", flat: "#8b95a5" },
  light: { back: "#ffffff", grid: "#e6e9ee", text: "#5b6572", ink: "#1b222c", flat: "#6b7686" },
};

export const colours = () => ({ ...THEMES[state.theme], ...(state.theme === "light" ? LIGHT : PALETTES)[state.palette] });

/* The style sheet reads the choice from the root element. */
export function paintPage() {
  const root = document.documentElement, now = colours();
  root.dataset.theme = state.theme;
  root.style.setProperty("--up", now.up);
  root.style.setProperty("--down", now.down);
}

export function paintChart(figures) {
  const now = colours();
  for (const figure of figures) {
    figure.setv({ background_fill_color: now.back, border_fill_color: now.back, outline_line_color: now.grid });
    for (const part of [...figure.left, ...figure.right, ...figure.below, ...figure.above]) {
      if ("major_label_text_color" in part) part.major_label_text_color = now.text;
    }
    for (const part of figure.center) if ("grid_line_color" in part) part.grid_line_color = now.grid;
  }
}
