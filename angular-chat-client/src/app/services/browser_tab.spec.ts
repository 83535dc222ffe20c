import { FakeMemory, tick } from "../../testing/fake_socket";
import { ANSWER_TIMEOUT, BrowserTab, type TabChannel } from "./browser_tab";

type Listener = (event: { readonly data: unknown }) => void;

describe("BrowserTab", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Tabs that hear each other. */
  class Site {
    readonly #listeners: Array<readonly [object, Listener]> = [];

    channel(): TabChannel {
      const self = {};
      const hear = (listener: Listener) => void this.#listeners.push([self, listener]);
      return {
        addEventListener: (_: string, listener: Listener) => hear(listener),
        postMessage: (data: unknown) => {
          for (const [other, listener] of [...this.#listeners]) {
            if (other !== self) listener({ data });
          }
        },
      } as TabChannel;
    }
  }

  function copyOf(memory: FakeMemory): FakeMemory {
    const copy = new FakeMemory();
    copy.set("tab", memory.get("tab") ?? "");
    return copy;
  }

  it("keeps its id after a reload, at once", async () => {
    const site = new Site();
    const memory = new FakeMemory();
    const first = new BrowserTab(memory, site.channel());
    expect(await first.claim()).toBe(false);
    first.onHide();
    expect(await new BrowserTab(memory, site.channel()).claim()).toBe(false);
  });

  it("is a copy while the original is open, and gets its own id", async () => {
    const site = new Site();
    const memory = new FakeMemory();
    await new BrowserTab(memory, site.channel()).claim();
    const copied = copyOf(memory);
    const copy = new BrowserTab(copied, site.channel());
    expect(await copy.claim()).toBe(true);
    copy.onHide();
    expect(await new BrowserTab(copied, site.channel()).claim()).toBe(false);
  });

  it("keeps its id after a crash if no other tab answers", async () => {
    const memory = new FakeMemory();
    await new BrowserTab(memory, new Site().channel()).claim();
    const claimed = new BrowserTab(memory, new Site().channel()).claim();
    await tick(ANSWER_TIMEOUT);
    expect(await claimed).toBe(false);
  });

  it("is no copy in a browser without channels or with broken storage", async () => {
    for (const text of ["nonsense", "null", "[]", '{"id":1}', '{"id":"a","isOpen":true}']) {
      const memory = new FakeMemory();
      memory.set("tab", text);
      const claimed = new BrowserTab(memory, undefined).claim();
      await tick(0);
      expect(await claimed).toBe(false);
    }
  });
});
