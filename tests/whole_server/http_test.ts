/**
 * HTTP on the port of the chat, over raw sockets: responses, refusals, and input that is not HTTP.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FILES } from "../../lib/server/http/embedded_assets.ts";
import { closeFrame, frame, PING, PONG, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import {
  ACCEPT,
  closeCode,
  handshake,
  KEY,
  LineClient,
  TCP,
  WebSocketClient,
} from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { projectPath } from "../support/paths.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

async function readAnswer(socket: RawSocket): Promise<Answer> {
  const head = await socket.through("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  assertMatch(statusLine, /^HTTP\/1\.1 \d{3} [A-Z][A-Za-z ]+$/);
  const fields = new Map(lines.map((line) => {
    assertMatch(line, /^[a-z-]+: \S.*$/);
    return line.split(": ", 2) as [string, string];
  }));
  assertEquals(fields.size, lines.length, "No field twice");
  return { status: Number(statusLine.split(" ")[1]), fields, body: await socket.restText() };
}

/** Sends raw bytes, and reads the response until the connection ends. */
async function ask(server: TestServer, request: string | Uint8Array): Promise<Answer> {
  using socket = await RawSocket.connect(server.port);
  await socket.write(request);
  return await readAnswer(socket);
}

function get(target: string, ...fields: string[]): string {
  const all = ["Host: localhost", "Connection: close", ...fields];
  return [`GET ${target} HTTP/1.1`, ...all, "", ""].join("\r\n");
}

async function status(server: TestServer, request: string | Uint8Array): Promise<number> {
  return (await ask(server, request)).status;
}

/** Checks that HTTP left no trace in the chat. */
async function assertNoTrace(server: TestServer, clients = 1): Promise<void> {
  const connected = server.log.filter(({ message }) => message.startsWith("Connected"));
  assertEquals(connected.length, clients - 1);
  using client = await server.connect(TCP);
  await client.asks("/list", "No users online");
  await client.say("/stats");
  const count = `Total connections: ${clients} | Active connections: ${clients} |`;
  assertStringIncludes(await client.line(), count);
}

// The page

Deno.test("GET serves the page and its files", async () => {
  await using server = new TestServer();
  const types: Record<string, string> = {
    html: "text/html; charset=utf-8",
    js: "text/javascript; charset=utf-8",
    css: "text/css; charset=utf-8",
    svg: "image/svg+xml",
  };
  const served = Object.keys(FILES);
  for (const path of ["/", "/index.html", "/app.js", "/style.css", "/icon.svg", "/favicon.ico"]) {
    assert(served.includes(path), path);
  }
  await eachInTurn(served, async (path) => {
    const { status, fields, body } = await ask(server, get(path));
    const file = { "/": "index.html", "/favicon.ico": "icon.svg" }[path] ?? path.slice(1);
    const expected = await Deno.readTextFile(projectPath(`static/${file}`));
    assertEquals(status, 200, path);
    assertEquals(body, expected, path);
    assertEquals(fields.get("content-length"), String(utf8(expected).length));
    assertEquals(fields.get("content-type"), types[file.split(".").at(-1)!]);
    assertEquals(fields.get("connection"), "close");
    assertEquals(fields.get("x-content-type-options"), "nosniff");
    assertStringIncludes(fields.get("content-security-policy") ?? "", "default-src 'none'");
    assertEquals(fields.get("cache-control"), "no-cache");
    assertMatch(fields.get("etag") ?? "", /^"[\w-]+"$/);
  });
  await assertNoTrace(server);
});

Deno.test("GET /healthz answers 200 and is not cached", async () => {
  await using server = new TestServer();
  const { status, fields, body } = await ask(server, get("/healthz"));
  assertEquals([status, body], [200, "ok\n"]);
  assertEquals(fields.get("cache-control"), "no-store");
  await assertNoTrace(server);
});

Deno.test("HEAD gets the head of GET without a body", async () => {
  await using server = new TestServer();
  await eachInTurn(["/", "/app.js", "/healthz", "/nothing"], async (path) => {
    const whole = await ask(server, get(path));
    const head = await ask(server, get(path).replace("GET", "HEAD"));
    assertEquals(head.body, "");
    assertEquals([head.status, [...head.fields.keys()]], [whole.status, [...whole.fields.keys()]]);
    for (const [name, value] of whole.fields) {
      if (name !== "date") assertEquals(head.fields.get(name), value, name);
    }
  });
});

