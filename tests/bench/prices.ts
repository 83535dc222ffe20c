/**
 * The cost of the worst known inputs: the longest time that each command and each parser blocks the event loop.
 *
 * ```sh
 * deno run -A tests/bench/prices.ts                  # this project
 * deno run -A tests/bench/prices.ts ../old ../new    # two checkouts side by side
 * deno run -A tests/bench/prices.ts --only search    # rows with this word
 * ```
 *
 * Each row is the quietest of some rounds, in ms, since others use the machine too. Limits on how much a client may send
 * are off, so that the cost is seen and not the limit; that of how long a message is stands at its default.
 */
import { delay } from "@std/async";
import { pathToFileURL } from "node:url";
import { secretKey, signToken } from "../support/tokens.ts";
import { outgoing } from "./load/wire.ts";

const ROUNDS = 3;

const encoder = new TextEncoder();

/** A server in a separate process. */
class Held implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #in: WritableStreamDefaultWriter<Uint8Array>;
  port = 0;

  constructor(root: string, options: object) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("hold/server.ts", import.meta.url).pathname, root]
        .concat(JSON.stringify(options)),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#in = this.#child.stdin.getWriter();
  }

  async start(): Promise<void> {
    this.port = Number((await this.#lines.read()).value);
  }

  /** The longest time that the loop was held since this was asked before. */
  async longest(): Promise<number> {
    await this.#in.write(encoder.encode("\n"));
    return Number((await this.#lines.read()).value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#in.close().catch(() => {});
    await this.#child.status;
  }
}

/** A client that takes all that comes. */
class Client {
  #conn!: Deno.TcpConn;
  #seen = "";
  #wanted = "";
  #found: (() => void) | undefined;
  #isOver = false;

  static async line(port: number): Promise<Client> {
    const client = new Client();
    client.#conn = await Deno.connect({ port });
    void client.#read();
    return client;
  }

  static async socket(port: number, protocol?: string): Promise<Client> {
    const client = await Client.line(port);
    await client.write(
      "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
        (protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`) + "\r\n",
    );
    await client.sees("\r\n\r\n");
    return client;
  }

  static json(port: number): Promise<Client> {
    return Client.socket(port, "backchannel.v1.json");
  }

  async write(data: string | Uint8Array): Promise<void> {
    let bytes = typeof data === "string" ? encoder.encode(data) : data;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
    } catch {
      // It was refused, and closed.
    }
  }

  frame(text: string): Promise<void> {
    return this.write(outgoing("ws", text));
  }

  json(request: object): Promise<void> {
    return this.frame(JSON.stringify(request));
  }

  /** Waits until this has come, and forgets all up to it. */
  async sees(text: string): Promise<void> {
    this.#wanted = text;
    while (!this.#seen.includes(text) && !this.#isOver) {
      await new Promise<void>((resolve) => this.#found = resolve);
    }
    this.#seen = this.#seen.slice(this.#seen.indexOf(text) + text.length);
  }

  /** Waits until all that was sent is answered. */
  async settle(isFramed = false): Promise<void> {
    await (isFramed ? this.frame("/fence") : this.write("/fence\n"));
    await this.sees("fence");
  }

  close(): void {
    this.#conn.close();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    try {
      for (let n = await this.#conn.read(buffer); n !== null; n = await this.#conn.read(buffer)) {
        this.#seen += decoder.decode(buffer.subarray(0, n), { stream: true });
        if (this.#seen.includes(this.#wanted)) this.#found?.();
        else this.#seen = this.#seen.slice(-Math.max(1, this.#wanted.length));
      }
    } catch {
      // It is closed.
    }
    this.#isOver = true;
    this.#found?.();
  }
}

/** Prepares the server, and gives what is to be measured. */
type Setup = (port: number) => Promise<() => Promise<unknown>>;

interface Row {
  readonly what: string;
  readonly input: string;
  readonly options?: object;
  readonly setup: Setup;
}

/** As long as a message may be. */
const MESSAGE = 4_096;

/** Bytes sent at once: as many as the server reads at once. The server refuses them if they are longer than a line may be. */
const LINE = 65_000;

const connected = <T>(count: number, connect: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, connect));

const all = (clients: readonly Client[], act: (client: Client, i: number) => Promise<unknown>) =>
  Promise.all(clients.map(act));

/** A room of 1,000 messages, and `count` clients who ask the same. */
function inRoomOf(text: string, count: number, line: string): Setup {
  return async (port) => {
    const speaker = await Client.line(port);
    for (let i = 0; i < 1_000; i++) await speaker.write(text + "\n");
    await speaker.settle();
    await delay(1_500); // until it is written
    const clients = await connected(count, () => Client.line(port));
    return () => all(clients, (client) => client.write(line + "\n").then(() => client.settle()));
  };
}

/** What one client sends at once, each time another: it may be disconnected for it. */
function sentAs(kind: "line" | "socket" | "json", data: string | Uint8Array): Setup {
  const bytes = typeof data === "string" && kind !== "line" ? outgoing("ws", data) : data;
  return (port) =>
    Promise.resolve(async () => {
      const client = await Client[kind](port);
      await client.write(bytes);
      await client.settle(kind !== "line");
      client.close();
    });
}

function repeated(piece: Uint8Array, bytes: number): Uint8Array {
  const whole = new Uint8Array(Math.floor(bytes / piece.length) * piece.length);
  for (let at = 0; at < whole.length; at += piece.length) whole.set(piece, at);
  return whole;
}

/** Many people, each in rooms that have people already. */
function people(count: number, rooms: (i: number) => readonly string[], more = ""): Setup {
  return async (port) => {
    const members: Client[] = [];
    for (let i = 0; i < count; i += 50) {
      const few = await connected(Math.min(50, count - i), () => Client.json(port));
      await all(few, async (client, k) => {
        await client.frame(`/name p${i + k}`);
        for (const room of rooms(i + k)) await client.json({ type: "join", room });
        if (more !== "") await client.frame(more);
        await client.settle(true);
      });
      members.push(...few);
    }
    return () => Promise.resolve(members);
  };
}

const AB = "a b ".repeat(MESSAGE / 4 - 1);
const TALL = Array(200).fill("x").join("\r");
const frame = (first: number, payload: number[] = []) =>
  Uint8Array.of(first, 0x80 | payload.length, 0, 0, 0, 0, ...payload);

const nested = (open: string, close: string) => {
  const depth = Math.floor((LINE - 100) / (open.length + close.length));
  return `{"type":"message","x":${open.repeat(depth)}1${close.repeat(depth)},"text":"/fence"}`;
};

const JWT_SECRET = "0123456789abcdef0123456789abcdef";
const JWT = await signToken(
  secretKey(JWT_SECRET),
  { sub: "x".repeat(256), name: "\u0344".repeat(100) },
  `{"alg":"HS256","x":${'{"":'.repeat(200)}1${"}".repeat(200)}}`,
);

const API_TOKEN = "0123456789abcdef0123456789abcdef";

/** The options of a server with the HTTP API. */
const API = {
  apiTokens: [{ name: "api", token: API_TOKEN, read: ["*"], write: ["*"] }],
  apiRate: 0,
  maxPayload: LINE,
};

const CHUNKED = "Content-Type: text/plain\r\nTransfer-Encoding: chunked";
const FORM = "Content-Type: application/x-www-form-urlencoded";
const JSON_TYPE = "Content-Type: application/json";
const TEXT_TYPE = "Content-Type: text/plain";

function getting(path: string, fields = "X: x"): string {
  return `GET /api/${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${API_TOKEN}\r\n` +
    `Connection: close\r\n${fields}\r\n\r\n`;
}

function posted(fields: string, body: string, room = "dev"): string {
  const length = fields === CHUNKED ? "" : `\r\nContent-Length: ${encoder.encode(body).length}`;
  return getting(`rooms/${room}/messages`, fields + length).replace("GET", "POST") + body;
}

/** The last answer to requests that `count` clients make at once; each reads up to its end, or to `mark`. */
async function asked(port: number, count: number, request: string, mark = ""): Promise<string> {
  const answers = await connected(count, async () => {
    using conn = await Deno.connect({ port });
    const writing = (async () => {
      let bytes = encoder.encode(request);
      while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
    })();
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    let text = "";
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
      text += decoder.decode(buffer.subarray(0, n), { stream: true });
      if (mark !== "" && text.includes(mark)) break;
    }
    await writing;
    return text;
  });
  return answers.at(-1) ?? "";
}

/** A row about people, in which one of them then does something. */
function crowd(
  what: string,
  input: string,
  setup: Setup,
  act: (client: Client, port: number, round: number) => Promise<unknown>,
): Row {
  return {
    what,
    input,
    setup: async (port) => {
      const prepared = await setup(port);
      const members = await prepared() as Client[];
      let round = 0;
      return () => act(members[0]!, port, round++);
    },
  };
}

const ROWS: readonly Row[] = [
  { what: "nothing", input: "", setup: () => Promise.resolve(() => Promise.resolve()) },
  {
    what: "/search, a phrase",
    input: "64 clients, a-a-a-a-a-a-a-a in 1,000 of 4 kB `a b`",
    setup: inRoomOf(AB, 64, "/search a-a-a-a-a-a-a-a"),
  },
  {
    what: "/search, 16 words",
    input: "64 clients, none found",
    setup: inRoomOf("a b c d e f g h i j k l m n o p", 64, "/search a b c d e f g h i j k l m n z"),
  },
  {
    what: "/search, one phrase",
    input: "1 client, b-a-a-b in 1,000 of 4 kB `a b`",
    setup: inRoomOf(AB, 1, "/search b-a-a-b"),
  },
  {
    what: "/search behind a flood",
    input: "2,000 messages of 60 new words",
    setup: async (port) => {
      const client = await Client.line(port);
      let word = 0;
      return async () => {
        const line = () => Array.from({ length: 60 }, () => (word++).toString(36)).join(" ");
        await client.write(Array.from({ length: 2_000 }, line).join("\n") + "\n/search a\n");
        await client.settle();
      };
    },
  },
  {
    what: "/history, tall",
    input: "100 messages of 200 lines",
    setup: async (port) => {
      const client = await Client.line(port);
      for (let i = 0; i < 200; i++) await client.write(TALL + "\n");
      await client.settle();
      return async () => {
        await client.write("/history 100\n");
        await client.settle();
      };
    },
  },
  {
    what: "history, JSON",
    input: "200 messages of 4 kB quotation marks",
    setup: async (port) => {
      const client = await Client.json(port);
      for (let i = 0; i < 200; i++) {
        await client.frame(`{"type":"message","text":"${'\\"'.repeat(4_000)}"}`);
      }
      await client.settle(true);
      return async () => {
        await client.json({ type: "history", limit: 200 });
        await client.settle(true);
      };
    },
  },
  {
    what: "history, 64 clients",
    input: "each 10 pages of 200 messages of 4 kB at once",
    setup: async (port) => {
      const client = await Client.json(port);
      for (let i = 0; i < 200; i++) await client.frame("x".repeat(MESSAGE));
      await client.settle(true);
      const others = await connected(64, () => Client.json(port));
      return () =>
        all(others, async (other) => {
          for (let i = 0; i < 10; i++) await other.json({ type: "history", limit: 200 });
          await other.settle(true);
        });
    },
  },
  {
    what: "join, since 0",
    input: "1,000 messages of 1 kB missed",
    setup: async (port) => {
      const client = await Client.json(port);
      await client.json({ type: "join", room: "dev" });
      for (let i = 0; i < 1_000; i++) {
        await client.json({ type: "message", text: "x".repeat(1_000), room: "dev" });
      }
      await client.settle(true);
      await client.json({ type: "history", limit: 1, room: "dev" });
      return async () => {
        await client.json({ type: "leave", room: "dev" });
        await client.json({ type: "join", room: "dev", since: { epoch: "x", offset: 0 } });
        await client.settle(true);
      };
    },
  },
  crowd(
    "/list",
    "4,000 people, each away with 100 letters",
    people(4_000, () => [], "/away " + "\u4e00".repeat(100)),
    async (client) => {
      await client.frame("/list");
      await client.settle(true);
    },
  ),
  crowd(
    "/rooms",
    "6,400 rooms",
    people(400, (i) => Array.from({ length: 16 }, (_, k) => `r${i}-${k}`)),
    async (client) => {
      await client.frame("/rooms");
      await client.settle(true);
    },
  ),
  crowd(
    "/away, /name",
    "in 15 rooms of 450",
    people(450, () => Array.from({ length: 15 }, (_, k) => `r${k}`)),
    async (client, _, round) => {
      for (let i = 0; i < 8; i++) {
        await client.frame(`/away ${round} ${i}`);
        await client.frame(`/name q${round}-${i}`);
      }
      await client.settle(true);
    },
  ),
  crowd(
    "leave",
    "100 of 450 in 15 rooms break off, 100 come",
    people(450, () => Array.from({ length: 15 }, (_, k) => `r${k}`)),
    async (client, port, round) => {
      const few = await connected(100, () => Client.json(port));
      await all(few, async (one, i) => {
        await one.frame(`/name z${round}-${i}`);
        for (let k = 0; k < 15; k++) await one.json({ type: "join", room: `r${k}` });
      });
      for (const one of few) one.close();
      await client.settle(true);
    },
  ),
  {
    what: "connect",
    input: "1,000 line clients at once",
    setup: (port) =>
      Promise.resolve(async () => {
        for (const client of await connected(1_000, () => Client.line(port))) client.close();
      }),
  },
  {
    what: "handshake",
    input: "500 WebSockets at once",
    setup: (port) =>
      Promise.resolve(async () => {
        for (const client of await connected(500, () => Client.json(port))) client.close();
      }),
  },
  {
    what: "/login",
    input: "32 line clients of one user, each with a token of nested objects",
    options: { jwtKey: JWT_SECRET },
    setup: (port) =>
      Promise.resolve(async () => {
        const clients = await connected(32, () => Client.line(port));
        await all(clients, async (client) => {
          await client.write(`/login ${JWT}\n`);
          await client.settle();
        });
        for (const client of clients) client.close();
      }),
  },
  {
    what: "/topic",
    input: "64 kB of control characters",
    setup: sentAs("line", `/topic ${"\x9d".repeat(LINE / 2 - 10)}\n`),
  },
  {
    what: "/away",
    input: "64 kB of broken escapes",
    setup: sentAs("line", `/away ${"\x1b[0;".repeat(LINE / 4 - 10)}\n`),
  },
  {
    what: "message",
    input: "64 kB of broken escapes",
    setup: sentAs("line", `x${"\x1b[0;".repeat(LINE / 4 - 10)}\n`),
  },
  {
    what: "message",
    input: "64 kB of combining marks",
    setup: sentAs("line", `x${"\u0301".repeat(LINE / 2 - 10)}\n`),
  },
  {
    what: "message",
    input: "64 kB of black flags and tags",
    setup: sentAs("line", `x${"\u{1f3f4}\u{e0041}".repeat(LINE / 8 - 10)}\n`),
  },
  {
    what: "message",
    input: "64 kB of line breaks",
    setup: sentAs("line", `x${"\r".repeat(LINE - 10)}\n`),
  },
  {
    what: "/name",
    input: "64 kB of combining marks",
    setup: sentAs("line", `/name x${"\u0301\u0323".repeat(LINE / 4 - 10)}\n`),
  },
  {
    what: "/join",
    input: "64 kB of combining marks",
    setup: sentAs("line", `/join x${"\u0301\u0323".repeat(LINE / 4 - 10)}\n`),
  },
  {
    what: "/whisper",
    input: "to a name of 64 kB of combining marks",
    setup: sentAs("line", `/whisper x${"\u0301\u0323".repeat(LINE / 4 - 20)} x\n`),
  },
  {
    what: "unknown command",
    input: "64 kB of control characters",
    setup: sentAs("line", `/${"\x9d".repeat(LINE / 2 - 10)}\n`),
  },
  { what: "line", input: "64 kB of white space", setup: sentAs("line", `${" ".repeat(LINE)}\n`) },
  { what: "JSON", input: "64 kB of [[[[", setup: sentAs("json", "[".repeat(LINE)) },
  { what: "JSON", input: "nested arrays", setup: sentAs("json", nested("[", "]")) },
  { what: "JSON", input: "nested objects", setup: sentAs("json", nested('{"a":', "}")) },
  {
    what: "JSON",
    input: "an array of 32,000",
    setup: sentAs("json", nested("1,", "").replace(":1,", ":[1,").replace(',"text"', '],"text"')),
  },
  {
    what: "JSON",
    input: "a string of escapes",
    setup: sentAs("json", `{"type":"message","text":"${"\\u0001".repeat(10_000)}"}`),
  },
  {
    what: "JSON",
    input: "10,000 members",
    setup: sentAs("json", `{${Array.from({ length: 6_000 }, (_, i) => `"k${i}":1`).join()}}`),
  },
  {
    what: "telnet",
    input: "64 kB of IAC WILL",
    setup: sentAs("line", repeated(Uint8Array.of(255, 251, 1), LINE)),
  },
  {
    what: "telnet",
    input: "64 kB of IAC NOP",
    setup: sentAs("line", repeated(Uint8Array.of(255, 241), LINE)),
  },
  {
    what: "telnet",
    input: "64 kB of subnegotiations",
    setup: sentAs("line", repeated(Uint8Array.of(255, 250, 24, 255, 240), LINE)),
  },
  { what: "lines", input: "32,000 empty", setup: sentAs("line", "\n".repeat(32_000)) },
  { what: "lines", input: "10,000 messages", setup: sentAs("line", "x\n".repeat(10_000)) },
  { what: "lines", input: "10,000 commands", setup: sentAs("line", "/stats\n".repeat(10_000)) },
  {
    what: "frames",
    input: "64 kB of empty messages",
    setup: sentAs("socket", repeated(frame(0x81), LINE)),
  },
  {
    what: "frames",
    input: "64 kB of empty fragments",
    setup: sentAs(
      "socket",
      new Uint8Array([...frame(0x01), ...repeated(frame(0x00), LINE), ...frame(0x80)]),
    ),
  },
  {
    what: "frames",
    input: "64 kB of pings",
    setup: sentAs("socket", repeated(frame(0x89, [1]), LINE)),
  },
  { what: "frames", input: "64 kB of pongs", setup: sentAs("socket", repeated(frame(0x8a), LINE)) },
  {
    what: "frames",
    input: "a message of 64 kB of line breaks",
    setup: sentAs("socket", "\n".repeat(LINE)),
  },
  {
    what: "HTTP",
    input: "1,000 requests in a row",
    setup: (port) =>
      Promise.resolve(async () => {
        const client = await Client.line(port);
        await client.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(999));
        await client.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        await client.sees("nothing more, but the end");
      }),
  },
  {
    what: "API",
    input: "64 clients with a body of 64 kB of chunks of one byte",
    options: API,
    setup: (port) =>
      Promise.resolve(() =>
        asked(port, 64, posted(CHUNKED, `${"1\r\n \r\n".repeat(10_000)}0\r\n\r\n`))
      ),
  },
  {
    what: "API",
    input: "64 clients with a form of 64 kB of fields",
    options: API,
    setup: (port) => Promise.resolve(() => asked(port, 64, posted(FORM, "&a".repeat(32_000)))),
  },
  {
    what: "API",
    input: "64 clients with 64 kB of JSON, nested",
    options: API,
    setup: (port) =>
      Promise.resolve(() =>
        asked(port, 64, posted(JSON_TYPE, "[".repeat(32_000) + "]".repeat(32_000)))
      ),
  },
  {
    what: "API",
    input: "64 clients with a page of 200 messages of 4 kB",
    options: API,
    setup: async (port) => {
      for (let i = 0; i < 200; i++) await asked(port, 1, posted(TEXT_TYPE, "\u20ac".repeat(1_300)));
      return () => asked(port, 64, getting("rooms/dev/messages?limit=200"));
    },
  },
  {
    what: "API",
    input: "64 clients with the list of rooms, of 1,000",
    options: API,
    setup: async (port) => {
      for (let i = 0; i < 1_000; i++) await asked(port, 1, posted(TEXT_TYPE, "x", `room${i}`));
      return () => asked(port, 64, getting("rooms"));
    },
  },
  {
    what: "API",
    input: "64 clients with the description",
    options: API,
    setup: (port) => Promise.resolve(() => asked(port, 64, getting("openapi.json"))),
  },
  {
    what: "API",
    input: "64 streams that missed 500 messages of 200 bytes",
    options: API,
    setup: async (port) => {
      await asked(port, 1, posted(TEXT_TYPE, "first"));
      const page = await asked(port, 1, getting("rooms/dev/messages"));
      const [, epoch] = /"epoch":"([^"]+)"/.exec(page) ?? [];
      for (let i = 0; i < 500; i++) await asked(port, 1, posted(TEXT_TYPE, "x".repeat(200)));
      return () =>
        asked(port, 64, getting("rooms/dev/events", `Last-Event-ID: ${epoch}:1`), '"id":501,');
    },
  },
];

const OPEN = {
  rate: 0,
  maxClients: 100_000,
  idleTimeout: 0,
  heartbeat: 0,
  writeTimeout: 0,
};

async function measure(root: string, { setup, options = {} }: Row): Promise<number> {
  await using server = new Held(root, { ...OPEN, ...options });
  await server.start();
  const act = await setup(server.port);
  const rounds: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    await delay(50);
    await server.longest();
    await act();
    const longest = await server.longest();
    if (i > 0) rounds.push(longest); // the first one compiles
  }
  return Math.min(...rounds);
}

const only = Deno.args.includes("--only") ? Deno.args[Deno.args.indexOf("--only") + 1]! : "";
const given = Deno.args.filter((arg) => !arg.startsWith("--") && arg !== only);
const roots = given.length === 0
  ? [new URL("../../", import.meta.url).href]
  : given.map((path) => pathToFileURL(`${path}/`).href);

console.log(
  `| command or parser | worst input | ${roots.map((_, i) => `ms (${i + 1})`).join(" | ")} |`,
);
console.log(`| --- | --- | ${roots.map(() => "---:").join(" | ")} |`);
for (const row of ROWS) {
  if (!`${row.what} ${row.input}`.includes(only)) continue;
  const longest: string[] = [];
  for (const root of roots) longest.push((await measure(root, row)).toFixed(1));
  console.log(`| ${row.what} | ${row.input} | ${longest.join(" | ")} |`);
}
Deno.exit();
