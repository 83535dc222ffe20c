/**
 * An application that shares its port with the chat, and connections that it has accepted itself.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { serve, type ServeOptions } from "../../mod.ts";
import { handshake, LineClient, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, patiently, times, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";
import { TLS, trusting } from "../support/tls.ts";

type Handler = NonNullable<ServeOptions["handler"]>;

const encoder = new TextEncoder();

/** Removes the failures from the log, and returns the first lines of their texts. */
function takeFailures({ log }: TestServer): string[] {
  const failures = log.filter(({ kind }) => kind === "application_failed");
  log.splice(0, log.length, ...log.filter((entry) => !failures.includes(entry)));
  return failures.map(({ message }) => message.split("\n")[0]!);
}

/** Fetches a path as text: `200 hello`. */
async function get(server: TestServer, path: string, init?: RequestInit): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    redirect: "manual",
    ...init,
  });
  return `${response.status} ${await response.text()}`;
}

/** The first line of the answer to a handshake. */
async function upgrade(server: TestServer, path: string): Promise<string> {
  using socket = await RawSocket.connect(server.port);
  await socket.write(handshake({}, `GET ${path} HTTP/1.1`));
  return (await socket.through("\r\n")).trim();
}

/** Says which request it got. */
const echo: Handler = async (request) => {
  const { pathname, search } = new URL(request.url);
  return new Response(`${request.method} ${pathname}${search} ${await request.text()}`.trim());
};

Deno.test("A handler gets the requests that are not for the chat", async () => {
  await using server = new TestServer({ handler: echo });
  assertEquals(await get(server, "/orders?id=7"), "200 GET /orders?id=7");
  assertEquals(
    await get(server, "/orders", { method: "POST", body: "tea" }),
    "200 POST /orders tea",
  );
  assertEquals(await get(server, "/x", { method: "BREW" }), "200 BREW /x");
  assertMatch(await get(server, "/"), /^200 <!DOCTYPE html>/i);
  assertMatch(await get(server, "/app.js"), /^200 /);
  assertEquals(await get(server, "/healthz"), "200 ok\n");
  assertEquals(await get(server, "/api"), "200 GET /api", "There is no API without tokens");
  assertEquals(await upgrade(server, "/anywhere"), "HTTP/1.1 101 Switching Protocols");
  using client = await LineClient.connect(server.port);
  await client.takesName("Alice");
});

