/**
 * Whether a server is well: what `/readyz` and `/healthz` say.
 * @module
 */

/** Says what is wrong at the moment, in a few words; `undefined` if nothing is. */
export type Check = () => string | undefined;

export class Health {
  readonly #checks: readonly Check[];

  /** @param checks Each stands for one reason not to send new clients here. */
  constructor(checks: readonly Check[]) {
    this.#checks = checks;
  }

  /** Why no new client should be sent here at the moment; none if one may. */
  get problems(): string[] {
    return this.#checks.map((check) => check()).filter((problem) => problem !== undefined);
  }
}
