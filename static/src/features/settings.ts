/**
 * The settings: a light or dark appearance, and notifications.
 * @module
 */
import { byId, store } from "../view/dom.ts";
import { addFeature } from "../view/features.ts";

/** A script in index.html reads the same key and applies the theme before the page is drawn. */
const theme = store("local", "theme");

addFeature(() => {
  const stored = theme.load();
  const current = stored === "light" || stored === "dark" ? stored : "system";
  for (const choice of document.querySelectorAll("#settings input[name=theme]")) {
    if (!(choice instanceof HTMLInputElement)) continue;
    choice.checked = choice.value === current;
    choice.addEventListener("change", () => applyTheme(choice.value));
  }
});

function applyTheme(name: string) {
  const root = document.documentElement;
  if (name === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = name;
  theme.save(name);
}

addFeature(({ notifier }) => {
  const field = byId("notify", HTMLInputElement);
  const hint = byId("notify-hint", HTMLElement);

  function show() {
    field.checked = notifier.on;
    field.disabled = !notifier.possible;
    hint.hidden = notifier.possible;
  }

  field.addEventListener("change", async () => {
    await notifier.turn(field.checked);
    show();
  });
  show();
});
