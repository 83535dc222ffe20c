import { assertEquals } from "@std/assert";
import { projectPath } from "../support/paths.ts";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { Gateway } from "./gateway.ts";
import { browserTest } from "./guest.ts";

const PAGE = `file://${projectPath("static/index.html")}`;

browserTest(
  "Page: asks for the server when opened from disk, and stores the address",
  async (desk) => {
    await using server = new TestServer({ allowOrigin: "null" });
    const alice = await desk.visit(PAGE);
    const field = alice.page.locator("#server-field");
    await field.waitFor();
    assertEquals(await field.inputValue(), "ws://127.0.0.1:8080");
    await field.fill("not an address");
    await field.press("Enter");
    await alice.page.locator("#server-problem").getByText("Example: ws://host:port").waitFor();
    await field.fill(`127.0.0.1:${server.port}`);
    await field.press("Enter");
    await alice.takesName("Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await alice.says("from a file");
    await bob.hears("[Alice]: from a file");
    await bob.say("it works");
    await alice.sees("message", "it works");

    await alice.page.reload();
    await field.waitFor();
    assertEquals(await field.inputValue(), `127.0.0.1:${server.port}`);
  },
);

browserTest("Page: asks for the server again if it does not answer", async (desk) => {
  await using server = new TestServer({ allowOrigin: "null" });
  await using gateway = new Gateway(() => server.port);
  gateway.down = true;
  const alice = await desk.visit(PAGE);
  const field = alice.page.locator("#server-field");
  await field.fill(`ws://127.0.0.1:${gateway.port}`);
  await field.press("Enter");
  await alice.page.locator("#server-problem").getByText("The server does not answer").waitFor();
  await field.fill(`ws://127.0.0.1:${server.port}`);
  await field.press("Enter");
  await alice.takesName("Alice");
});

browserTest("Page: stays under its path behind a proxy", async (desk) => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port, "/talk/room");
  const alice = await desk.join(`http://127.0.0.1:${gateway.port}/talk/room/`, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await alice.says("from behind");
  await bob.hears("[Alice]: from behind");
});
