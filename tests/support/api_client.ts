/**
 * A client of the HTTP API: requests over raw sockets, one on each connection, and readers of event streams.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { concat, utf8 } from "../protocol/reading.ts";
import { RawSocket } from "./raw_socket.ts";

/** What an answer to a request is. */
export interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
  // deno-lint-ignore no-explicit-any -- tests compare what they get
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  /** By default that of the client; `""` for none. */
  readonly token?: string;
  readonly fields?: readonly string[];
  readonly body?: string | Uint8Array;
}

/** An event as it is in the stream. */
export interface StreamedEvent {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: string;
  // deno-lint-ignore no-explicit-any -- tests compare what they get
  readonly data?: any;
  /** Whether it is a comment. */
  readonly comment?: string;
}

export class ApiClient {
  constructor(readonly port: number, readonly token: string) {}

  /** The head of a request to a path below /api/. */
  head(path: string, { method = "GET", token = this.token, fields = [] }: Ask = {}): string {
    const authorization = token === "" ? [] : [`Authorization: Bearer ${token}`];
    return [
      `${method} /api/${path} HTTP/1.1`,
      "Host: localhost",
      ...authorization,
      ...fields,
      "",
      "",
    ].join("\r\n");
  }

  /** Sends a request, and reads the response until the connection ends. */
  async ask(path: string, ask: Ask = {}): Promise<Answer> {
    const { body = "", fields = [] } = ask;
    const bytes = typeof body === "string" ? utf8(body) : body;
    const all = [...fields, "Connection: close"];
    if (bytes.length > 0 && !fields.some((field) => /^transfer-encoding:/i.test(field))) {
      all.push(`Content-Length: ${bytes.length}`);
    }
    using socket = await RawSocket.connect(this.port);
    await socket.write(concat(utf8(this.head(path, { ...ask, fields: all })), bytes));
    return await readAnswer(socket);
  }

  /** Posts a text as curl does it. */
  post(room: string, body: string | Uint8Array, ...fields: string[]): Promise<Answer> {
    const type = fields.some((field) => /^content-type:/i.test(field))
      ? []
      : ["Content-Type: application/x-www-form-urlencoded"];
    return this.ask(`rooms/${room}/messages`, {
      method: "POST",
      body,
      fields: [...type, ...fields],
    });
  }

  postJson(room: string, body: unknown, ...fields: string[]): Promise<Answer> {
    return this.post(room, JSON.stringify(body), "Content-Type: application/json", ...fields);
  }

  /** Opens a stream of a room, and reads its first event. */
  async events(room: string, ...fields: string[]): Promise<EventReader> {
    const socket = await RawSocket.connect(this.port);
    await socket.write(this.head(`rooms/${room}/events`, { fields }));
    return await EventReader.open(socket);
  }
}

/** Reads a response whose body ends with the connection. */
export async function readAnswer(socket: RawSocket): Promise<Answer> {
  const { status, fields } = await readHead(socket);
  const body = await socket.restText();
  const length = fields.get("content-length");
  if (length !== undefined && body !== "") assertEquals(utf8(body).length, Number(length));
  return {
    status,
    fields,
    body,
    get json() {
      return JSON.parse(body);
    },
  };
}

async function readHead(socket: RawSocket): Promise<Pick<Answer, "status" | "fields">> {
  const [statusLine = "", ...lines] = (await socket.through("\r\n\r\n")).split("\r\n");
  assertMatch(statusLine, /^HTTP\/1\.1 \d{3} [A-Z][A-Za-z ]+$/);
  const fields = new Map(lines.map((line) => {
    assertMatch(line, /^[a-z-]+: \S.*$/);
    const at = line.indexOf(": ");
    return [line.slice(0, at), line.slice(at + 2)] as const;
  }));
  assertEquals(fields.size, lines.length, "No field twice");
  return { status: Number(statusLine.split(" ")[1]), fields };
}

/** A reader of an event stream. */
export class EventReader implements Disposable {
  constructor(
    readonly socket: RawSocket,
    readonly fields: ReadonlyMap<string, string>,
    /** The event `subscribed`. */
    readonly first: StreamedEvent,
  ) {}

  static async open(socket: RawSocket): Promise<EventReader> {
    const { status, fields } = await readHead(socket);
    if (status !== 200) throw new Error(`Got ${status}: ${await socket.restText()}`);
    const first = parseEvent(await socket.through("\n\n"));
    assertEquals(first.event, "subscribed");
    return new EventReader(socket, fields, first);
  }

  /** The next event or comment. */
  async next(): Promise<StreamedEvent> {
    return parseEvent(await this.socket.through("\n\n"));
  }

  /** The text of the next event, which must be a message. */
  async message(): Promise<string> {
    const { event, data } = await this.next();
    assertEquals(event, undefined, JSON.stringify(data));
    assertEquals(data.type, "message");
    return data.text;
  }

  /** All events until the server ends the stream. */
  async rest(): Promise<StreamedEvent[]> {
    const text = await this.socket.restText();
    return text.split("\n\n").filter((part) => part !== "").map(parseEvent);
  }

  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function parseEvent(text: string): StreamedEvent {
  const event: Record<string, unknown> = {};
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^([a-z]*): (.*)$/.exec(line) ?? [];
    if (name === "" && !line.startsWith(":")) throw new Error(`Not a field: ${line}`);
    event[name === "" ? "comment" : name] = name === "data" ? JSON.parse(value) : value;
  }
  return event;
}

/** Checks that an answer is an error as RFC 9457 has it. */
export function assertProblem(
  answer: Answer,
  status: number,
  detail: string | RegExp,
  code?: string,
): void {
  assertEquals(answer.status, status, answer.body);
  assertEquals(answer.fields.get("content-type"), "application/problem+json");
  assertEquals(answer.fields.get("cache-control"), "no-store");
  const { type, title, status: repeated, detail: shown, code: given, ...rest } = answer.json;
  assertEquals([type, repeated, given, rest], ["about:blank", status, code, {}]);
  assert(title.length > 0);
  if (typeof detail === "string") assertEquals(shown, detail);
  else assertMatch(shown, detail);
}
