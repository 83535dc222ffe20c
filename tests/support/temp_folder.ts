/**
 * A folder of a test's own, gone when the test is over.
 * @module
 */
export class TempFolder implements AsyncDisposable {
  #folder: string | undefined;

  /** A path in it; the folder is there from now on. */
  path(name: string): string {
    this.#folder ??= Deno.makeTempDirSync({ prefix: "backchannel-" });
    return `${this.#folder}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}
