/**
 * Several requests on one connection (RFC 9112 9.3), answered in order and within limits until one side closes.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { KEEP_ALIVE_TIMEOUT, MAX_REQUESTS } from "../../lib/server/http/http_exchange.ts";
import { SHARED_READ } from "../../lib/server/connection/read_buffers.ts";
import { FILES } from "../../lib/server/http/embedded_assets.ts";
import { closeFrame, frame, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { closeCode, handshake, TCP, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A client with a persistent connection. */
class HttpClient extends RawSocket {
  static override async connect(port: number): Promise<HttpClient> {
    return new HttpClient(await Deno.connect({ port, hostname: "127.0.0.1" }));
  }

  /** The next answer, as long as its head says. */
  async answer(method = "GET"): Promise<Answer> {
    const [statusLine = "", ...lines] = (await this.through("\r\n\r\n")).split("\r\n");
    const fields = new Map(lines.map((line) => line.split(": ", 2) as [string, string]));
    const length = method === "HEAD" ? 0 : Number(fields.get("content-length") ?? 0);
    const body = new TextDecoder().decode(await this.bytes(length));
    return { status: Number(statusLine.split(" ")[1]), fields, body };
  }

  async ask(path: string, method = "GET", ...fields: string[]): Promise<Answer> {
    await this.write(request(path, method, ...fields));
    return await this.answer(method);
  }
}

function request(path: string, method = "GET", ...fields: string[]): string {
  return [`${method} ${path} HTTP/1.1`, "Host: localhost", ...fields, "", ""].join("\r\n");
}

Deno.test("A connection serves one request after the other, without Connection: close", async () => {
  await using server = new TestServer();
  using client = await HttpClient.connect(server.port);
  const expected = [["/", 200], ["/app.js", 200], ["/nothing", 404], ["/healthz", 200]] as const;
  await eachInTurn(expected, async ([path, status]) => {
    const answer = await client.ask(path);
    assertEquals([answer.status, answer.fields.get("connection")], [status, undefined], path);
    if (path in FILES) assertEquals(answer.body, FILES[path]?.body);
  });
  assertEquals(server.server.counters.accepted, 1);
});

Deno.test("Responses without a body, to HEAD and with 304, are followed by the next one", async () => {
  await using server = new TestServer();
  using client = await HttpClient.connect(server.port);
  const { fields } = await client.ask("/", "HEAD");
  const tag = fields.get("etag") ?? "";
  assertEquals((await client.ask("/", "GET", `If-None-Match: ${tag}`)).status, 304);
  assertEquals((await client.ask("/icon.svg")).body, FILES["/icon.svg"]?.body);
});

Deno.test("Pipelined requests are answered in order, however they are split", async () => {
  await using server = new TestServer();
  const paths = ["/healthz", "/app.js", "/nothing", "/style.css"];
  const all = paths.map((path) => request(path)).join("");
  await eachInTurn([all.length, 1_000, 7], async (size) => {
    using client = await HttpClient.connect(server.port);
    await client.writeChopped(all, size);
    const answers: Answer[] = [];
    await eachInTurn(paths, async () => answers.push(await client.answer()));
    assertEquals(answers.map(({ status }) => status), [200, 200, 404, 200]);
    assertEquals(answers[3]?.body, FILES["/style.css"]?.body);
  });
});

Deno.test("A client that half-closes after its requests gets all responses, and then the end", async () => {
  await using server = new TestServer();
  using client = await HttpClient.connect(server.port);
  await client.write(request("/healthz") + request("/style.css") + request("/healthz"));
  await client.halfClose();
  const lengths: number[] = [];
  await times(3, async () => lengths.push((await client.answer()).body.length));
  assertEquals(lengths, [3, FILES["/style.css"]!.body.length, 3]);
  assertEquals(await client.restText(), "");
});

