/**
 * The body of one request while it is read from a connection: collected, or passed on as a stream.
 * @module
 */
import { type BodyDecoder, bodyLength, createBodyDecoder } from "../../protocol/http/body.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { CollectBody, Reply } from "./answer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The first memory for a body whose length is not known, in bytes. */
const FIRST_BYTES = 1_024;

/**
 * The most memory that is set aside for the length that a client states, in bytes. More is taken as it arrives, so that a
 * thousand clients that announce bodies and send nothing take little.
 */
const MAX_ADVANCE = 4_096;

/** Up to so many bytes are copied one by one: a view for `set` would take longer. */
const MAX_LOOP = 32;

const NOTHING: Bytes = new Uint8Array(0);

export interface Upload {
  /** Whether input should be read. */
  readonly wantsInput: boolean;
  /** Whether some of the body has arrived. */
  readonly hasBegun: boolean;
  /** Whether the body has ended. */
  readonly isComplete: boolean;
  /**
   * Takes input. Returns the number of bytes that belong to the body: all of them, unless the body ends before.
   *
   * @throws {RequestError} If the body is invalid or too long.
   */
  push(bytes: Bytes): number;
  /** Called when the rest of the body will not be read. */
  fail(error: unknown): void;
}

/** Collects a body. */
export class CollectedUpload implements Upload {
  readonly wantsInput = true;
  hasBegun = false;
  readonly #plan: CollectBody;
  readonly #decoder: BodyDecoder;
  #buffer: Bytes;
  #length = 0;

  /** @throws {RequestError} 413 if the body says that it is longer than the plan allows. */
  constructor(head: RequestHead, plan: CollectBody) {
    this.#plan = plan;
    this.#decoder = createBodyDecoder(head, plan.maxLength);
    this.#buffer = new Uint8Array(Math.min(bodyLength(head) ?? FIRST_BYTES, MAX_ADVANCE));
  }

  get isComplete(): boolean {
    return this.#decoder.isComplete;
  }

  /** Passes the whole body on. */
  respond(): Reply | Promise<Reply> {
    return this.#plan.respond(this.#content);
  }

  push(bytes: Bytes): number {
    this.hasBegun ||= bytes.length > 0;
    return this.#decoder.push(bytes, this.#append);
  }

  fail(): void {
    this.#buffer = NOTHING;
    this.#length = 0;
  }

  get #content(): Bytes {
    return this.#buffer.subarray(0, this.#length);
  }

  readonly #append = (source: Bytes, from: number, to: number): void => {
    const length = this.#length + to - from;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      grown.set(this.#content);
      this.#buffer = grown;
    }
    if (to - from > MAX_LOOP) this.#buffer.set(source.subarray(from, to), this.#length);
    else for (let i = from; i < to; i++) this.#buffer[this.#length + i - from] = source[i]!;
    this.#length = length;
  };
}

/** Passes a body on as a stream, which is read from the connection as fast as somebody reads the stream. */
export class StreamedUpload implements Upload {
  readonly stream: ReadableStream<Bytes>;
  hasBegun = false;
  readonly #decoder: BodyDecoder;
  #controller!: ReadableStreamDefaultController<Bytes>;
  #wanted = false;
  /** Whether the last input had content, so that the stream says when it wants more. */
  #hasContent = false;
  /** Whether the stream was cancelled or has failed. */
  #isOver = false;

  /**
   * @param onWanted Called when input is wanted, after none was.
   * @throws {RequestError} 413 if the body says that it is longer than `maxLength` bytes.
   */
  constructor(head: RequestHead, maxLength: number, onWanted: () => void) {
    this.#decoder = createBodyDecoder(head, maxLength);
    this.stream = new ReadableStream<Bytes>({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        this.#wanted = true;
        onWanted();
      },
      cancel: () => void (this.#isOver = true),
    }, { highWaterMark: 0 }); // the client is not asked to continue before the body is wanted
    if (this.#decoder.isComplete) this.#controller.close();
  }

  get wantsInput(): boolean {
    return this.#wanted;
  }

  get isComplete(): boolean {
    return this.#decoder.isComplete;
  }

  push(bytes: Bytes): number {
    this.hasBegun ||= bytes.length > 0;
    this.#hasContent = false;
    const wanted = this.#wanted;
    this.#wanted = false;
    const consumed = this.#decoder.push(bytes, this.#enqueue);
    if (this.#isOver) this.#wanted = true; // nobody reads the stream any more, so the rest is dropped
    else if (this.isComplete) this.#controller.close();
    else if (!this.#hasContent) this.#wanted = wanted;
    return consumed;
  }

  fail(error: unknown): void {
    if (this.#isOver || this.isComplete) return;
    this.#isOver = true;
    this.#controller.error(error);
  }

  readonly #enqueue = (source: Bytes, from: number, to: number): void => {
    this.#hasContent = true;
    if (!this.#isOver) this.#controller.enqueue(source.slice(from, to));
  };
}
