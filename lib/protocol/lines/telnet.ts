/**
 * Decodes the lines of a telnet client: text with telnet commands in between (RFC 854).
 *
 * Every option is refused: without options, telnet sends whole lines (RFC 854, "General Considerations"). Refusals must be
 * sent because clients wait for them. After Ctrl-C, Debian's telnet shows nothing until its TIMING-MARK is answered
 * (RFC 860). Refusals of the client (WONT, DONT) are never answered, so that negotiation cannot loop (RFC 854).
 * @module
 */
import type { Incoming } from "../incoming.ts";
import { Utf8Validator } from "../../text/decode.ts";
import { TextLineStream } from "./text_line_stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const NUL = 0x00, LF = 0x0a, CR = 0x0d;

/** The commands of RFC 854, and of RFC 1184 (EOF, SUSP, ABORT). */
const EOF = 236, SUSP = 237, ABORT = 238, SE = 240, DM = 242, BRK = 243, IP = 244, AO = 245;
const AYT = 246, EC = 247, EL = 248, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254;
const IAC = 255;

/** The lowest byte that is a command after an IAC. */
const FIRST_COMMAND = EOF;

/** RFC 860: the answer to this option means that all earlier input has been handled. */
const TIMING_MARK = 6;

/**
 * The longest subnegotiation that is accepted, in bytes. Terminal types and sizes take a dozen, an environment some hundred.
 * A longer one is taken as text, or else an unterminated one would silence its sender.
 */
export const MAX_SUBNEGOTIATION = 1_024;

/** Visible evidence that the server is up, as AYT requests (RFC 854). */
const HERE = new TextEncoder().encode("Notice: The server is here\n");

const NOTHING: Bytes = new Uint8Array(0);

/**
 * The byte that a client turned into a command, if the command arrives within a character. Debian's telnet ignores the
 * highest bit when it looks for control keys, and sends the Cyrillic letter D1 8F as D1 IAC AO.
 */
const KEYS: ReadonlyMap<number, number> = new Map([
  [IP, 0x83], // Ctrl-C
  [EOF, 0x84], // Ctrl-D
  [EC, 0x88], // Ctrl-H
  [AO, 0x8f], // Ctrl-O
  [AYT, 0x94], // Ctrl-T
  [EL, 0x95], // Ctrl-U
  [SUSP, 0x9a], // Ctrl-Z
  [BRK, 0x9c], // Ctrl-\
  [ABORT, 0x9c],
]);

/** Commands that a client may follow with a Synch: IAC DM, where the DM is urgent data. */
const INTERRUPTS: ReadonlySet<number> = new Set([IP, AO, AYT, BRK, ABORT, SUSP]);

/** The position of the stream within a command. */
type State = "text" | "command" | "option" | "subnegotiation" | "subcommand";

/**
 * A {@linkcode TextLineStream} of the text between telnet commands. Each command is one item, with its answer, if any. Thus
 * answers are in order with the replies to the lines, and each command can be charged for.
 *
 * CR NUL ends a line as CR LF does (RFC 1123 3.3.1). EC and EL erase a character, or all, of the unfinished line.
 *
 * A byte 255 never occurs in UTF-8. It stays in the text if no command follows, if it is escaped (`IAC IAC`), or if it
 * began an unterminated subnegotiation; then the line is refused as invalid UTF-8.
 */
export class TelnetLineStream extends TextLineStream {
  #state: State = "text";
  /** The command whose option follows. */
  #verb = 0;
  #swallowed = 0;
  /** Whether the next IAC may be that of a Synch. Its DM never arrives, since sockets deliver urgent data out of band. */
  #synch = false;
  /** Whether the last byte of text is a CR. */
  #behindCr = false;
  /** A chunk with commands. */
  #rest = NOTHING;
  #at = 0;
  /** The position of its next IAC. It is kept because searching for it after each CR NUL takes quadratic time. */
  #iac = -1;
  #ended = false;
  /** The buffer for a byte of text that is not in the chunk. */
  readonly #single: Bytes = new Uint8Array(1);

  override push(chunk: Bytes): void {
    if (this.#state === "text" && !chunk.includes(IAC) && !chunk.includes(NUL)) {
      this.#synch = false;
      this.#behindCr = chunk.at(-1) === CR;
      return super.push(chunk);
    }
    this.#rest = chunk;
    this.#at = 0;
    this.#iac = -1;
  }

