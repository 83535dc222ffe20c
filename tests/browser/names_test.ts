import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, Guest } from "./guest.ts";

browserTest("Page: announces a new name to all, and keeps it after a reload", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  const bob = await desk.join(server.port, "Bob");
  await alice.page.locator("#own-name").click();
  await alice.takesName("Alicia");
  await alice.sees("notice", "You are now called Alicia");
  await bob.sees("presence", "Alice is now called Alicia");
  await bob.page.locator("#people-list").getByText("Alicia", { exact: true }).waitFor();

  await alice.says("/name Ally");
  await alice.isCalled("Ally");
  await bob.sees("presence", "Alicia is now called Ally");

  await alice.page.reload();
  await alice.isCalled("Ally");
  await alice.isConnected();
  await alice.says("still me");
  await bob.sees("message", "still me");
  assertEquals(await bob.log.locator(".message .sender .name").allTextContents(), ["Ally"]);
});

browserTest(
  "Page: shows the server's reason if a name is taken or not allowed",
  async (desk) => {
    await using server = new TestServer();
    using _bob = await (await LineClient.connect(server.port)).takesName("Bob");
    const guest = await desk.visit(server.port);
    const field = guest.page.locator("#name-field");
    const problem = guest.page.locator("#name-problem");
    await guest.page.locator("#name-rules").getByText("1 to 32 letters").waitFor();

    await field.fill("Bob");
    await field.press("Enter");
    await problem.getByText("Username 'Bob' is already taken").waitFor();
    await field.fill("no spaces here");
    assertEquals(await problem.isHidden(), true);
    await field.press("Enter");
    await problem.getByText("is not allowed").waitFor();
    assertEquals(await field.getAttribute("aria-invalid"), "true");
    await guest.takesName("Bobby");
  },
);

browserTest(
  "Page: asks for another name if the stored one is taken",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    const twin = await alice.context.newPage();
    await twin.goto(alice.page.url());
    await twin.locator("#name-problem").getByText("already taken").waitFor();
    assertEquals(await twin.locator("#name-field").inputValue(), "Alice");
  },
);

browserTest(
  "Page: a reloaded tab keeps its name, regardless of other tabs",
  async (desk) => {
    await using server = new TestServer();
    const carol = await desk.join(server.port, "Carol");
    const dave = new Guest(carol.context, await carol.context.newPage());
    await dave.page.goto(carol.page.url());
    await dave.page.locator("#name-problem").getByText("already taken").waitFor();
    await dave.takesName("Dave");
    await carol.page.reload();
    await carol.isCalled("Carol");
    await dave.page.reload();
    await dave.isCalled("Dave");
    await carol.says("I am Carol");
    await dave.sees("message", "I am Carol");
  },
);

browserTest(
  "Page: a duplicated tab is another user and does not affect the first one",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    await alice.says("before");
    await alice.sees("own", "before");
    await alice.chooses("Disconnect");
    await alice.says("waits");
    await alice.log.locator(".delivery.queued").waitFor();

    const twin = await alice.duplicates(desk);
    await twin.page.locator("#name-dialog").waitFor();
    assertEquals(await twin.page.locator("#name-field").inputValue(), "");
    await twin.takesName("Twin");
    await twin.says("hello");
    await twin.sees("own", "hello");
    assertEquals(
      await twin.texts("own"),
      ["hello"],
      "The copy does not send messages of the original",
    );
    await alice.page.locator("#state-button").click();
    await alice.isCalled("Alice");
    await twin.sees("message", "waits");
    await alice.says("after");
    await twin.sees("message", "after");
    assertEquals(await twin.texts("own"), ["hello"]);

    // Now the copy has its own identity.
    await twin.page.reload();
    await twin.isCalled("Twin");
    await alice.page.reload();
    await alice.isCalled("Alice");
  },
);

browserTest("Page: a user can send messages without a name", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const guest = await desk.visit(server.port);
  await guest.page.getByRole("button", { name: "Continue without a name" }).click();
  await guest.says("hello");
  const name = await guest.page.locator("#own-name bdi").textContent();
  assertEquals(/^guest-\d+$/.test(name ?? ""), true, `No address: ${name}`);
  const line = await bob.line();
  assertEquals(/^\[127\.0\.0\.1:\d+\]: hello$/.test(line), true, `Terminals see it: ${line}`);
  await bob.say("and you?");
  await guest.sees("message", "and you?");
  const address = /[\d.]+:\d+/.exec(line)?.[0] ?? "";
  assertEquals((await guest.page.content()).includes(address), false);
});