Deno.test("An incomplete second request gets an error", async () => {
  await using server = new TestServer();
  using client = await HttpClient.connect(server.port);
  await client.write(request("/healthz") + "GET /heal");
  await client.halfClose();
  assertEquals((await client.answer()).status, 200);
  const { status, fields } = await client.answer();
  assertEquals([status, fields.get("connection")], [400, "close"]);
  assertEquals(await client.restText(), "");
});

Deno.test("A request with Connection: close, HTTP/1.0 or a body is the last on its connection", async () => {
  await using server = new TestServer();
  const last = [
    request("/healthz", "GET", "Connection: close"),
    request("/healthz").replace("HTTP/1.1", "HTTP/1.0"),
    request("/healthz", "GET", "Content-Length: 5") + "hello",
    request("/healthz", "POST"),
    "GET / HTTP/1.1\r\n\r\n",
  ];
  await eachInTurn(last, async (request) => {
    using client = await HttpClient.connect(server.port);
    assertEquals((await client.ask("/healthz")).fields.get("connection"), undefined);
    await client.write(request);
    assertEquals((await client.answer()).fields.get("connection"), "close", request);
    assertEquals(await client.restText(), "", request);
  });
});

Deno.test(`A connection closes after ${MAX_REQUESTS} responses`, async () => {
  await using server = new TestServer();
  using client = await HttpClient.connect(server.port);
  await client.write(request("/healthz").repeat(MAX_REQUESTS + 50));
  await times(MAX_REQUESTS - 1, async (i) => {
    assertEquals((await client.answer()).fields.get("connection"), undefined, `${i}`);
  });
  assertEquals((await client.answer()).fields.get("connection"), "close");
  assertEquals(await client.restText(), "");
});

Deno.test("An idle connection is closed silently, after its timeout", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using client = await HttpClient.connect(server.port);
  assertEquals((await client.ask("/healthz")).status, 200);
  await server.settle();
  clock.advance(KEEP_ALIVE_TIMEOUT - 500);
  assertEquals((await client.ask("/healthz")).status, 200);
  await server.settle();
  clock.advance(KEEP_ALIVE_TIMEOUT - 500);
  await server.settle();
  clock.advance(750);
  assertEquals(await client.restText(), "");
  const { http, head, peer } = server.server.counters.closed;
  assertEquals([http > 0, head, peer], [true, 0, 0]);
});

Deno.test("A later request has --head-timeout for its head", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, headTimeout: 4 });
  using client = await HttpClient.connect(server.port);
  assertEquals((await client.ask("/healthz")).status, 200);
  await client.write("GET /healthz HTTP/1.1\r\n");
  await server.settle();
  clock.advance(3_500);
  await client.write("Host: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n");
  assertEquals((await client.answer()).status, 200);
  await server.settle();
  clock.advance(4_250);
  assertEquals((await client.answer()).status, 408);
  client.close();
  await until(() => server.server.counters.closed.head === 1, "it is counted as late");
});

Deno.test("A connection that has loaded a page can become a WebSocket, and is counted as one", async () => {
  await using server = new TestServer();
  const socket = await HttpClient.connect(server.port);
  assertEquals((await socket.ask("/")).status, 200);
  await socket.write(handshake());
  assertStringIncludes(await socket.through("\r\n\r\n"), "HTTP/1.1 101 ");
  using client = new WebSocketClient(socket);
  using other = await server.connect(TCP);
  await other.hearsNothing();
  await client.say("/name Alice", "hello");
  await client.hears("Username set to 'Alice'");
  await other.hears("[Alice]: hello");
  await client.send(closeFrame(1000));
  assertEquals(closeCode(await client.frame()), 1000);
  await client.socket.gone();
  client.socket.close();
  await until(() => server.server.counters.closed.peer === 1, "it is counted as a peer's");
});