Deno.test("A refused HEAD gets no body either", async () => {
  await using server = new TestServer();
  const requests = {
    400: "HEAD / HTTP/1.1\r\n\r\n",
    431: get("/", `Cookie: ${"x".repeat(20_000)}`).replace("GET", "HEAD"),
    505: "HEAD / HTTP/2.0\r\nHost: a\r\n\r\n",
  };
  await eachInTurn(Object.entries(requests), async ([expected, request]) => {
    const { status, body, fields } = await ask(server, request);
    assertEquals([String(status), body], [expected, ""]);
    assert(Number(fields.get("content-length")) > 0);
  });
});

Deno.test("Every response but 101 has a date", async () => {
  await using server = new TestServer();
  const requests = [
    get("/"),
    get("/", "If-None-Match: *"),
    get("/nothing"),
    get("/").replace("GET", "HEAD"),
    "GET / HTTP/1.1\r\n\r\n",
    handshake({ "Sec-WebSocket-Version": "8" }),
  ];
  await eachInTurn(requests, async (request) => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const date = (await ask(server, request)).fields.get("date") ?? "";
    // RFC 9110 5.6.7: IMF-fixdate.
    assertMatch(date, /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
    assert(before <= Date.parse(date) && Date.parse(date) <= Date.now(), date);
  });
});

Deno.test("GET with a known ETag answers 304 without a body", async () => {
  await using server = new TestServer();
  const etag = (await ask(server, get("/"))).fields.get("etag")!;
  const tags = [etag, `W/${etag}`, `"other", ${etag}`, "*"];
  await eachInTurn(tags, async (tag) => {
    const { status, fields, body } = await ask(server, get("/", `If-None-Match: ${tag}`));
    assertEquals([status, body, fields.get("etag")], [304, "", etag]);
    assertEquals(fields.get("cache-control"), "no-cache");
  });
  assertEquals(await status(server, get("/", 'If-None-Match: "other"')), 200);
});

Deno.test("The query and the absolute form of a target lead to the same page", async () => {
  await using server = new TestServer();
  const targets = [
    "/healthz?",
    "/healthz?a=/b",
    "http://localhost/healthz",
    "HTTP://localhost:8080/healthz?x",
  ];
  await eachInTurn(targets, async (target) => {
    assertEquals((await ask(server, get(target))).body, "ok\n", target);
  });
  assertEquals(await status(server, get("http://localhost")), 200);
});

Deno.test("An unknown path answers 404", async () => {
  await using server = new TestServer();
  const targets = ["/nothing", "/static/index.html", "/../deno.json", "//", "/%2e%2e/", "/main.ts"];
  await eachInTurn(targets, async (target) => {
    assertEquals(await status(server, get(target)), 404, target);
  });
});

const ALLOWED = "GET, HEAD, OPTIONS";

