/**
 * The lines of a text that is there whole, as a WebSocket message is.
 *
 * One at a time: cut all at once, lines of two letters take twelve times as much as the text, for as long as they wait.
 * @module
 */

export class TextLines {
  readonly #text: string;
  /** Where the next line begins; behind the text if there is none. */
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next line, without its LF or CRLF; `undefined` behind the last. What is behind the last LF is a line too. */
  next(): string | undefined {
    const start = this.#at;
    if (start > this.#text.length) return undefined;
    const lf = this.#text.indexOf("\n", start);
    const end = lf < 0 ? this.#text.length : lf;
    this.#at = end + 1;
    const hasCr = lf > start && this.#text[lf - 1] === "\r";
    return this.#text.slice(start, hasCr ? end - 1 : end);
  }
}