Deno.test("The server stops reading requests while the client reads no responses", async () => {
  await using folder = new TempFolder();
  Deno.writeTextFileSync(folder.path("index.html"), "x".repeat(8_000_000)); // more than kernels hold
  await using server = new TestServer({ static: folder.path("") });
  using client = await HttpClient.connect(server.port);
  await client.write(request("/").repeat(MAX_REQUESTS / 2));
  await server.settle();
  const { receivedBytes } = server.server.counters;
  await client.write(request("/healthz").repeat(1_000)); // the kernel takes that much
  await server.settle();
  const read = server.server.counters.receivedBytes - receivedBytes;
  assert(read < SHARED_READ + 1_000, `${read} bytes were read`); // one read, and what settles
});

Deno.test("A server that shuts down closes idle connections silently", async () => {
  const server = new TestServer();
  using client = await HttpClient.connect(server.port);
  assertEquals((await client.ask("/healthz")).status, 200);
  await server.settle();
  const closing = server.shutdown();
  assertEquals(await client.restText(), "");
  client.close();
  await closing;
});

Deno.test("A connection of a trusted proxy closes after one request, since the next may be of another client", async () => {
  await using server = new TestServer({ trustProxy: "127.0.0.1" });
  using client = await HttpClient.connect(server.port);
  assertEquals((await client.ask("/healthz")).fields.get("connection"), "close");
  assertEquals(await client.restText(), "");
});

/**
 * Regression, with a GET and a handshake in one packet: the session took over while a read was pending, whose buffer went
 * back to the pool with the kernel still writing into it. The next client to borrow that buffer sent what this one had
 * sent, operator commands included. (`TestServer` fails when a buffer is written to after it was given back.)
 */
Deno.test("A handshake after other requests loses no bytes after it, and does not mix with other clients' input", async () => {
  await using server = new TestServer({ echo: true });
  const get = request("/healthz", "GET", `X: ${"x".repeat(4_500)}`);
  const mixes: ReadonlyArray<readonly [string, number]> = [
    [get, 1],
    [get + request("/app.js"), 2],
    [request("/healthz", "HEAD") + get, 2],
    [get + "\r\n" + request("/nothing") + request("/", "OPTIONS"), 3],
  ];
  await eachInTurn(mixes, async ([requests, count]) => {
    using client = await HttpClient.connect(server.port);
    await times(6, () => client.ask("/healthz", "GET", `X: ${"x".repeat(12_000)}`)); // reads grow
    const messages = Array.from({ length: 700 }, (_, i) => `message ${i} ${"y".repeat(200)}`);
    const frames = messages.map((message) => frame(TEXT, message));
    await client.write(concat(utf8(requests + handshake()), ...frames.slice(0, 600)));
    await times(count, async (i) => {
      const isHead = requests.startsWith("HEAD") && i === 0;
      assert([200, 204, 404].includes((await client.answer(isHead ? "HEAD" : "GET")).status));
    });
    assertEquals((await client.answer()).status, 101);
    const webSocket = new WebSocketClient(client);
    await webSocket.hears(...messages.slice(0, 600));
    await webSocket.send(...frames.slice(600));
    await webSocket.hears(...messages.slice(600));
    using witness = await server.connect(TCP);
    const lines = messages.map((message) => message.replace("message", "line"));
    await witness.say(...lines);
    await witness.hears(...lines);
  });
});

Deno.test("A client that leaves in the middle of its requests does not keep a shared buffer", async () => {
  await using server = new TestServer({ echo: true });
  const big = request("/healthz", "GET", `X: ${"x".repeat(12_000)}`);
  const endings = [
    big,
    big + handshake(),
    big + handshake() + "y".repeat(70_000),
    "x".repeat(70_000),
    request("/", "POST", "Content-Length: 70000") + "y".repeat(70_000),
  ];
  await times(3, () =>
    eachInTurn(endings, async (last) => {
      const client = await HttpClient.connect(server.port);
      await times(6, () => client.ask("/healthz", "GET", `X: ${"x".repeat(12_000)}`));
      await client.write(last);
      client.close();
    }));
  await server.settle();
  using witness = await server.connect(TCP);
  const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i} ${"y".repeat(200)}`);
  await witness.say(...lines);
  await witness.hears(...lines);
});
