import { assertEquals } from "@std/assert";
import { openAcceptBarrier } from "../../../lib/server/connection/accept_barrier.ts";
import { eachInTurn, times } from "../../support/patience.ts";

Deno.test("A self probe comes back, again and again", async () => {
  const probe = await openAcceptBarrier();
  await times(100, () => probe.round());
  probe.close();
});

Deno.test("A self probe comes back behind every connection that was there before", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const probe = await openAcceptBarrier();
  let accepted = 0;
  const accepting = (async () => {
    for await (const conn of listener) {
      accepted++;
      conn.close();
    }
  })();
  await times(50, async (round) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    await probe.round();
    assertEquals(accepted, round + 1);
    conn.close();
  });
  listener.close();
  await accepting;
  probe.close();
});

Deno.test("A self probe that is closed or broken still lets everybody go on", async () => {
  const probe = await openAcceptBarrier();
  const round = probe.round();
  probe.close();
  await round;
  await probe.round();
});

/** With `--allow-net=0.0.0.0:8080` at a terminal the server stopped before it began, with a question about 127.0.0.1:0. */
Deno.test("A self probe asks for no permission", async () => {
  const { query } = Deno.permissions, { listen } = Deno;
  let listeners = 0;
  try {
    const asked = { state: "prompt" } as Deno.PermissionStatus;
    Deno.permissions.query = () => Promise.resolve(asked);
    Object.assign(Deno, { listen: () => listeners++ });
    const probe = await openAcceptBarrier();
    await probe.round();
    probe.close();
    assertEquals(listeners, 0);
  } finally {
    Deno.permissions.query = query;
    Object.assign(Deno, { listen });
  }
});

/** The near end stayed open, and a connection that never came out of the queue held up everybody's input. */
Deno.test("A self probe does without its connection if that cannot be accepted", async () => {
  const { listen } = Deno;
  const outOfDescriptors = () => Promise.reject(new Error("Too many open files (os error 24)"));
  const hold = (accept: () => Promise<Deno.TcpConn>) => async (): Promise<Deno.TcpConn> => {
    (await accept()).close(); // as in a flood: ours is never the one that comes
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
      const probe = await openAcceptBarrier();
      await probe.round();
      probe.close();
    } finally {
      Deno.listen = listen;
    }
  });
});
