// Not a chat: the least that a program of this runtime does for scenarios 1 and 5, to show what the runtime itself takes.
// It accepts, shakes hands with `Deno.upgradeWebSocket`, reads, and calls `conn.write` for each receiver, with no answer
// awaited and nothing kept but the connections. One short frame, or one line, a read.

const isWebSocket = Deno.args[0] === "ws";
const room = new Set<Deno.TcpConn>();
const READ_BYTES = 128;
const MASK = 2, PAYLOAD = 6;

/** RFC 6455 4.2.2. */
async function shakeHands(conn: Deno.TcpConn): Promise<void> {
  const head = new Uint8Array(1_024);
  const text = new TextDecoder().decode(head.subarray(0, await conn.read(head) ?? 0));
  const [, key = ""] = /^sec-websocket-key: (\S+)/im.exec(text) ?? [];
  const headers = { "connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": key };
  const { response } = Deno.upgradeWebSocket(new Request("http://localhost/", { headers }));
  const accept = response.headers.get("sec-websocket-accept");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  const answer = [...lines, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n");
  await conn.write(new TextEncoder().encode(answer));
}

/** The client's frame as the server's: without its mask. */
function unmask(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frame.length - PAYLOAD + MASK);
  bytes[0] = frame[0]!;
  bytes[1] = frame.length - PAYLOAD;
  for (let i = PAYLOAD; i < frame.length; i++) {
    bytes[i - PAYLOAD + MASK] = frame[i]! ^ frame[MASK + ((i - PAYLOAD) & 3)]!;
  }
  return bytes;
}

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay();
  if (isWebSocket) await shakeHands(conn);
  room.add(conn);
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const length = await conn.read(buffer);
    if (length === null) break;
    const bytes = buffer.slice(0, length);
    const message = isWebSocket ? unmask(bytes) : bytes;
    for (const other of room) if (other !== conn) other.write(message);
  }
  room.delete(conn);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4_096 });
// deno-lint-ignore no-console -- the bench waits for this line
console.log(`listening on ${listener.addr.port}`);
for await (const conn of listener) serve(conn).catch(() => room.delete(conn));