Deno.test("Other methods answer 405 with Allow, unknown ones 501, and none reaches the chat", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  await eachInTurn(["POST", "PUT", "DELETE", "PATCH", "TRACE"], async (method) => {
    const { status, fields } = await ask(server, get("/").replace("GET", method));
    assertEquals([status, fields.get("allow")], [405, ALLOWED], method);
  });
  await eachInTurn(["M-SEARCH", "PROPFIND", "FOO", "G3T", "PRI"], async (method) => {
    assertEquals(await status(server, get("/").replace("GET", method)), 501, method);
  });
  await ask(server, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello\n`);
  assertEquals(await status(server, get("a:443").replace("GET", "CONNECT")), 405);
  assertEquals(await status(server, get("/").replace("GET", "CONNECT")), 400);
  await listener.hearsNothing();
});

/** Regression: HAProxy and others use this with HTTP/1.0 as a health check, and took the server for dead. */
Deno.test("OPTIONS is answered with 204, Allow and no body", async () => {
  await using server = new TestServer();
  const requests = [
    "OPTIONS / HTTP/1.0\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    get("/readyz").replace("GET", "OPTIONS"),
    get("/app.js").replace("GET", "OPTIONS"),
  ];
  await eachInTurn(requests, async (request) => {
    const { status, fields, body } = await ask(server, request);
    assertEquals([status, fields.get("allow"), body], [204, ALLOWED, ""], request);
    assertEquals(fields.get("content-length"), undefined);
  });
  assertEquals(await status(server, get("/nothing").replace("GET", "OPTIONS")), 404);
  assertEquals(await status(server, get("*")), 400);
  await assertNoTrace(server);
});

// Split requests

Deno.test("A request is answered however it is split", async () => {
  await using server = new TestServer();
  const request = get("/healthz", "Accept: */*");
  await eachInTurn(Array(request.length).keys(), async (at) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(request.slice(0, at));
    await server.settle();
    await socket.write(request.slice(at));
    assertEquals((await readAnswer(socket)).body, "ok\n", `Cut at ${at}`);
  });
  using socket = await RawSocket.connect(server.port);
  await socket.writeChopped(request);
  assertEquals((await readAnswer(socket)).body, "ok\n");
  await assertNoTrace(server);
});

Deno.test("A handshake is answered however it is split", async () => {
  await using server = new TestServer({ echo: true });
  const request = concat(utf8(handshake()), frame(TEXT, "hello"));
  await eachInTurn(Array(request.length).keys(), async (at) => {
    using client = new WebSocketClient(await RawSocket.connect(server.port));
    await client.socket.write(request.subarray(0, at));
    await server.settle();
    await client.socket.write(request.subarray(at));
    assertStringIncludes(await client.socket.through("\r\n\r\n"), "HTTP/1.1 101 ");
    await client.hears("hello");
  });
});

Deno.test("Bare LFs also end the lines of a request", async () => {
  await using server = new TestServer();
  assertEquals(await status(server, "GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n"), 200);
});

Deno.test("A client that half-closes after its request gets the response", async () => {
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  await socket.write(get("/healthz"));
  await socket.halfClose();
  assertEquals((await readAnswer(socket)).body, "ok\n");
});

Deno.test("A request after Connection: close is ignored, and does no harm", async () => {
  await using server = new TestServer();
  const { status, body } = await ask(server, get("/healthz").repeat(50));
  assertEquals([status, body], [200, "ok\n"]);
});

Deno.test("A body of any size after a request does not break the response", async () => {
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  const body = new Uint8Array(1_000_000).fill(0x61);
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
  await socket.write(concat(utf8(head), body));
  assertEquals((await readAnswer(socket)).status, 405);
});

// Refusals

Deno.test("A malformed request answers 400", async () => {
  await using server = new TestServer();
  const requests = {
    "Host is missing": "GET / HTTP/1.1\r\n\r\n",
    "Host is given twice": get("/", "Host: localhost"),
    "Host is malformed": "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "Space before the colon": get("/", "Accept : */*"),
    "Folded line": get("/", "Accept: a\r\n b"),
    "No colon": get("/", "Accept"),
    "Empty name": get("/", ": x"),
    "Control character": get("/", "Accept: a\x01b"),
    "Lines that end with CRLF and LF": get("/").replace("\r\n\r\n", "\r\n\n"),
    "A target without a slash": get("chat"),
    "A target with a fragment": get("/#chat"),
    "Content-Length of letters": get("/", "Content-Length: abc"),
    "Content-Length below zero": get("/", "Content-Length: -1"),
    "Content-Length twice": get("/", "Content-Length: 0", "Content-Length: 0"),
    "Two lengths": get("/", "Content-Length: 0", "Transfer-Encoding: chunked"),
    "Transfer-Encoding that does not end": get("/", "Transfer-Encoding: gzip"),
    "Cut off": get("/").slice(0, -2),
  };
  await eachInTurn(Object.entries(requests), async ([what, request]) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(request);
    await socket.halfClose();
    assertEquals((await readAnswer(socket)).status, 400, what);
  });
});

Deno.test("HTTP/1.0 is answered, even without Host; other major versions are not", async () => {
  await using server = new TestServer();
  assertEquals(await status(server, "GET /healthz HTTP/1.0\r\n\r\n"), 200);
  assertEquals(await status(server, "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
});

Deno.test("A head over 16 KiB answers 431, a request line over it 414, and a smaller head is accepted", async () => {
  await using server = new TestServer();
  const fill = (length: number) => get("/healthz", `Cookie: ${"x".repeat(length)}`);
  const room = 16_384 - fill(0).length;
  assertEquals(await status(server, fill(room)), 200);
  assertEquals(await status(server, fill(room + 1)), 431);
  assertEquals(await status(server, fill(1_000_000)), 431);
  assertEquals(await status(server, get(`/${"x".repeat(20_000)}`)), 414);
  assertEquals(await status(server, get("/", ...Array<string>(4_000).fill("A: b"))), 431);
});

Deno.test("A head that is not finished in 10 s answers 408", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  const request = get("/healthz");
  await eachInTurn(["GET /he", "GET /healthz HTTP/1.1\r", request.slice(0, 40)], async (part) => {
    using slow = await RawSocket.connect(server.port);
    using quicker = await RawSocket.connect(server.port);
    await slow.write(part);
    await quicker.write(part);
    await server.settle();
    clock.advance(9_750);
    await quicker.write(request.slice(part.length));
    assertEquals((await readAnswer(quicker)).status, 200, part);
    clock.advance(250);
    assertEquals((await readAnswer(slow)).status, 408, part);
  });
  await assertNoTrace(server);
});

Deno.test("A head that arrives slowly answers 408 too", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using slow = await RawSocket.connect(server.port);
  await eachInTurn(get("/healthz").slice(0, 10), async (byte) => {
    await slow.write(byte);
    await server.settle();
    clock.advance(1_000);
  });
  assertEquals((await readAnswer(slow)).status, 408);
});

Deno.test("A request under way when the server shuts down answers 503", async () => {
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  await socket.write(get("/").slice(0, -2));
  await server.settle();
  const done = server.shutdown();
  assertEquals((await readAnswer(socket)).status, 503);
  socket.close();
  await done;
});

// The handshake

Deno.test("A handshake answers 101 with the key's digest", async () => {
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  await socket.write(handshake());
  const [statusLine, ...fields] = (await socket.through("\r\n\r\n")).split("\r\n");
  assertEquals(statusLine, "HTTP/1.1 101 Switching Protocols");
  assertEquals(fields.map((field) => field.toLowerCase()).toSorted(), [
    "connection: upgrade",
    `sec-websocket-accept: ${ACCEPT.toLowerCase()}`,
    "upgrade: websocket",
  ]);
  assert(fields.some((field) => field.endsWith(ACCEPT)));
});

Deno.test("A handshake is accepted in every form that the RFCs allow", async () => {
  await using server = new TestServer({ echo: true });
  const requests = [
    handshake({ Upgrade: "WebSocket", Connection: "keep-alive, UPGRADE" }),
    handshake({ Upgrade: ["foo/2", "websocket"], Connection: ["keep-alive", "Upgrade"] }),
    handshake({ "Sec-WebSocket-Protocol": "unknown", "Sec-WebSocket-Extensions": "x; y=1" }),
    handshake({}, "GET /any/path?and=query HTTP/1.1"),
    handshake({}, "GET http://localhost/ HTTP/1.1"),
    handshake({ Origin: "http://localhost", Cookie: "a=b" }),
    handshake({ Upgrade: "foo,websocket", Connection: "keep-alive,Upgrade" }),
    handshake({ Upgrade: ", websocket ,", Connection: "\tUpgrade\t," }),
    handshake({ "Content-Length": "0" }),
    handshake().toLowerCase().replace("get / http", "GET / HTTP").replace(KEY.toLowerCase(), KEY),
  ];
  await eachInTurn(requests, async (request) => {
    using client = new WebSocketClient(await RawSocket.connect(server.port));
    await client.socket.write(request);
    const answer = await client.socket.through("\r\n\r\n");
    assertStringIncludes(answer, "HTTP/1.1 101 ", request);
    assert(!/protocol:|extensions:/i.test(answer), answer);
    await client.asks("hello", "hello");
  });
});

/** Regression: npm's `ws` and Python's aiohttp write `a,b`, which the runtime takes for one name and answered with 400. */
Deno.test("A subprotocol is found in the list, however the list is written", async () => {
  await using server = new TestServer();
  const lists = [
    "backchannel.v1.json",
    "backchannel.v1.json,x",
    "x,backchannel.v1.json",
    "x , backchannel.v1.json\t,",
    ["x", "backchannel.v1.json,y"],
    ["", "backchannel.v1.json"],
  ];
  await eachInTurn(lists, async (list) => {
    using client = new WebSocketClient(await RawSocket.connect(server.port));
    await client.socket.write(handshake({ "Sec-WebSocket-Protocol": list }));
    const answer = (await client.socket.through("\r\n\r\n")).toLowerCase();
    assertStringIncludes(answer, "http/1.1 101 ");
    assertStringIncludes(`${answer}\r\n`, "\r\nsec-websocket-protocol: backchannel.v1.json\r\n");
    assertStringIncludes(await client.line(), '"type":"hello"');
  });
});

Deno.test("A bad handshake answers 400", async () => {
  await using server = new TestServer();
  const requests = {
    "key missing": handshake({ "Sec-WebSocket-Key": undefined }),
    "key empty": handshake({ "Sec-WebSocket-Key": "" }),
    "key doubled": handshake({ "Sec-WebSocket-Key": [KEY, KEY] }),
    "key with 15 bytes": handshake({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" }),
    "key with 17 bytes": handshake({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAAA=" }),
    "key without padding": handshake({ "Sec-WebSocket-Key": KEY.slice(0, -2) }),
    "key with spare bits": handshake({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAB==" }),
    "key not base64": handshake({ "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }),
    "two keys in one": handshake({ "Sec-WebSocket-Key": `${KEY}, ${KEY}` }),
    "Host missing": handshake({ Host: undefined }),
    "Host doubled": handshake({ Host: ["localhost", "localhost"] }),
    "HTTP/1.0": handshake({}, "GET / HTTP/1.0"),
    "Connection missing": handshake({ Connection: undefined }),
    "Connection without upgrade": handshake({ Connection: "keep-alive" }),
    "version doubled": handshake({ "Sec-WebSocket-Version": ["13", "13"] }),
    "a body": handshake({ "Content-Length": "5" }) + "hello",
    "a body in chunks": handshake({ "Transfer-Encoding": "chunked" }) + "0\r\n\r\n",
    "subprotocol malformed": handshake({ "Sec-WebSocket-Protocol": "a b" }),
    "subprotocol doubled": handshake({ "Sec-WebSocket-Protocol": ["a", "b, a"] }),
  };
  await eachInTurn(Object.entries(requests), async ([what, request]) => {
    const answer = await ask(server, request);
    assertEquals(answer.status, 400, what);
    assertEquals(answer.fields.get("connection"), "close");
  });
  await assertNoTrace(server);
});

Deno.test("Another WebSocket version answers 426 with the supported one", async () => {
  await using server = new TestServer();
  await eachInTurn(["8", "12", "14", "013", "", "x", "13, 8", undefined], async (version) => {
    const { status, fields } = await ask(server, handshake({ "Sec-WebSocket-Version": version }));
    assertEquals([status, fields.get("sec-websocket-version")], [426, "13"], version);
    assertEquals(fields.get("upgrade"), "websocket");
    assertEquals(fields.get("connection"), "upgrade, close");
  });
});

Deno.test("A handshake with another method answers 405", async () => {
  await using server = new TestServer();
  assertEquals(await status(server, handshake({}, "POST / HTTP/1.1")), 405);
});

Deno.test("Frames in the same segment as the handshake are not lost", async () => {
  await using server = new TestServer({ echo: true });
  const frames = [frame(TEXT, "one"), frame(PING, "two"), frame(TEXT, "x".repeat(70_000 - 10_000))];
  using client = await WebSocketClient.connect(server.port, concat(...frames, closeFrame(1000)));
  await client.hears("one");
  const pong = await client.frame();
  assertEquals([pong.opcode, new TextDecoder().decode(pong.payload)], [PONG, "two"]);
  await client.hears("x".repeat(60_000));
  assertEquals(closeCode(await client.frame()), 1000);
  assertEquals(await client.socket.restText(), "");
});

Deno.test("Half a frame in the same segment as the handshake is not lost", async () => {
  await using server = new TestServer({ echo: true });
  const hello = frame(TEXT, "hello");
  await eachInTurn(hello.keys(), async (at) => {
    using client = await WebSocketClient.connect(server.port, hello.subarray(0, at));
    await client.send(hello.subarray(at));
    await client.hears("hello");
  });
});

// Input that is not HTTP

Deno.test("A silent connection that finally sends GET leaves no trace", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using spare = await RawSocket.connect(server.port);
  await server.settle();
  clock.advance(20_000);
  await server.settle();
  await spare.write(get("/healthz"));
  assertEquals((await readAnswer(spare)).body, "ok\n");
  await assertNoTrace(server);
});

/** Regression: each request took the id of a member, and joined and left the lobby. An upgrade did so twice. */
Deno.test("HTTP requests and refused handshakes never become members", async () => {
  await using server = new TestServer();
  await times(3, async () => {
    using browser = await RawSocket.connect(server.port);
    await browser.write(get("/healthz"));
    assertEquals((await readAnswer(browser)).status, 200);
    using stranger = await RawSocket.connect(server.port);
    await stranger.write(handshake({ Origin: "https://elsewhere.example" }));
    assertEquals((await readAnswer(stranger)).status, 403);
  });
  using client = await JsonClient.connect(server.port);
  const hello = await client.next("hello");
  assertEquals([hello.you.id, hello.online], [1, 0]);
});

Deno.test("A silent connection that finally sends a handshake becomes a WebSocket", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using spare = new WebSocketClient(await RawSocket.connect(server.port));
  await server.settle();
  clock.advance(20_000);
  await spare.socket.write(handshake());
  assertStringIncludes(await spare.socket.through("\r\n\r\n"), "HTTP/1.1 101 ");
  await spare.takesName("Alice");
  await spare.asks("/list", `Users online: Alice (${spare.address})`);
  await spare.say("/stats");
  assertMatch(await spare.line(), /Total connections: 1 \| Active connections: 1 \|/);
});

Deno.test("A silent connection that just closes leaves no trace", async () => {
  await using server = new TestServer();
  const spare = await RawSocket.connect(server.port);
  await server.settle();
  spare.close();
  await server.settle();
  await assertNoTrace(server);
});

Deno.test("Messages sent while a connection is silent are not part of its HTTP response", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  using browser = await RawSocket.connect(server.port);
  await alice.say("hello");
  await alice.hearsNothing();
  await browser.write(get("/healthz"));
  const { status, body } = await readAnswer(browser);
  assertEquals([status, body], [200, "ok\n"]);
});

/** Regression: in a busy server the timer ran before sockets were read, and a health check was answered with a chat line. */
Deno.test("A request that arrives in time is answered, however busy the server is", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using alice = await server.connect(TCP);
  await eachInTurn([get("/healthz"), handshake()], async (request) => {
    using browser = await RawSocket.connect(server.port);
    await server.settle();
    await alice.say("hello");
    await alice.hearsNothing();
    const writing = browser.write(request);
    clock.advance(500);
    await writing;
    assertMatch(await browser.through("\r\n"), /^HTTP\/1.1 (200|101) /);
  });
});

/** Regression: the timeout was counted from the last update of the clock, up to 250 ms before. */
Deno.test("A silent connection has its full timeout", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  clock.advance(90);
  using browser = await RawSocket.connect(server.port);
  await server.settle();
  await alice.say("hello");
  await alice.hearsNothing();
  clock.advance(10);
  await server.settle();
  await browser.write(get("/healthz"));
  assertEquals((await readAnswer(browser)).body, "ok\n");
});

Deno.test("A request after received messages closes that connection and no other", async () => {
  await using server = new TestServer();
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  await eachInTurn([get("/"), "POST / HTTP/1.1\r\n", handshake()], async (request) => {
    using browser = await LineClient.connect(server.port);
    await alice.say("hello");
    await browser.hears(`[${alice.address}]: hello`);
    await browser.socket.write(request);
    await browser.socket.gone();
  });
  await alice.hearsNothing();
});

/** A person may type these, and the others should read them. */
Deno.test("Text that looks like HTTP is text", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  const texts = [
    "GET well soon",
    "get well soon",
    "GET /",
    "GET / HTTP",
    "GET / HTTP/1.1 please",
    "I love HTTP/1.1",
    "POST it",
    "HEAD",
    "GET",
    "DELETE everything HTTP/x",
  ];
  await eachInTurn(texts, async (text) => {
    using client = await LineClient.connect(server.port);
    await client.say(text);
    await listener.hears(`[${client.address}]: ${text}`);
    await client.hearsNothing();
  });
  await eachInTurn(texts, async (text) => {
    using client = await LineClient.connect(server.port);
    await client.socket.writeChopped(`${text}\n`);
    await listener.hears(`[${client.address}]: ${text}`);
  });
});

/** Regression: the whole head was sent to the lobby, including its password. */
Deno.test("A first line that is clearly meant as HTTP is answered with 400 and sent to nobody", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  const lines = [
    "GET /x HTTP/1.1x",
    "get / http/1.1",
    "Get / HTTP/1.1",
    "GET / HTTQ/1.1",
    "GET / http/1.1",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
    " GET / HTTP/1.1",
    "\ufeffGET / HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET\t/ HTTP/1.1",
    "GET HTTP/1.1",
    "get chat http/1.1",
    "GET / HTTP 1.1",
    "GET/ HTTP/1.1",
    "GET /HTTP/1.1",
    "\x1b[AGET / HTTP/1.1",
    "\0\u200b\u00a0GET / HTTP/1.1",
    "GET / HTTP/1.1\rAccept: */*",
  ];
  const secret = "\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n";
  await eachInTurn(lines, async (line) => {
    assertEquals(await status(server, line + secret), 400, line);
    using slow = await RawSocket.connect(server.port);
    await slow.writeChopped(line + secret, 5);
    assertEquals((await readAnswer(slow)).status, 400, line);
  });
  await listener.hearsNothing();
  await assertNoTrace(server, 2);
});

/**
 * `printf 'GET /?token=secret HTTP/1.1' | nc` ends without a line break: the request was sent to the lobby as the last
 * words of a line client.
 */
Deno.test("A request line that is cut off is answered with 400 and sent to nobody", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  const cutOff = [
    "GET /?token=secret HTTP/1.1",
    "GET /?token=secret HT",
    "get / http/1.1",
    "GET / HTTP/1.1\rHost: localhost\rCookie: secret\r\r",
  ];
  await eachInTurn(cutOff, async (text) => {
    using client = await RawSocket.connect(server.port);
    await client.write(text);
    await client.halfClose();
    assertMatch(await client.restText(), /^HTTP\/1\.1 400 /, text);
  });
  await listener.hearsNothing();
  await eachInTurn(["GET well soon", "GET /", "bye"], async (text) => {
    using client = await LineClient.connect(server.port);
    await client.socket.write(text);
    await client.socket.halfClose();
    await listener.hears(`[${client.address}]: ${text}`);
  });
});

/** RFC 9112 2.2: at least one must be ignored. Regression: the request was sent to the lobby. */
Deno.test("Empty lines before a request are skipped", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  await eachInTurn(["\r\n", "\n", "\r\n\r\n\n"], async (empty) => {
    const request = empty + get("/healthz", "Authorization: Bearer secret");
    assertEquals((await ask(server, request)).body, "ok\n");
    using slow = await RawSocket.connect(server.port);
    await slow.writeChopped(request);
    assertEquals((await readAnswer(slow)).body, "ok\n");
  });
  await listener.hearsNothing();
  using client = await LineClient.connect(server.port);
  await client.say("", "", "hello");
  await listener.hears(`[${client.address}]: hello`);
});

Deno.test("HTTP/2 without an upgrade answers 505", async () => {
  await using server = new TestServer();
  assertEquals(await status(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04"), 505);
  await assertNoTrace(server);
});

Deno.test("A request in the middle of a chat is text", async () => {
  await using server = new TestServer();
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  using client = await (await server.connect(TCP)).takesName("Alice");
  await client.say("GET / HTTP/1.1");
  await listener.hears("[Alice]: GET / HTTP/1.1");
});

Deno.test("A TLS hello is closed and logged", async () => {
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  const hello = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03);
  await socket.write(hello);
  await socket.gone();
  await server.logs(/TLS/, socket.address);
  await assertNoTrace(server);
});

/** Each connection took a user id and a guest name, even a browser's for the style sheet. */
Deno.test("Requests and unfinished connections take no user id: only clients of the chat do", async () => {
  await using server = new TestServer();
  for (const expected of [1, 2]) {
    assertEquals(
      await status(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
      200,
    );
    using silent = await RawSocket.connect(server.port);
    await server.settle();
    silent.close();
    using client = await JsonClient.connect(server.port);
    assertEquals((await client.next("hello")).you.id, expected);
  }
  assertEquals(server.log.filter(({ message }) => message.startsWith("Connected")).length, 2);
});
