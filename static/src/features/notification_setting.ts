/**
 * The switch among the settings that turns notifications on and off.
 * @module
 */
import { byId } from "../view/dom.ts";
import { onPage } from "../view/page.ts";

onPage(({ notifier }) => {
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
