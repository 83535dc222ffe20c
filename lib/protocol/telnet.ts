/**
 * Lines out of what a telnet client sends: PuTTY and others begin with questions about the terminal (RFC 854), which are
 * to be neither answered nor said.
 *
 * Not to answer is right, if not polite: an option is off as long as nobody has agreed to it (RFC 854, "General
 * Considerations"), and with all of them off telnet sends whole lines.
 * @module
 */
import { TextLineStream } from "./text_line_stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The least byte that is a command behind an IAC: end of file (RFC 1184). From SE, 240, on they are of RFC 854. */
const FIRST_COMMAND = 236;
const SE = 240, SB = 250, WILL = 251, DONT = 254, IAC = 255;

/**
 * The longest subnegotiation that is swallowed, in bytes. Terminal types and sizes take a dozen, an environment some
 * hundred; what is longer was none, and must not make its sender mute.
 */
export const MAX_SUBNEGOTIATION = 1_024;

/** Where in a command the stream stands. */
type State = "text" | "command" | "option" | "subnegotiation" | "subcommand";

/**
 * A {@linkcode TextLineStream} of the text between telnet commands.
 *
 * A byte 255 never occurs in UTF-8. One that no command follows is handed on, and so is one that stands for itself
 * (`IAC IAC`) or began a subnegotiation without an end: then the line is not valid UTF-8, and its sender is told so.
 */
export class TelnetLineStream extends TextLineStream {
  #state: State = "text";
  #swallowed = 0;
  #extras = 0;

  override push(chunk: Bytes): void {
    super.push(this.#state === "text" && !chunk.includes(IAC) ? chunk : this.#strip(chunk));
  }

  override takeExtras(): number {
    const extras = this.#extras;
    this.#extras = 0;
    return extras;
  }

  #strip(chunk: Bytes): Bytes {
    // One more, for an IAC at the end of the last chunk that turns out to be text.
    const text = new Uint8Array(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      switch (this.#state) {
        case "text":
          if (byte === IAC) this.#state = "command";
          else text[length++] = byte;
          break;
        case "command":
          this.#state = this.#behindIac(byte);
          if (this.#state !== "text" || (byte >= FIRST_COMMAND && byte !== IAC)) break;
          text[length++] = IAC;
          if (byte !== IAC) text[length++] = byte;
          break;
        case "option":
          this.#state = "text";
          break;
        case "subnegotiation":
        case "subcommand":
          this.#state = this.#inSubnegotiation(byte);
          if (this.#swallowed > MAX_SUBNEGOTIATION) text[length++] = IAC;
      }
    }
    return text.subarray(0, length);
  }

  #behindIac(byte: number): State {
    this.#extras++;
    if (byte === SB) {
      this.#swallowed = 0;
      return "subnegotiation";
    }
    return byte >= WILL && byte <= DONT ? "option" : "text";
  }

  #inSubnegotiation(byte: number): State {
    if (this.#state === "subcommand" && byte === SE) return "text";
    if (++this.#swallowed > MAX_SUBNEGOTIATION) return "text";
    return this.#state === "subnegotiation" && byte === IAC ? "subcommand" : "subnegotiation";
  }
}
