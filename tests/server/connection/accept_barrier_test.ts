import { assertEquals } from "@std/assert";
import { acceptFrom, openAcceptBarrier } from "../../../lib/server/connection/accept_barrier.ts";
import { eachInTurn, times } from "../../support/patience.ts";

Deno.test("AcceptBarrier.round() resolves, again and again", async () => {
  const barrier = await openAcceptBarrier();
  await times(100, () => barrier.round());
  barrier.close();
});

Deno.test("AcceptBarrier.round() resolves after every connection made before has been accepted", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const barrier = await openAcceptBarrier();
  let accepted = 0;
  const accepting = (async () => {
    for await (const conn of listener) {
      accepted++;
      conn.close();
    }
  })();
  await times(50, async (round) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    await barrier.round();
    assertEquals(accepted, round + 1);
    conn.close();
  });
  listener.close();
  await accepting;
  barrier.close();
});

Deno.test("AcceptBarrier.round() resolves even if the barrier is closed or broken", async () => {
  const barrier = await openAcceptBarrier();
  const round = barrier.round();
  barrier.close();
  await round;
  await barrier.round();
});

/** Regression: with `--allow-net=0.0.0.0:8080` at a terminal the server stopped at start to prompt for 127.0.0.1:0. */
Deno.test("openAcceptBarrier() does not prompt for a permission", async () => {
  const { query } = Deno.permissions, { listen } = Deno;
  let listeners = 0;
  try {
    const asked = { state: "prompt" } as Deno.PermissionStatus;
    Deno.permissions.query = () => Promise.resolve(asked);
    Object.assign(Deno, { listen: () => listeners++ });
    const barrier = await openAcceptBarrier();
    await barrier.round();
    barrier.close();
    assertEquals(listeners, 0);
  } finally {
    Deno.permissions.query = query;
    Object.assign(Deno, { listen });
  }
});

/** Regression: the near end stayed open, and a connection that never left the accept queue held up all input. */
Deno.test("openAcceptBarrier() does without a connection that cannot be accepted", async () => {
  const { listen } = Deno;
  const outOfDescriptors = () => Promise.reject(new Error("Too many open files (os error 24)"));
  const hold = (accept: () => Promise<Deno.TcpConn>) => async (): Promise<Deno.TcpConn> => {
    (await accept()).close(); // as in a flood: the server's own connection never arrives
    return await accept();
  };
  await eachInTurn(["fails", "waits"], async (kind) => {
    Deno.listen = ((options: Deno.TcpListenOptions) => {
      const listener = listen(options);
      const accept = listener.accept.bind(listener);
      listener.accept = kind === "fails" ? outOfDescriptors : hold(accept);
      return listener;
    }) as typeof Deno.listen;
    try {
      const barrier = await openAcceptBarrier();
      await barrier.round();
      barrier.close();
    } finally {
      Deno.listen = listen;
    }
  });
});

function connFrom(hostname: string, port: number) {
  const conn = {
    remoteAddr: { transport: "tcp", hostname, port },
    closed: false,
    close: () => void (conn.closed = true),
  };
  return conn;
}

Deno.test("acceptFrom() returns the connection from the address, and closes all before it", async () => {
  const strangers = [connFrom("127.0.0.1", 4_001), connFrom("127.0.0.2", 4_000)];
  const ours = connFrom("127.0.0.1", 4_000);
  const queue = [...strangers, ours, connFrom("127.0.0.1", 4_002)];
  const listener = { accept: () => Promise.resolve(queue.shift() as unknown as Deno.TcpConn) };
  const address = { transport: "tcp", hostname: "127.0.0.1", port: 4_000 } as const;
  assertEquals(await acceptFrom(listener, address), ours as unknown);
  assertEquals(strangers.map(({ closed }) => closed), [true, true]);
  assertEquals([ours.closed, queue.length], [false, 1]);
});
