/**
 * Light or dark. index.html applies what was chosen before, so that a page in the wrong colours is never seen.
 * @module
 */

export type ThemeName = "system" | "light" | "dark";

const KEY = "backchannel.theme";

const NAMES: readonly ThemeName[] = ["system", "light", "dark"];

export function current(): ThemeName {
  try {
    const stored = localStorage.getItem(KEY);
    return NAMES.find((name) => name === stored) ?? "system";
  } catch {
    return "system"; // storage can be forbidden
  }
}

function apply(name: ThemeName) {
  const root = document.documentElement;
  if (name === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = name;
}

export function choose(value: string) {
  const name = NAMES.find((known) => known === value) ?? "system";
  apply(name);
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // It is chosen for as long as the page is open.
  }
}
