import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { TestServer } from "../support/server.ts";
import { Gateway } from "./gateway.ts";
import { browserTest } from "./guest.ts";
import "../support/environment.ts"; // fetch

browserTest(
  "Page: reconnects under its name after a restart, and delivers queued messages once",
  async (desk) => {
    const first = new TestServer();
    const { port } = first;
    const alice = await desk.join(port, "Alice");
    await alice.says("before");
    await alice.sees("own", "before");
    await first.shutdown();

    await alice.sees("notice", "Server is shutting down");
    await alice.state.getByText("Reconnecting").waitFor();
    await alice.says("typed while nobody was there");
    await alice.log.locator(".delivery.queued").waitFor();

    await using second = new TestServer({ port });
    using bob = await LineClient.connect(second.port);
    await bob.takesName("Bob");
    await alice.comesBack();
    await bob.hears("[Alice]: typed while nobody was there");
    await alice.isConnected();
    await alice.sees("missed", /The server was restarted/);
    await alice.log.locator(".delivery").waitFor({ state: "detached" });
    await alice.says("after");
    await bob.hears("[Alice]: after");
    assertEquals(await alice.texts("own"), ["before", "typed while nobody was there", "after"]);
  },
);

browserTest(
  "Page: reconnects by itself after the server was killed",
  async (desk) => {
    await using first = await Program.start();
    const { port } = first;
    const alice = await desk.join(port, "Alice");
    await first.end("SIGKILL");
    await alice.state.getByText("Reconnecting").waitFor();
    await using second = new Program(denoRun(MAIN, "--port", String(port)));
    await second.listens();
    using bob = await LineClient.connect(port);
    await bob.takesName("Bob");
    await alice.says("found");
    await bob.hears("[Alice]: found");
  },
);

for (const noHistory of [true, false]) {
  const what = noHistory ? "it says how many messages were missed" : "nothing is missing";
  browserTest(`Page: after a lost connection ${what}`, async (desk) => {
    await using server = new TestServer({ noHistory });
    await using gateway = new Gateway(() => server.port);
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    const alice = await desk.join(gateway.port, "Alice");
    await bob.say("seen");
    await alice.sees("message", "seen");

    gateway.down = true;
    gateway.cut();
    await alice.state.getByText("Reconnecting").waitFor();
    await server.logs(/^Disconnected/);
    await bob.say("missed one", "missed two");
    await server.settle();
    gateway.down = false;
    await alice.comesBack();
    if (noHistory) await alice.sees("missed", /^Back after \d+ s\. 2 messages were missed\.$/);
    else await alice.sees("notice", /^Back after \d+ s\. Nothing was missed\.$/);
    await bob.say("seen again");
    await alice.sees("message", "seen again");
    const missed = noHistory ? [] : ["missed one", "missed two"];
    assertEquals(await alice.texts("message"), ["seen", ...missed, "seen again"]);
    assertEquals(await alice.log.locator(".unread-line").count(), noHistory ? 0 : 1);
    await alice.isCalled("Alice");
  });
}

browserTest(
  "Page: a message that is sent again after a lost acknowledgement is delivered and shown once",
  async (desk) => {
    await using server = new TestServer();
    await using gateway = new Gateway(() => server.port);
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    const alice = await desk.join(gateway.port, "Alice");
    await alice.says("first");
    await bob.hears("[Alice]: first");
    await alice.log.locator(".delivery").waitFor({ state: "detached" });

    // Her message reaches the server, but the acknowledgement does not reach her.
    const flow = gateway.mute();
    await alice.says("once");
    await bob.hears("[Alice]: once");
    gateway.down = true;
    gateway.cut();
    flow();
    await alice.state.getByText("Reconnecting").waitFor();
    gateway.down = false;
    await alice.comesBack();
    await alice.log.locator(".delivery").waitFor({ state: "detached" });
    await alice.says("then");
    await bob.hears("[Alice]: then");
    assertEquals(await alice.texts("message"), ["first", "once", "then"]);
    await bob.hearsNothing();
  },
);

browserTest("Page: reconnects at once when the network is back, and on request", async (desk) => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port);
  const alice = await desk.join(gateway.port, "Alice");
  const longWait = alice.page.locator("#state-wait").getByText(/in \d\d s|in [6-9] s/);
  const goOffline = async () => {
    gateway.down = true;
    gateway.cut();
    await longWait.waitFor(); // the first attempts wait less
    gateway.down = false;
  };

  await goOffline();
  await alice.page.evaluate(() => dispatchEvent(new Event("online")));
  await alice.isConnected();
  await goOffline();
  await alice.page.getByRole("button", { name: "Retry now" }).click();
  await alice.isConnected();
});

browserTest("Page: stays disconnected until the user connects again", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  await alice.chooses("Disconnect");
  await alice.state.getByText("Disconnected").waitFor();
  await server.logs(/^Disconnected/);
  await alice.says("kept");
  await alice.log.locator(".delivery.queued").waitFor();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await alice.page.getByRole("button", { name: "Connect", exact: true }).click();
  await bob.hears("[Alice]: kept");
  await alice.isCalled("Alice");
});

browserTest("Page: queued messages and drafts survive a reload", async (desk) => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port);
  const alice = await desk.join(gateway.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await alice.chooses("Disconnect");
  await alice.says("waiting");
  await alice.field.fill("half a thou");
  await alice.page.reload();
  await alice.sees("own", "waiting");
  await bob.hears("[Alice]: waiting");
  assertEquals(await alice.field.inputValue(), "half a thou");
});

browserTest(
  "Page: distinguishes an incompatible server from an unreachable one",
  async (desk) => {
    await using server = new TestServer();
    // This server accepts WebSockets but supports no subprotocols.
    await using old = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      if (request.headers.get("upgrade") === "websocket") {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.onerror = () => {};
        return response;
      }
      return fetch(`http://127.0.0.1:${server.port}${new URL(request.url).pathname}`);
    });
    const guest = await desk.visit(old.addr.port);
    await guest.state.getByText("Incompatible server").waitFor();
    await guest.sees("error", /needs backchannel\.v1\.json/);
  },
);
