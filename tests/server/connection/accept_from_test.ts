import { assertEquals } from "@std/assert";
import { acceptFrom } from "../../../lib/server/connection/accept_from.ts";

function connFrom(hostname: string, port: number) {
  const conn = {
    remoteAddr: { transport: "tcp", hostname, port },
    closed: false,
    close: () => void (conn.closed = true),
  };
  return conn;
}

Deno.test("acceptFrom() takes the connection that is ours, and closes all that came before", async () => {
  const strangers = [connFrom("127.0.0.1", 4_001), connFrom("127.0.0.2", 4_000)];
  const ours = connFrom("127.0.0.1", 4_000);
  const queue = [...strangers, ours, connFrom("127.0.0.1", 4_002)];
  const listener = { accept: () => Promise.resolve(queue.shift() as unknown as Deno.TcpConn) };
  const address = { transport: "tcp", hostname: "127.0.0.1", port: 4_000 } as const;
  assertEquals(await acceptFrom(listener, address), ours as unknown);
  assertEquals(strangers.map(({ closed }) => closed), [true, true]);
  assertEquals([ours.closed, queue.length], [false, 1]);
});
