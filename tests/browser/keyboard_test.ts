import { assert, assertEquals } from "@std/assert";
import type { Locator } from "npm:playwright-core@1.65";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Guest } from "./guest.ts";

/** More than the number of tab stops on the page. */
const MOST_STOPS = 40;

/** Moves the focus to an element with the tab key alone. */
async function tabTo({ page }: Guest, target: Locator, key = "Tab"): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Cannot reach ${target} with ${key}`);
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement);
}

browserTest("Page: can be used with the keyboard alone", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const alice = await desk.visit(server.port);
  const { keyboard } = alice.page;

  await until(() => hasFocus(alice.page.locator("#name-field")), "the name can be typed");
  await keyboard.type("Alice");
  await keyboard.press("Enter");
  await alice.isCalled("Alice");
  await until(() => hasFocus(alice.field), "a message can be typed");
  await keyboard.type("one line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("and another");
  await keyboard.press("Enter");
  await bob.hears("[Alice]: one line", "[Alice]: and another");

  await tabTo(alice, alice.page.locator("#people-list button"));
  await keyboard.press("Enter");
  assertEquals(await alice.field.inputValue(), "/whisper Bob ");
  await keyboard.type("psst");
  await keyboard.press("Enter");
  await bob.hears("[Whisper from Alice]: psst");

  const menu = alice.page.locator("#menu-toggle");
  await tabTo(alice, menu, "Shift+Tab");
  await keyboard.press("Enter");
  await until(() => hasFocus(alice.page.locator("#menu button").first()), "the menu is open");
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await alice.page.locator("#stats-figures dd").first().waitFor();
  assert(await hasFocus(alice.page.locator("#stats-title")), "The panel has the focus");
  await keyboard.press("Escape");
  assert(await hasFocus(menu), "The focus is back");

  await keyboard.press("Enter");
  await keyboard.press("End");
  await keyboard.press("ArrowDown");
  await keyboard.press("Escape");
  assert(await hasFocus(menu), "The menu is closed");
  await keyboard.press("Enter");
  const settings = alice.page.getByRole("menuitem", { name: "Settings" });
  await until(async () => {
    await keyboard.press("ArrowDown");
    return await hasFocus(settings);
  }, "the settings can be chosen");
  await keyboard.press("Enter");
  await tabTo(alice, alice.page.locator("input[value=system]"));
  await keyboard.press("ArrowRight");
  await keyboard.press("ArrowRight");
  assertEquals(await alice.page.locator("html").getAttribute("data-theme"), "dark");
  await keyboard.press("Escape");
  await alice.page.locator("#settings").waitFor({ state: "hidden" });

  await tabTo(alice, menu, "Shift+Tab");
  await keyboard.press("Enter");
  await until(() => hasFocus(alice.page.locator("#menu button").first()), "the menu is open");
  await keyboard.press("End");
  await keyboard.press("Enter");
  await alice.state.getByText("Disconnected").waitFor();
  await tabTo(alice, alice.page.locator("#state-button"));
  await keyboard.press("Enter");
  await alice.isConnected();
  await alice.isCalled("Alice");
});

browserTest("Page: the log can be read with the keyboard alone", async (desk) => {
  await using server = new TestServer({ capacity: 4_096 });
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say(...Array.from({ length: 1_000 }, (_, index) => `line ${index}`));
  await alice.sees("message", "line 999");
  const scroller = alice.page.locator("#scroller");
  await tabTo(alice, scroller, "Shift+Tab");
  await until(async () => {
    await alice.page.keyboard.press("Home");
    return (await alice.texts("message")).includes("line 0");
  }, "the first message is there");
  await tabTo(alice, alice.page.locator("#jump"));
  await alice.page.keyboard.press("Enter");
  await alice.sees("message", "line 999");
  assert(await hasFocus(scroller), "The log has the focus");
});

browserTest(
  "Composer: arrow up shows earlier lines, arrow down returns to the draft",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    const { keyboard } = alice.page;
    await alice.says("first");
    await alice.says("second");
    await keyboard.type("third, not y");
    const steps: Array<[string, string]> = [
      ["ArrowUp", "second"],
      ["ArrowUp", "first"],
      ["ArrowUp", "first"],
      ["ArrowDown", "second"],
      ["ArrowDown", "third, not y"],
      ["ArrowDown", "third, not y"],
    ];
    for (const [key, text] of steps) {
      await keyboard.press(key);
      assertEquals(await alice.field.inputValue(), text);
    }
  },
);

browserTest(
  "Composer: ignores keys of an input method and keys that move the caret",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    await alice.says("said before");
    await alice.says("/join one");
    await alice.shows("one");
    await alice.field.fill("half typ");
    /** Whether the page handles a key. */
    const acts = (key: string, more: Readonly<Record<string, boolean | number>>) =>
      alice.field.evaluate((field, init: object) => {
        const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
        return !field.dispatchEvent(event);
      }, { key, ...more });
    // Chrome and Firefox report a composition. Safari ends it before the key and only its code tells.
    for (const key of ["Enter", "Tab", "Escape", "ArrowUp", "ArrowDown"]) {
      assertEquals(await acts(key, { isComposing: true, keyCode: 229 }), false, key);
      assertEquals(await acts(key, { keyCode: 229 }), false, key);
    }
    for (const modifier of ["shiftKey", "altKey", "ctrlKey", "metaKey"]) {
      for (const key of ["ArrowUp", "ArrowDown"]) {
        assertEquals(await acts(key, { [modifier]: true }), false, `${modifier} ${key}`);
      }
    }
    assertEquals(await acts("Enter", { altKey: true }), false);
    assertEquals(await alice.field.inputValue(), "half typ");
    assertEquals(await alice.entries("own").count(), 0);
    await alice.shows("one");
    await alice.field.fill("");
    await alice.page.keyboard.press("Alt+ArrowUp");
    await alice.shows("lobby");
  },
);

browserTest(
  "Composer: lists every command, and keeps the focus after a click beside the list",
  async (desk) => {
    await using server = new TestServer();
    const viewport = { width: 1_000, height: 420 };
    const alice = await desk.join(server.port, "Alice", { viewport });
    const { keyboard, mouse } = alice.page;
    await keyboard.type("/");
    const list = alice.page.locator("#palette-options");
    const { x, y, height } = (await alice.page.locator("#palette").boundingBox())!;
    await mouse.move(x + 2, y + height / 2);
    await mouse.down(); // beside the list, like on its scroll bar, which headless browsers do not show
    await mouse.up();
    assertEquals(await list.isVisible(), true);
    await keyboard.type("qu");
    assertEquals(await alice.field.inputValue(), "/qu");
    await list.getByRole("option").last().click();
    assertEquals(await alice.field.inputValue(), "/quit");
  },
);

browserTest(
  "Composer: tab completes commands and names, and shows the usage of a command",
  async (desk) => {
    await using server = new TestServer();
    using _bob = await (await LineClient.connect(server.port)).takesName("Bob");
    using _bert = await (await LineClient.connect(server.port)).takesName("Bert");
    const alice = await desk.join(server.port, "Alice");
    const { keyboard } = alice.page;
    const palette = alice.page.locator("#palette");

    await keyboard.type("/");
    assertEquals(await palette.locator("[role=option]").count() >= 6, true);
    await palette.getByText("/whisper <username> <message>").waitFor();
    await keyboard.type("w");
    await keyboard.press("Tab");
    assertEquals(await alice.field.inputValue(), "/whisper ");
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    assertEquals(await alice.field.inputValue(), "/whisper Bob ");
    assertEquals(await palette.innerText(), "/whisper <username> <message>");
    await alice.field.fill("");

    await keyboard.type("hello be");
    await keyboard.press("Tab");
    assertEquals(await alice.field.inputValue(), "hello Bert ");
    await alice.field.fill("");
    await keyboard.type("b");
    await keyboard.press("Tab");
    assertEquals(await palette.locator("[role=option]").allTextContents(), ["Bert", "Bob"]);
    await keyboard.press("Escape");
    assertEquals(await palette.isHidden(), true);
    await keyboard.press("Tab");
    await keyboard.press("Tab");
    assertEquals(await alice.field.inputValue(), "Bert: ");
  },
);

browserTest(
  "Composer: a counter shows the remaining length near the limit, and longer texts are not sent",
  async (desk) => {
    await using server = new TestServer({ maxPayload: 300 });
    const alice = await desk.join(server.port, "Alice");
    const counter = alice.page.locator("#counter");
    await alice.field.fill("x".repeat(100));
    assertEquals(await counter.isHidden(), true);
    await alice.field.fill("x".repeat(200));
    await counter.getByText(/^\d+ bytes left$/).waitFor();
    await alice.field.fill("x".repeat(400));
    await counter.getByText(/^\d+ bytes too long$/).waitFor();
    await alice.page.keyboard.press("Enter");
    assertEquals(await alice.field.inputValue(), "x".repeat(400));
    assertEquals(await alice.entries("own").count(), 0);

    await using strict = new TestServer({ maxMessage: 10 });
    const bob = await desk.join(strict.port, "Bob");
    await bob.field.fill("/whisper Alice 123456789");
    await bob.page.locator("#counter").getByText("1 bytes left").waitFor();
    await bob.field.fill("/whisper Alice 1234567890a");
    await bob.page.locator("#counter").getByText("1 bytes too long").waitFor();
  },
);
