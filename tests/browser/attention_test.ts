import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

browserTest(
  "Page: the title and the icon show the number of unread messages while the page is hidden",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    const icon = alice.page.locator("link[rel=icon]");
    await bob.say("seen");
    await alice.sees("message", "seen");
    assertEquals(await alice.page.title(), "Backchannel");

    await alice.hides(true);
    await bob.say("one", "two", "/whisper Alice three");
    await until(async () => await alice.page.title() === "(3) Backchannel", "the title counts");
    const href = await icon.getAttribute("href") ?? "";
    assertEquals(decodeURIComponent(href).includes(">3</text>"), true);
    await alice.hides(false);
    assertEquals(await alice.page.title(), "Backchannel");
    assertEquals((await icon.getAttribute("href"))?.includes("text"), false);
  },
);

browserTest(
  "Page: counts messages as unread while its window has no focus, and draws the unread line",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say("seen");
    await alice.sees("message", "seen");
    await alice.hasFocus(false);
    await bob.say("one", "two");
    await until(async () => await alice.page.title() === "(2) Backchannel", "the title counts");
    assertEquals(await alice.log.locator(".row:has(.unread-line) .text").textContent(), "one");
    await alice.hasFocus(true);
    assertEquals(await alice.page.title(), "Backchannel");
    assertEquals(await alice.item("lobby").locator(".badge").count(), 0);
  },
);

browserTest(
  "Page: notifies of whispers and mentions only, if the setting is on",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice", { permissions: ["notifications"] });
    await alice.page.evaluate(() => {
      const shown: string[] = [];
      class FakeNotification extends EventTarget {
        static permission = "granted";
        static requestPermission = () => Promise.resolve("granted");
        constructor(title: string, { body }: { body: string }) {
          super();
          shown.push(`${title}: ${body}`);
        }
      }
      Object.assign(globalThis, { Notification: FakeNotification, shown });
    });
    const shown = () =>
      alice.page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");

    await alice.hides(true);
    await bob.say("Alice, not yet");
    await alice.sees("message", "Alice, not yet");
    assertEquals(await shown(), []);
    await alice.hides(false);
    await alice.chooses("Settings");
    await alice.page.getByRole("switch", { name: /Notify me/ }).check();
    await alice.hasFocus(false);
    await bob.say(
      "to all",
      "hello alice!",
      "/whisper Alice psst",
      "malice is another word",
      "done",
    );
    await alice.sees("message", "done");
    assertEquals(await shown(), ["Bob mentions you in lobby: hello alice!", "Bob whispers: psst"]);
    assertEquals(await alice.log.locator("mark").allTextContents(), ["Alice", "alice"]);
  },
);

browserTest(
  "Page: announces messages to screen readers, and summarizes many at once",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    const announcer = alice.page.locator("#announcer");
    await bob.say("first words");
    await announcer.getByText("Bob: first words").waitFor({ state: "attached" });
    await bob.say(...Array.from({ length: 200 }, (_, index) => `word ${index}`));
    await announcer.getByText(/new entries\. The last one: Bob: word 199$/).waitFor({
      state: "attached",
    });
  },
);