Deno.test("With a path, the chat is below it, and all else is the application's", async () => {
  const apiTokens = [{ name: "ci", token: "0123456789abcdef", operator: false }];
  await using server = new TestServer({ handler: echo, path: "/team/chat/", apiTokens });
  assertEquals(await get(server, "/"), "200 GET /");
  assertEquals(await get(server, "/app.js"), "200 GET /app.js");
  assertEquals(await get(server, "/team/chats"), "200 GET /team/chats");
  assertEquals(await get(server, "/api/rooms"), "200 GET /api/rooms");
  assertMatch(await get(server, "/team/chat/"), /^200 <!DOCTYPE html>/i);
  assertMatch(await get(server, "/team/chat/style.css"), /^200 /);
  assertEquals(await get(server, "/team/chat/nothing"), "404 There is nothing here\n");
  assertEquals(await get(server, "/healthz"), "200 ok\n");
  const bare = await fetch(`http://127.0.0.1:${server.port}/team/chat?room=dev`, {
    redirect: "manual",
  });
  await bare.body?.cancel();
  assertEquals([bare.status, bare.headers.get("location")], [308, "chat/?room=dev"]);
  const headers = { authorization: "Bearer 0123456789abcdef" };
  assertMatch(await get(server, "/team/chat/api/rooms", { headers }), /^200 \{"rooms":/);
  const openApi = await (await fetch(
    `http://127.0.0.1:${server.port}/team/chat/api/openapi.json`,
    { headers },
  )).json();
  assertEquals(openApi.servers, [{ url: "/team/chat" }]);
  const switching = "HTTP/1.1 101 Switching Protocols";
  assertEquals(await upgrade(server, "/team/chat/"), switching);
  assertEquals(await upgrade(server, "/team/chat"), switching);
  assertEquals(await upgrade(server, "http://localhost/team/chat/?x"), switching);
  assertEquals(await upgrade(server, "/"), "HTTP/1.1 200 OK");
});

Deno.test("With a path and without a handler, there is nothing else", async () => {
  await using server = new TestServer({ path: "/chat" });
  assertMatch(await get(server, "/chat/"), /^200 <!DOCTYPE html>/i);
  assertEquals(await get(server, "/"), "404 There is nothing here\n");
  assertEquals(await get(server, "/metrics").then((text) => text.slice(0, 3)), "200");
  assertEquals(await upgrade(server, "/"), "HTTP/1.1 404 Not Found");
  using socket = await RawSocket.connect(server.port);
  await socket.write("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals(await socket.through("\r\n"), "HTTP/1.1 204 No Content");
});

Deno.test("A request has what its client sent, and who the client is", async () => {
  const seen: Array<readonly [string, string, Record<string, string>]> = [];
  await using server = new TestServer({
    trustProxy: "127.0.0.0/8",
    userHeader: "X-User",
    authenticate: () => "guest",
    handler: (request, { remoteAddr }) => {
      const fields = Object.fromEntries(request.headers);
      seen.push([request.url, remoteAddr.hostname, fields]);
      return new Response("ok");
    },
  });
  await get(server, "/a%20b/../c?d#e", {
    headers: [["X-Forwarded-For", "192.0.2.7"], ["X-Forwarded-Proto", "https"], ["X-User", "ann"], [
      "X-Forwarded-Host",
      "shop.example",
    ]],
  });
  const [url, hostname, fields] = seen[0]!;
  assertEquals([url, hostname], ["https://shop.example/c?d", "192.0.2.7"]);
  assertEquals(fields["x-user"], "ann");
});

Deno.test("A header that names users is taken from the requests of those who are not trusted", async () => {
  const seen: Array<string | null> = [];
  await using server = new TestServer({
    trustProxy: "192.0.2.1",
    userHeader: "X-User",
    handler: (request) => {
      seen.push(request.headers.get("x-user"), request.headers.get("x-other"));
      return new Response("ok");
    },
  });
  await get(server, "/x", { headers: { "X-User": "ann", "X-Other": "kept" } });
  assertEquals(seen, [null, "kept"]);
});

Deno.test("Responses keep their status, fields and content, whatever they are", async () => {
  const parts = (...texts: string[]) =>
    new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const text of texts) {
          await Promise.resolve();
          controller.enqueue(encoder.encode(text));
        }
        controller.close();
      },
    });
  const responses: Record<string, () => Response> = {
    "/cookies": () => {
      const headers = new Headers([["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], [
        "Date",
        "never",
      ]]);
      headers.set("connection", "close");
      headers.set("x-latin", "\u00e9"); // bytes: a character of Latin-1, and one of UTF-8
      headers.set("x-utf", "\u00c3\u00a9");
      return new Response("tea", { headers, status: 203 });
    },
    "/parts": () => new Response(parts("one ", "", "two")),
    "/length": () => new Response(parts("four"), { headers: { "content-length": "4" } }),
    "/nothing": () => new Response(null, { status: 204 }),
    "/empty": () => new Response(""),
    "/away": () => Response.redirect("https://other.example/", 307),
    "/large": () => new Response(new Uint8Array(1_000_000)),
  };
  await using server = new TestServer({
    handler: (request) => responses[new URL(request.url).pathname]!(),
  });
  using socket = await RawSocket.connect(server.port);
  const ask = async (path: string, method = "GET") => {
    await socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const head = await socket.through("\r\n\r\n");
    return head.split("\r\n").filter((line) => !line.startsWith("date: "));
  };
  assertEquals(await ask("/cookies"), [
    "HTTP/1.1 203 Non-Authoritative Information",
    "content-type: text/plain;charset=UTF-8",
    "set-cookie: a=1",
    "set-cookie: b=2",
    "x-latin: \u00e9",
    "x-utf: \u00e9",
    "transfer-encoding: chunked",
  ]);
  assertEquals(await socket.through("0\r\n\r\n"), "3\r\ntea\r\n");
  assertEquals((await ask("/parts")).at(-1), "transfer-encoding: chunked");
  assertEquals(await socket.through("0\r\n\r\n"), "4\r\none \r\n3\r\ntwo\r\n");
  assertEquals((await ask("/length")).at(-1), "content-length: 4");
  assertEquals(await socket.bytes(4), encoder.encode("four"));
  assertEquals(await ask("/nothing"), ["HTTP/1.1 204 No Content"]);
  assertEquals((await ask("/length", "HEAD")).at(-1), "content-length: 4");
  assertEquals((await ask("/empty")).at(-1), "transfer-encoding: chunked");
  assertEquals(await socket.through("0\r\n\r\n"), "");
  const away = await ask("/away");
  assertEquals([away[0], away[1]], [
    "HTTP/1.1 307 Temporary Redirect",
    "location: https://other.example/",
  ]);
  assertEquals((await get(server, "/large")).length, 1_000_004);
});

