import { assert, assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { Gateway } from "./gateway.ts";
import { browserTest, type Guest } from "./guest.ts";

/** A queue that is large enough for the burst. */
const ROOMY = { capacity: 65_536, capacityBytes: 64 * 1_048_576 };

/** The maximum number of rows in the document. */
const MOST_ROWS = 240;

/** The maximum time between two frames on a busy machine, in ms. */
const LONGEST_FRAME = 2_000;

/** Numbered lines that are simple to lay out. */
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

/** The numbers of the lines in the document. */
async function shown(guest: Guest): Promise<number[]> {
  const texts = await guest.texts("message");
  return texts.map((text) => Number(text.replace("line ", "")));
}

/** Whether the numbers are consecutive. */
function isRow(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1);
}

browserTest(
  "Page: shows 5,000 messages in a burst in order, and stays responsive",
  async (desk) => {
    await using server = new TestServer(ROOMY);
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await watchFrames(alice);
    const burst = bob.say(...numbered(5_000));
    await alice.field.pressSequentially("typed in the storm");
    await burst;
    await alice.sees("message", "line 4999");
    const longest = await alice.page.evaluate(() => Reflect.get(globalThis, "longestFrame"));
    assert(longest < LONGEST_FRAME, `No frame takes long: ${longest} ms`);
    assertEquals(await alice.field.inputValue(), "typed in the storm");
    const last = await shown(alice);
    assertEquals([last.at(-1), isRow(last), last.length <= MOST_ROWS], [4_999, true, true]);

    // All of them are in memory: scrolling up shows them.
    const seen = new Set(last);
    await until(async () => {
      await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
      const numbers = await shown(alice);
      assert(isRow(numbers) && numbers.length <= MOST_ROWS, `In order: ${numbers.join()}`);
      for (const number of numbers) seen.add(number);
      return seen.has(0);
    }, "the first message is there");
    assertEquals(seen.size, 5_000);
  },
);

browserTest(
  "Page: keeps the document small and scrolls quickly with 10,000 messages",
  async (desk) => {
    await using server = new TestServer(ROOMY);
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say(...numbered(10_000));
    await alice.sees("message", "line 9999");
    // Scrolls up and down by one screen many times: the rows stay in order and in place.
    const scroller = alice.page.locator("#scroller");
    await scroller.hover();
    for (let turn = 0; turn < 20; turn++) await alice.page.mouse.wheel(0, turn < 10 ? -600 : 600);
    const numbers = await shown(alice);
    assertEquals([isRow(numbers), numbers.length <= MOST_ROWS], [true, true]);
    assert(await alice.page.locator("*").count() < 2_500, "The document stays small");
  },
);

browserTest(
  "Page: keeps the scroll position while the user reads older messages, and counts new ones",
  async (desk) => {
    await using server = new TestServer(ROOMY);
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say(...numbered(300));
    await alice.sees("message", "line 299");
    const scroller = alice.page.locator("#scroller");
    const jump = alice.page.locator("#jump");
    assertEquals(await jump.isHidden(), true);

    await scroller.hover();
    await alice.page.mouse.wheel(0, -1_500);
    await jump.getByText("Newest messages").waitFor();
    const read = alice.log.locator(".row").filter({ hasText: "line 250" });
    const before = await read.boundingBox();
    await bob.say("new one");
    await jump.getByText("1 new message", { exact: true }).waitFor();
    await bob.say(...numbered(499));
    await jump.getByText("500 new messages").waitFor();
    assertEquals(await read.boundingBox(), before);

    await jump.click();
    await alice.sees("message", "line 498");
    await jump.waitFor({ state: "hidden" });
    await bob.say("followed again");
    await alice.sees("message", "followed again");
    assert(await isAtEnd(alice), "The newest is in sight");
  },
);

browserTest("Page: scrolls to the user's own message", async (desk) => {
  await using server = new TestServer(ROOMY);
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.say(...numbered(200));
  await alice.sees("message", "line 199");
  await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
  await alice.page.locator("#jump").waitFor();
  await alice.says("mine");
  await alice.page.locator("#jump").waitFor({ state: "hidden" });
  assert(await isAtEnd(alice), "The newest is in sight");
});

for (const noHistory of [true, false]) {
  const what = noHistory ? "leave a note where they are missing" : "are fetched";
  browserTest(`Page: messages that were too much at once ${what}`, async (desk) => {
    await using server = new TestServer({ capacity: 8, writeTimeout: 0, noHistory });
    await using gateway = new Gateway(() => server.port);
    const alice = await desk.join(gateway.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    // More than the socket buffers can hold.
    const flow = gateway.stall();
    await bob.say(...numbered(200).map((line) => line.padEnd(60_000)));
    await server.logs(/^Slow client/);
    await bob.hearsNothing();
    flow();
    await alice.sees("message", /^line 199/);
    if (noHistory) {
      await alice.sees("missed", /^Too much at once: \d+ messages were missed\.$/);
    } else {
      await until(
        async () => isRow(await shown(alice)) && (await shown(alice)).length === 200,
        "all are there, in order",
      );
      assertEquals(await alice.entries("missed").count(), 0);
    }
  });
}

/** Makes the page measure the time between frames. */
async function watchFrames(guest: Guest): Promise<void> {
  await guest.page.evaluate(() => {
    let before = performance.now();
    Reflect.set(globalThis, "longestFrame", 0);
    const frame = (now: number) => {
      const longest = Math.max(Reflect.get(globalThis, "longestFrame"), now - before);
      Reflect.set(globalThis, "longestFrame", longest);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Whether the end of the log is visible. */
function isAtEnd(guest: Guest): Promise<boolean> {
  return guest.page.locator("#scroller").evaluate((scroller) =>
    scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 4
  );
}
