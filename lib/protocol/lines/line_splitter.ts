/**
 * Splits messages of several lines into single lines, as a line client would send them.
 * @module
 */
import type { Incoming, MessageReader } from "../incoming.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Reads from another reader, and returns each line of a message as a message. It splits one line at a time: split all at
 * once, lines of two letters take twelve times the memory of the text for as long as they wait.
 */
export class LineSplitter implements MessageReader {
  readonly #reader: MessageReader;
  /** The message being split. */
  #text: string | undefined;
  /** Where the next line begins; past the end if there is none. */
  #at = 0;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  push(chunk: Bytes): void {
    this.#reader.push(chunk);
  }

  next(): Incoming | undefined {
    if (this.#text !== undefined) {
      const line = this.#nextLine(this.#text);
      if (line !== undefined) return line;
      this.#text = undefined;
    }
    const item = this.#reader.next();
    if (typeof item !== "string" || !item.includes("\n")) return item;
    this.#text = item;
    this.#at = 0;
    return this.#nextLine(item);
  }

  takeExtras(): number {
    return this.#reader.takeExtras();
  }

  end(): void {
    this.#reader.end();
  }

  /** The remaining lines are ignored like the messages after them. */
  close(code: number, reason: string): Bytes | undefined {
    this.#text = undefined;
    return this.#reader.close?.(code, reason);
  }

  /** The next line, without its LF or CRLF; `undefined` after the last. The text after the last LF is a line too. */
  #nextLine(text: string): string | undefined {
    const start = this.#at;
    if (start > text.length) return undefined;
    const lf = text.indexOf("\n", start);
    const end = lf < 0 ? text.length : lf;
    this.#at = end + 1;
    const hasCr = lf > start && text[lf - 1] === "\r";
    return text.slice(start, hasCr ? end - 1 : end);
  }
}
