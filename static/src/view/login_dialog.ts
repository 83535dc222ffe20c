/**
 * The dialog that asks for a password or token, if the server lets nobody in without one.
 * @module
 */
import { createProblem } from "./dialogs.ts";
import * as dom from "./dom.ts";

export function createLoginDialog() {
  const dialog = dom.byId("login-dialog", HTMLDialogElement);
  const field = dom.byId("login-field", HTMLInputElement);
  const submit = dom.byId("login-submit", HTMLButtonElement);
  const showProblem = createProblem(field, "login-problem");
  let answer: (secret: string | undefined) => void = () => {};

  function cancel() {
    dialog.close();
    answer(undefined);
  }

  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value === "") return showProblem("Enter the password or token");
    submit.disabled = true;
    answer(field.value);
  });
  // The Escape key.
  dialog.addEventListener("cancel", () => answer(undefined));
  dom.byId("login-cancel", HTMLButtonElement).addEventListener("click", cancel);

  return {
    /** Asks for a secret. Resolves with `undefined` if the user gives none. */
    ask(problem: string): Promise<string | undefined> {
      answer(undefined); // an earlier question
      submit.disabled = false;
      field.value = "";
      if (!dialog.open) dialog.showModal();
      field.focus();
      showProblem(problem);
      return new Promise((resolve) => answer = resolve);
    },
    /** Closes the dialog after the server accepted the secret, or when none is needed any more. */
    close() {
      field.value = "";
      dialog.close();
      answer(undefined);
    },
  };
}
