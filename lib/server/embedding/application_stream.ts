/**
 * The responses of an application: their header fields, and their content as it is written to a client.
 * @module
 */
import type { ResponseStream } from "../http/answer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Fields that are the server's business: the connection, the framing of the content, and the date (RFC 9110 7.6.1). */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
]);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The fields of a response, without those that are the server's business. */
export function fieldsOf(
  { status, headers }: Response,
): Array<readonly [name: string, value: string]> {
  return Array.from(headers).filter(([name]) =>
    !OWN_FIELDS.has(name) && (name !== "upgrade" || status === 426)
  ).map(([name, value]) => [name, toText(value)] as const);
}

/** A value as text. `Headers` has a character for each byte, and the server encodes text in UTF-8. */
function toText(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return decoder.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
  } catch {
    return value; // Latin-1
  }
}

/** The length that a response states for its content. */
export function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

export interface ApplicationStreamOptions {
  readonly length: number | undefined;
  /** Called once if the content fails. */
  readonly onFailed: (error: unknown) => void;
  /** Called once at the end; `whole` is whether all of the content was taken. */
  readonly onClosed: (whole: boolean) => void;
}

/** The content of a response, which is read from its stream as fast as the client takes it: one part is read ahead. */
export class ApplicationStream implements ResponseStream {
  readonly length: number | undefined;
  state: ResponseStream["state"] = "open";
  readonly #options: ApplicationStreamOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Bytes | undefined;
  #flush: (() => void) | undefined;
  #isClosed = false;

  constructor(content: ReadableStream<Uint8Array>, options: ApplicationStreamOptions) {
    this.length = options.length;
    this.#options = options;
    this.#reader = content.getReader();
  }

  start(flush: () => void): void {
    this.#flush = flush;
    this.#read();
  }

  take(): Bytes | undefined {
    const chunk = this.#chunk;
    if (chunk === undefined) return undefined;
    this.#chunk = undefined;
    this.#read();
    return chunk;
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A response to HEAD has no content to take.
    this.#options.onClosed(this.state === "ended" || this.#flush === undefined);
    this.#reader.cancel().catch(() => {}); // it has failed, and that was reported
  }

  #read(): void {
    if (this.state !== "open") return;
    this.#reader.read().then(this.#onRead, this.#onFailed);
  }

  readonly #onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void => {
    if (this.#isClosed) return;
    if (done) this.state = "ended";
    else if (value instanceof Uint8Array) this.#chunk = value as Bytes;
    else return this.#onFailed(new TypeError("The content of the response is not of bytes"));
    this.#flush?.();
  };

  readonly #onFailed = (error: unknown): void => {
    if (this.#isClosed) return;
    this.state = "failed";
    this.#options.onFailed(error);
    this.#flush?.();
  };
}
