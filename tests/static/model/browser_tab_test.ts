import { assertEquals } from "@std/assert";
import { FakeClock } from "../../support/clock.ts";
import { Memories } from "./fake_chat.ts";
import { ANSWER_TIMEOUT, createBrowserTab } from "../../../static/src/model/browser_tab.ts";

type Hear = (message: unknown) => void;

/** A site with several tabs. */
class Site {
  readonly #ears: Array<{ readonly tab: object; readonly hear: Hear }> = [];
  readonly clock = new FakeClock();
  #ids = 0;

  /** Opens a tab with this storage. Returns whether it considers itself a copy, once it knows. */
  open(memories: Memories, { alone = false } = {}) {
    const tab = {};
    let isCopy: boolean | undefined;
    const opened = createBrowserTab({
      memory: memories.of("tab"),
      channel: alone ? undefined : {
        post: (message) => {
          for (const ear of [...this.#ears]) if (ear.tab !== tab) ear.hear(message);
        },
        listen: (hear) => void this.#ears.push({ tab, hear }),
      },
      after: (ms, run) => this.clock.after(ms, run),
      createId: () => String(++this.#ids),
    });
    opened.claim((is) => isCopy = is);
    return {
      ...opened,
      get isCopy() {
        return isCopy;
      },
      /** Simulates a crash. */
      crash: () => {
        for (const ear of this.#ears) {
          if (ear.tab === tab) this.#ears.splice(this.#ears.indexOf(ear), 1);
        }
      },
    };
  }
}

function copyOf(memories: Memories): Memories {
  const copy = new Memories();
  copy.of("tab").save(memories.of("tab").load() ?? "");
  return copy;
}

Deno.test("BrowserTab.claim() recognizes a new tab and a reload at once", () => {
  const site = new Site();
  const memories = new Memories();
  const first = site.open(memories);
  assertEquals(first.isCopy, false);
  first.onHide();
  const reloaded = site.open(memories);
  assertEquals(reloaded.isCopy, false);
  assertEquals(site.open(new Memories()).isCopy, false);
});

Deno.test("BrowserTab.claim() recognizes a copy of an open tab, which then gets its own id", () => {
  const site = new Site();
  const memories = new Memories();
  site.open(memories);
  const copied = copyOf(memories);
  const copy = site.open(copied);
  assertEquals(copy.isCopy, true);
  assertEquals(site.open(copyOf(copied)).isCopy, true, "A copy of the copy");
  copy.onHide();
  assertEquals(site.open(copied).isCopy, false, "A reload of the copy");
});

Deno.test("BrowserTab.claim() keeps the id after a crash if no other tab answers", () => {
  const site = new Site();
  const memories = new Memories();
  site.open(memories).crash();
  const again = site.open(memories);
  assertEquals(again.isCopy, undefined);
  site.clock.advance(ANSWER_TIMEOUT);
  assertEquals(again.isCopy, false);
});

Deno.test("BrowserTab.claim() finds no copy without a channel or with broken storage", () => {
  for (
    const text of ["nonsense", "null", "[]", '{"id":1,"isOpen":true}', '{"id":"1","isOpen":true}']
  ) {
    const memories = new Memories();
    memories.of("tab").save(text);
    assertEquals(new Site().open(memories, { alone: true }).isCopy, false, text);
  }
});

Deno.test("BrowserTab.onRestore() lets a copy of a restored page be recognized", () => {
  const site = new Site();
  const memories = new Memories();
  const tab = site.open(memories);
  tab.onHide();
  tab.onRestore();
  assertEquals(site.open(copyOf(memories)).isCopy, true);
});