Deno.test("A handler that fails costs its request, and the log says why", async () => {
  const used = new Response("used");
  await used.text();
  const results: Record<string, () => unknown> = {
    "/throws": () => {
      throw new Error("Out of stock");
    },
    "/rejects": () => Promise.reject(new Error("Out of tea")),
    "/nothing": () => undefined,
    "/used": () => used,
    "/error": () => Response.error(),
  };
  await using server = new TestServer({
    handler: ((request) => results[new URL(request.url).pathname]!()) as Handler,
  });
  await eachInTurn(Object.keys(results), async (path) => {
    assertEquals(await get(server, path), "500 The application has failed\n");
  });
  using client = await LineClient.connect(server.port);
  await client.hearsNothing();
  assertEquals(takeFailures(server), [
    "handler failed: Error: Out of stock",
    "handler failed: Error: Out of tea",
    "handler failed: returned nothing, not a Response",
    "handler failed: returned a response whose content was read",
    "handler failed: returned a response of status 0",
  ]);
});

Deno.test("A handler that hangs delays nobody else, and its client gets 503", async () => {
  const clock = new FakeClock();
  const late = Promise.withResolvers<Response>();
  let isCancelled = false;
  await using server = new TestServer({
    clock,
    handler: (request) => request.url.endsWith("/hang") ? late.promise : new Response("quick"),
  });
  const hanging = get(server, "/hang");
  assertEquals(await get(server, "/quick"), "200 quick");
  using client = await LineClient.connect(server.port);
  await client.hearsNothing();
  clock.advance(60_000);
  assertEquals(await hanging, "503 The application has not answered in time\n");
  late.resolve(new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })));
  await until(() => isCancelled, "the response that is too late is cancelled");
  assertEquals(takeFailures(server), ["handler failed: no result within 60 s"]);
});

Deno.test("Without a timeout, a handler may take as long as it will", async () => {
  const clock = new FakeClock();
  const late = Promise.withResolvers<Response>();
  await using server = new TestServer({ clock, handlerTimeout: 0, handler: () => late.promise });
  const response = get(server, "/slow");
  await server.settle();
  clock.advance(1_000_000);
  late.resolve(new Response("done"));
  assertEquals(await response, "200 done");
});

Deno.test("Content that fails cuts the connection, so that nobody takes a part for the whole", async () => {
  const contents: Record<string, ReadableStream> = {
    "/fails": new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode("half")),
      pull: (controller) => controller.error(new Error("Disk on fire")),
    }),
    "/strings": new ReadableStream({ start: (controller) => controller.enqueue("text") }),
  };
  await using server = new TestServer({
    handler: (request) => new Response(contents[new URL(request.url).pathname]),
  });
  await eachInTurn(Object.keys(contents), async (path) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const text = await socket.restText();
    assert(!text.endsWith("0\r\n\r\n"), text);
  });
  assertEquals(takeFailures(server), [
    "handler failed: Error: Disk on fire",
    "handler failed: TypeError: The content of the response is not of bytes",
  ]);
});

Deno.test("Bodies of requests are streamed as the handler reads them, within a limit", async () => {
  const read: number[] = [];
  await using server = new TestServer({
    maxBody: 1_000,
    handler: async (request) => {
      let length = 0;
      for await (const chunk of request.body!) read.push(length += chunk.length);
      return new Response(`${length}`);
    },
  });
  const post = (body: string) => get(server, "/", { method: "POST", body });
  const file = (path: string, body: string) => get(server, path, { method: "PUT", body });
  assertEquals(await file("/x", "x".repeat(1_000)), "200 1000");
  assertMatch(await file("/x", "x".repeat(1_001)), /^413 /);
  assertMatch(await post("x"), /^405 /, "The page is the chat's");
  using socket = await RawSocket.connect(server.port);
  await socket.write("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  await socket.write("3\r\none\r\n");
  await until(() => read.at(-1) === 3, "the first part is read before the body ends");
  await socket.write("3\r\ntwo\r\n0\r\n\r\n");
  assertMatch(await socket.through("0\r\n\r\n"), /\r\n\r\n1\r\n6\r\n$/);
  await socket.write("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  await socket.write(`3e9\r\n${"x".repeat(1_001)}\r\n0\r\n\r\n`);
  assertMatch(await socket.restText(), /^HTTP\/1\.1 413 /);
  takeFailures(server); // reading the stream has failed
});

Deno.test("Content is produced no faster than the client reads it", async () => {
  let produced = 0;
  let isCancelled = false;
  await using server = new TestServer({
    handler: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            produced += 65_536;
            controller.enqueue(new Uint8Array(65_536));
          },
          cancel: () => void (isCancelled = true),
        }),
      ),
  });
  const socket = await RawSocket.connect(server.port);
  await socket.write("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await socket.through("\r\n\r\n");
  let before = -1;
  await until(async () => {
    const isSteady = produced === before;
    before = produced;
    await times(20, () => server.settle());
    return isSteady && produced > 0;
  }, "the kernel's buffers are full");
  const most = produced;
  await times(20, () => server.settle());
  assertEquals(produced, most, "Nothing more is produced for a client that does not read");
  socket.close();
  await until(() => isCancelled, "the content is cancelled when the client has gone");
});

