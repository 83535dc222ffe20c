/**
 * The choice between light and dark among the settings.
 * @module
 */
import { onPage } from "../view/page.ts";
import * as theme from "../view/theme.ts";

onPage(() => {
  for (const choice of document.querySelectorAll("#settings input[name=theme]")) {
    if (!(choice instanceof HTMLInputElement)) continue;
    choice.checked = choice.value === theme.current();
    choice.addEventListener("change", () => theme.choose(choice.value));
  }
});
