/**
 * A temporary folder of one test.
 * @module
 */
export class TempFolder implements AsyncDisposable {
  #folder: string | undefined;

  /** A path in the folder, which is created at the first call. */
  path(name: string): string {
    this.#folder ??= Deno.makeTempDirSync({ prefix: "backchannel-" });
    return `${this.#folder}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}