  override end(): void {
    this.#ended = true;
    if (this.#rest.length === 0) super.end();
  }

  override next(): Incoming | undefined {
    for (;;) {
      const item = super.next() ?? (this.#rest.length === 0 ? undefined : this.#advance());
      if (item !== undefined || this.#rest.length === 0) return item;
      if (this.#at === this.#rest.length) {
        this.#rest = NOTHING;
        if (this.#ended) super.end();
      }
    }
  }

  /** Handles one piece of text, which it passes to `super`, or one byte of a command. */
  #advance(): Incoming | undefined {
    if (this.#at === this.#rest.length) return undefined;
    if (this.#state === "text") return this.#text();
    const byte = this.#rest[this.#at++]!;
    switch (this.#state) {
      case "command":
        return this.#command(byte);
      case "option":
        this.#state = "text";
        return this.#negotiate(this.#verb, byte);
      case "subnegotiation":
      case "subcommand":
        return this.#subnegotiate(byte);
    }
  }

  /** Passes on the text up to the next command or CR NUL. */
  #text(): undefined {
    const start = this.#at;
    if (this.#rest[start] === NUL && this.#behindCr) {
      this.#at++;
      return this.#put(LF);
    }
    const end = this.#endOfText(start);
    this.#at = end;
    if (this.#rest[end] === IAC) {
      this.#at++;
      this.#state = "command";
    }
    if (end === start) return;
    this.#synch = false;
    this.#behindCr = this.#rest[end - 1] === CR;
    super.push(this.#rest.subarray(start, end));
  }

  /** The end of the text that begins at `start`: an IAC, the NUL of a CR NUL, or the end of the chunk. */
  #endOfText(start: number): number {
    if (this.#iac < start) {
      const iac = this.#rest.indexOf(IAC, start);
      this.#iac = iac < 0 ? this.#rest.length : iac;
    }
    const text = this.#rest.subarray(start, this.#iac);
    let nul = text.indexOf(NUL);
    while (nul >= 0 && text[nul - 1] !== CR) nul = text.indexOf(NUL, nul + 1);
    return nul < 0 ? this.#iac : start + nul;
  }

  #put(byte: number): undefined {
    this.#behindCr = false;
    this.#single[0] = byte;
    super.push(this.#single);
  }

  /** Handles the byte after an IAC. */
  #command(byte: number): Incoming | undefined {
    if (byte >= WILL && byte <= DONT) {
      this.#verb = byte;
      this.#state = "option";
    } else if (byte === SB) {
      this.#swallowed = 0;
      this.#state = "subnegotiation";
    } else if (byte !== IAC && byte >= FIRST_COMMAND) {
      this.#state = "text";
      return this.#run(byte);
    } else this.#notCommand(byte);
    return undefined;
  }

  /** Handles a byte after an IAC that is not a command. */
  #notCommand(byte: number): void {
    if (this.#synch && byte === IAC) return; // the IAC of a Synch; this one begins a command
    this.#state = "text";
    if (!this.#synch) this.#put(IAC);
    if (byte !== IAC) this.#at--; // it is text, and may be a NUL after a CR
  }

  /** Handles a command without an option. */
  #run(command: number): Incoming {
    this.#synch = INTERRUPTS.has(command);
    if (this.#restore(command)) return { type: "telnet" };
    switch (command) {
      case AYT:
        return { type: "telnet", answer: HERE };
      case AO: // RFC 854 asks for a Synch, which is incomplete without urgent data
        return { type: "telnet", answer: Uint8Array.of(IAC, DM) };
      case EC:
        this.eraseCharacter();
        break;
      case EL:
        this.eraseLine();
    }
    return { type: "telnet" };
  }

  /** Restores the byte of a character that the client turned into `command`. Returns whether it was one. */
  #restore(command: number): boolean {
    const byte = KEYS.get(command);
    if (byte === undefined || !continues(this.tail, byte)) return false;
    this.#put(byte);
    return true;
  }

  /** Refuses an option, except TIMING-MARK: all earlier input has been handled. */
  #negotiate(verb: number, option: number): Incoming {
    this.#synch = verb === DO && option === TIMING_MARK;
    if (verb === WILL) return { type: "telnet", answer: Uint8Array.of(IAC, DONT, option) };
    if (verb !== DO) return { type: "telnet" };
    const answer = option === TIMING_MARK ? WILL : WONT;
    return { type: "telnet", answer: Uint8Array.of(IAC, answer, option) };
  }

  /** Skips a byte of a subnegotiation. A command that cannot be part of it ends it (RFC 855). */
  #subnegotiate(byte: number): Incoming | undefined {
    if (this.#state === "subcommand") {
      if (byte === SE) {
        this.#state = "text";
        return { type: "telnet" };
      }
      if (byte > SE && byte !== IAC) return this.#command(byte);
      this.#state = "subnegotiation";
    } else if (byte === IAC) this.#state = "subcommand";
    if (++this.#swallowed > MAX_SUBNEGOTIATION) {
      this.#state = "text";
      this.#put(IAC);
    }
    return undefined;
  }
}

/** Whether `tail`, the end of an unfinished line, ends within a character that `byte` may continue. */
function continues(tail: Uint8Array, byte: number): boolean {
  const lead = tail.findLastIndex((each) => each < 0x80 || each >= 0xc0);
  if (lead < 0 || tail[lead]! < 0xc0) return false;
  const validator = new Utf8Validator();
  return validator.write(tail.subarray(lead)) && !validator.complete &&
    validator.write(Uint8Array.of(byte));
}
