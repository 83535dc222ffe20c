/**
 * Options of the library that are values where flags have paths and lists.
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { CredentialError, serve } from "../../mod.ts";
import { PlainHistory } from "../chat/plain_history.ts";
import { LineClient } from "../support/client.ts";
import { JsonClient } from "../support/json_client.ts";
import { TestServer } from "../support/server.ts";
import { connectTls, TLS, trusting } from "../support/tls.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

const read = (path: string) => Deno.readTextFileSync(path);

/** The certificate of a name as texts. */
function pairOf(name: "first" | "second") {
  const paths = { cert: TLS.tlsCert, key: TLS.tlsKey };
  const other = (path: string) => path.replace("/first.", `/${name}.`);
  return { cert: read(other(paths.cert)), key: read(other(paths.key)) };
}

Deno.test("A certificate may be a text, and may be replaced while the server runs", async () => {
  assertEquals(trusting("first").caCerts, [pairOf("first").cert]);
  await using server = new TestServer({ ...pairOf("first"), tlsPort: 0 });
  const port = server.server.tlsAddr!.port;
  (await connectTls(port, "first")).close();
  await server.server.reloadCertificate(pairOf("second"));
  (await connectTls(port, "second")).close();
  // One that cannot be used changes nothing.
  await server.server.reloadCertificate({ ...pairOf("first"), key: pairOf("second").key });
  (await connectTls(port, "second")).close();
  const [failed] = server.log.splice(server.log.findIndex(({ level }) => level === "error"), 1);
  assertEquals(failed?.kind, "certificate_failed");
  await server.server.reloadCertificate();
  (await connectTls(port, "second")).close();
});

Deno.test("The operator token may be a text", async () => {
  await using server = new TestServer({ operatorToken: TOKEN });
  using client = await LineClient.connect(server.port);
  await client.asks("/oper 0123456789abcdef", "Error: Wrong token");
  await client.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
});

Deno.test("An operator token that cannot be used is not shown", () => {
  const short = "too short";
  const error = assertThrows(() => serve({ port: 0, operatorToken: short }), CredentialError);
  assertEquals(
    error.message,
    "Cannot use operatorToken: it is not 16 to 1024 characters of ASCII without spaces",
  );
  assertThrows(
    () => serve({ port: 0, operatorToken: TOKEN, operatorTokenFile: "token" }),
    TypeError,
    "Cannot use operatorToken: there is a file with it too",
  );
});

Deno.test("Origins and hosts may be arrays", async () => {
  const allowOrigin = ["https://chat.example", "null"];
  await using server = new TestServer({ allowOrigin, allowHost: ["chat.example"] });
  const status = async (origin: string, host = "chat.example") => {
    const conn = await Deno.connect({ port: server.port, hostname: "127.0.0.1" });
    const head = [
      "GET / HTTP/1.1",
      `Host: ${host}`,
      `Origin: ${origin}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    await conn.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
    const buffer = new Uint8Array(12);
    await conn.read(buffer);
    conn.close();
    return new TextDecoder().decode(buffer).slice(9);
  };
  assertEquals(await status("https://chat.example"), "101");
  assertEquals(await status("null"), "101");
  assertEquals(await status("https://other.example"), "403");
  assertEquals(await status("null", "other.example"), "421");
});

Deno.test("A program may keep the history itself", async () => {
  const history = new PlainHistory();
  {
    await using server = new TestServer({ history });
    using alice = await (await LineClient.connect(server.port)).takesName("Alice");
    await alice.say("one", "two");
    await alice.hearsNothing();
    assertEquals(history.page("lobby", { limit: 5 }).messages.map(({ text }) => text), [
      "one",
      "two",
    ]);
    using client = await JsonClient.connect(server.port);
    const hello = await client.next("hello");
    assertEquals(hello.epoch, "first");
    const reply = await client.ask({ type: "history", id: "h" });
    assert(reply.type === "reply" && reply.command === "history");
    assertEquals(reply.data.messages.map(({ text }) => text), ["one", "two"]);
  }
  // The next server continues it.
  await using server = new TestServer({ history });
  using client = await JsonClient.connect(server.port);
  assertEquals(await client.says("three"), 3);
});

Deno.test("serve() refuses a history that is none, or that is not to be kept", () => {
  const none = { port: 0, history: {} as unknown as PlainHistory };
  assertThrows(() => serve(none), TypeError, "neither a path nor a History");
  const contradiction = { port: 0, history: new PlainHistory(), noHistory: true };
  assertThrows(() => serve(contradiction), TypeError, "no history is to be kept");
});