Deno.test("The signal of a request tells that its client has gone", async () => {
  const aborted = Promise.withResolvers<void>();
  let isAsked = false;
  await using server = new TestServer({
    handler: (request) => {
      isAsked = true;
      request.signal.addEventListener("abort", () => aborted.resolve());
      return new Promise<Response>(() => {});
    },
  });
  const socket = await ResettableSocket.connect(server.port);
  await socket.write("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => isAsked, "the handler is asked");
  await socket.reset();
  await patiently(aborted.promise, "the signal");
});

Deno.test("A shutdown waits for answers of the application, and not for ever", async () => {
  const answer = Promise.withResolvers<Response>();
  let isAsked = false;
  const server = new TestServer({
    handler: () => {
      isAsked = true;
      return answer.promise;
    },
  });
  const response = get(server, "/slow");
  await until(() => isAsked, "the handler is asked");
  const closing = server[Symbol.asyncDispose]();
  answer.resolve(new Response("in time"));
  assertEquals(await response, "200 in time");
  await closing;
});

Deno.test("serve() refuses paths and limits that cannot be used, and listens to nothing then", () => {
  for (const path of ["chat", "/a/../b", "/a b", "/%61", "//x", "/?x", "/."]) {
    assertThrows(
      () => serve({ port: 0, path }),
      TypeError,
      `Cannot serve the chat under '${path}'`,
    );
  }
  for (const options of [{ maxBody: -1 }, { handlerTimeout: 86_401 }]) {
    assertThrows(() => serve({ port: 0, ...options }), RangeError, "not a number from 0 to");
  }
  const handler = "yes" as unknown as Handler;
  assertThrows(() => serve({ port: 0, handler }), TypeError, "Cannot set handler to a string");
});

Deno.test("server.handle() serves a connection that the program has accepted", async () => {
  await using server = new TestServer({ handler: echo });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const connect = async () => {
    const socket = await RawSocket.connect(port);
    server.server.handle(await listener.accept());
    return socket;
  };
  using alice = await new LineClient(await connect()).takesName("Alice");
  const socket = await connect();
  await socket.write(handshake());
  await socket.through("\r\n\r\n");
  using bob = new WebSocketClient(socket);
  await bob.say("hello");
  assertMatch(await alice.line(), /^\[127\.0\.0\.1:\d+\]: hello$/);
  using request = await connect();
  await request.write("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assertMatch(await request.restText(), /^HTTP\/1\.1 200 OK\r\n/);
  assertEquals(server.server.counters.accepted, 3);
});

Deno.test("server.handle() serves a connection of the runtime's TLS", async () => {
  const urls: string[] = [];
  await using server = new TestServer({
    handler: (request) => {
      urls.push(request.url);
      return new Response("ok");
    },
  });
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(TLS.tlsCert),
    key: Deno.readTextFileSync(TLS.tlsKey),
  });
  const { port } = listener.addr as Deno.NetAddr;
  using client = Deno.createHttpClient(trusting("first"));
  const fetching = fetch(`https://localhost:${port}/x`, { client });
  server.server.handle(await listener.accept());
  assertEquals(await (await fetching).text(), "ok");
  assertEquals(urls, [`https://localhost:${port}/x`]);
});

Deno.test("server.handle() refuses what is not of TCP, and everything after a shutdown", async () => {
  const server = new TestServer();
  const unix = { remoteAddr: { transport: "unix", path: "x" } } as unknown as Deno.Conn;
  assertThrows(() => server.server.handle(unix), TypeError, "not of TCP");
  await server[Symbol.asyncDispose]();
  const tcp = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 } };
  assertThrows(
    () => server.server.handle(tcp as unknown as Deno.Conn),
    Error,
    "Cannot handle a connection: the server has shut down",
  );
});
