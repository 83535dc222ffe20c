/**
 * A history against a simple model: arrays of all messages ever appended. Where the history may decide (when an old message
 * expires, what a crash loses), the model takes over its decision and checks it against the contract.
 */
import { assert, assertEquals } from "@std/assert";
import type { Message, StoredMessage } from "../../lib/chat/history.ts";
import { FLUSH_INTERVAL, TIME_INTERVAL } from "../../lib/history/background_writer.ts";
import { eachSeed, type Random } from "../random.ts";
import { FakeClock } from "../support/clock.ts";
import { Folder, newMessage, openInside, searchAll } from "./fakes.ts";

/** Longer than any flush, sweep and retry takes, in ms. */
const LONG = 130_000;

/** How long after its time an old message may still be offered, in ms: until it is written and found by a sweep. */
const SWEEPING = 4_000;

const AGE = 300_000;

interface Entry {
  readonly epoch: string;
  readonly offset: number;
  readonly message: Message;
  readonly at: number;
  isLost: boolean;
  /** How much longer messages may be kept, in ms: a crash loses the time since it was stored if the wall clock is wrong. */
  extra: number;
}

interface RoomModel {
  readonly name: string;
  /** All messages ever appended, including lost ones. */
  readonly timeline: Entry[];
  /** The messages that have the offsets from 1 on now. */
  entries: Entry[];
  topic: string;
  /** The greatest offset seen since the history was opened. */
  oldest: number;
}

class Model {
  readonly #random: Random;
  readonly #folder: Folder;
  readonly #inFile: boolean;
  readonly #limit: number;
  readonly #clock = new FakeClock();
  readonly #rooms = ["lobby", "tea", "📚"].map((name): RoomModel => {
    return { name, timeline: [], entries: [], topic: "", oldest: 1 };
  });
  readonly #epochs: string[] = [];
  /** The offsets from which clients must be able to continue. */
  #trusted = new Set<string>();
  #opened: ReturnType<typeof openInside>;
  #path: string | undefined;
  #files = 0;
  #ids = 0;
  #isFailing = false;
  /** Whether messages may be unwritten. */
  #isBehind = false;
  /** How often each action was done, so that the test cannot pass without doing any. */
  readonly counts = { trusted: 0, lost: 0, crashes: 0, failures: 0, incomplete: 0, jumps: 0 };

  constructor(random: Random, folder: Folder, inFile: boolean) {
    this.#random = random;
    this.#folder = folder;
    this.#inFile = inFile;
    this.#limit = random.pick([5, 40, 200]);
    this.#path = inFile ? folder.file() : undefined;
    this.#opened = this.#open();
  }

  step(): void {
    const random = this.#random;
    if (random.oneIn(200)) return this.#settle();
    if (random.oneIn(15)) return this.#clock.advance(random.between(1, 3 * FLUSH_INTERVAL));
    if (random.oneIn(40)) return this.#clock.advance(random.between(1_000, 30_000));
    if (random.oneIn(25)) return this.#setWall();
    if (random.oneIn(30)) return this.#setTopic();
    if (random.oneIn(8)) return this.#checkPage();
    if (random.oneIn(15)) return this.#checkFind();
    if (random.oneIn(15)) return this.#checkSearch();
    if (random.oneIn(12)) return this.#checkTrust();
    if (this.#inFile && random.oneIn(150)) return this.#fail();
    if (this.#inFile && random.oneIn(100)) return this.#reopen();
    if (this.#inFile && random.oneIn(100)) return this.#crash();
    this.#append();
  }

  close(): void {
    this.#settle();
    this.#opened.history.close();
    assertEquals(this.#clock.pending, 0);
  }

  #open(): ReturnType<typeof openInside> {
    const opened = openInside(this.#path, { limit: this.#limit, ageMs: AGE }, this.#clock);
    this.#epochs.push(opened.history.epoch);
    this.#trusted.add(opened.history.epoch);
    for (const room of this.#rooms) room.oldest = 1;
    return opened;
  }

  #append(): void {
    const { history } = this.#opened;
    const room = this.#random.pick(this.#rooms);
    // A flood now and then makes batches of different sizes.
    for (let i = this.#random.oneIn(20) ? 150 : 1; i > 0; i--) {
      const words = Array.from({ length: 3 }, () => `w${this.#random.below(12)}`);
      const message = newMessage(words.join(" "), {
        time: this.#clock.wall(),
        clientId: this.#random.oneIn(3) ? null : `id-${this.#ids++}`,
        sender: this.#random.between(1, 9),
        action: this.#random.oneIn(5),
        name: this.#random.oneIn(3) ? null : "Ada",
      });
      const offset = history.append(room.name, message);
      assertEquals(offset, room.entries.length + 1);
      const { epoch } = history;
      const entry = { epoch, offset, message, at: this.#clock.now(), isLost: false, extra: 0 };
      room.entries.push(entry);
      room.timeline.push(entry);
    }
    this.#isBehind = true;
  }

  /** Sets the wall clock, right or wrong. Nothing may expire earlier or later because of that. */
  #setWall(): void {
    const day = 86_400_000;
    const jump = this.#random.pick([-400 * day, -30 * day, -5_000, 30 * day, 400 * day]);
    this.#clock.wallOffset = this.#random.oneIn(3) ? 0 : jump;
    this.counts.jumps++;
  }

  #setTopic(): void {
    const room = this.#random.pick(this.#rooms);
    room.topic = this.#random.pick(["", "tea", "books"]);
    this.#opened.history.setTopic(room.name, room.topic);
    assertEquals(this.#opened.history.topic(room.name), room.topic);
  }

  /** Lets all pending work be done. */
  #settle(): void {
    this.#heal();
    this.#clock.advance(LONG);
    this.#isBehind = false;
    const { history } = this.#opened;
    assertEquals(history.problem, undefined);
    for (const room of this.#rooms) {
      assertEquals(history.latest(room.name), room.entries.length);
      assertEquals(history.topic(room.name), room.topic);
      const kept = room.entries.slice(this.#oldest(room) - 1);
      for (const { at, extra } of kept) {
        const late = this.#clock.now() - AGE - SWEEPING - at;
        assert(late <= extra, "it should be gone by now");
      }
    }
  }

  /** The messages that the history offers, after checking that it may. */
  #oldest(room: RoomModel): number {
    const oldest = this.#opened.history.oldest(room.name);
    const least = Math.max(1, room.entries.length - this.#limit + 1, room.oldest);
    assert(oldest >= least, `${oldest} is offered and over the limit or gone before`);
    for (const { at } of room.entries.slice(least - 1, oldest - 1)) {
      assert(at < this.#clock.now() - AGE, "it is gone too early");
    }
    return room.oldest = oldest;
  }

  #stored({ epoch, offset, message }: Entry): StoredMessage {
    const sender = epoch === this.#opened.history.epoch ? message.sender : 0;
    return { ...message, offset, sender };
  }

  #checkPage(): void {
    const random = this.#random;
    const room = random.pick(this.#rooms);
    const latest = room.entries.length;
    const near = () => random.oneIn(2) ? undefined : random.between(0, latest + 3);
    const query = { after: near(), before: near(), limit: random.between(1, 60) };
    const oldest = this.#oldest(room);
    const page = this.#opened.history.page(room.name, query);
    const asked = room.entries.filter(({ offset }) => {
      return offset >= oldest && offset > (query.after ?? 0) && offset < (query.before ?? Infinity);
    });
    const expected = query.after === undefined
      ? asked.slice(-query.limit)
      : asked.slice(0, query.limit);
    assertEquals(page.messages, expected.map((entry) => this.#stored(entry)));
    const { after } = query;
    const complete = after === undefined || (after >= oldest - 1 && after <= latest);
    assertEquals(page.complete, complete);
    if (!complete) this.counts.incomplete++;
    assertEquals(page.more, asked.length > expected.length);
  }

  #checkFind(): void {
    const { history } = this.#opened;
    const room = this.#random.pick(this.#rooms);
    if (room.timeline.length === 0) return;
    const { message: { clientId } } = this.#random.pick(room.timeline.slice(-2 * this.#limit));
    if (clientId === null) return;
    const oldest = this.#oldest(room);
    const entry = room.entries.findLast(({ message }) => message.clientId === clientId);
    const expected = entry !== undefined && entry.offset >= oldest ? entry.offset : undefined;
    assertEquals(history.find(room.name, clientId), expected);
    assertEquals(history.find("elsewhere", clientId), undefined);
  }

  #checkSearch(): void {
    if (this.#isFailing) return;
    const room = this.#random.pick(this.#rooms);
    const words = Array.from({ length: this.#random.between(1, 3) }, () => {
      return `w${this.#random.below(13)}`;
    });
    const limit = this.#random.between(1, 30);
    const found = searchAll(this.#opened.history, room.name, words.join(" "), limit);
    const oldest = this.#oldest(room);
    const expected = room.entries.slice(oldest - 1).filter(({ message }) => {
      return words.every((word) => message.text.split(" ").includes(word));
    });
    assertEquals(found, expected.slice(-limit).map((entry) => this.#stored(entry)));
  }

  /** A client returns that saw a message of some epoch, which may be lost by now. */
  #checkTrust(): void {
    const { history } = this.#opened;
    const room = this.#random.pick(this.#rooms);
    const seen = this.#random.oneIn(10)
      ? { epoch: this.#random.pick(this.#epochs), offset: 0 }
      : this.#random.pick(room.timeline.slice(-100).concat(room.entries.slice(-30)));
    if (seen === undefined) return;
    const isTrusted = history.trusts(room.name, seen.epoch, seen.offset);
    const { complete } = history.page(room.name, { after: seen.offset, limit: 1 });
    if (!isTrusted || !complete) return this.#checkDoubt(room, seen);
    this.counts.trusted++;
    // At least the messages appended since an epoch follow offset 0 of it.
    const from = seen.offset === 0
      ? room.timeline.findIndex(({ epoch }) => epoch === seen.epoch)
      : room.timeline.findIndex((entry) =>
        entry.epoch === seen.epoch && entry.offset === seen.offset
      );
    if (from === -1) return;
    const later = room.timeline.slice(from);
    assert(!later.some(({ isLost }) => isLost), "it is trusted, and something was lost behind it");
  }

  #checkDoubt(room: RoomModel, { epoch, offset }: Pick<Entry, "epoch" | "offset">): void {
    const isKept = offset >= this.#oldest(room) && offset <= room.entries.length;
    assert(!isKept || !this.#trusted.has(epoch), "there is no reason for doubt");
  }

  #fail(): void {
    this.#opened.database.exec("PRAGMA query_only = ON");
    this.#isFailing = true;
    this.#append();
    this.#clock.advance(2 * FLUSH_INTERVAL);
    assert(this.#opened.history.problem !== undefined);
    assertEquals(
      this.#opened.reported.at(-1),
      "Cannot use history '" + this.#path + "': it is read-only",
    );
    this.counts.failures++;
  }

  #heal(): void {
    if (!this.#isFailing) return;
    this.#opened.database.exec("PRAGMA query_only = OFF");
    this.#isFailing = false;
    this.#clock.advance(LONG);
    assertEquals(this.#opened.reported.at(-1), "recovered");
    assertEquals(this.#opened.history.problem, undefined);
  }

  #reopen(): void {
    this.#heal();
    this.#opened.history.close();
    assert(!exists(`${this.#path}-wal`));
    this.#opened = this.#open();
    this.#isBehind = false;
    for (const room of this.#rooms) {
      assertEquals(this.#opened.history.latest(room.name), room.entries.length);
    }
  }

  /** SIGKILL leaves the files as they are at that moment. */
  #crash(): void {
    this.#heal();
    if (this.#random.oneIn(2)) this.#settle();
    else this.#append();
    const before = this.#path!;
    this.#path = this.#folder.file(`${++this.#files}.db`);
    for (const end of ["", "-wal"]) Deno.copyFileSync(before + end, this.#path + end);
    this.#opened.history.close();
    Deno.removeSync(before);
    if (this.#isBehind) this.#trusted = new Set();
    this.#opened = this.#open();
    for (const room of this.#rooms) {
      this.#lose(room);
      for (const entry of room.entries) entry.extra += TIME_INTERVAL;
    }
    this.#isBehind = false;
    this.counts.crashes++;
  }

  #lose(room: RoomModel): void {
    const { history } = this.#opened;
    const latest = history.latest(room.name);
    const lost = room.entries.splice(latest);
    for (const entry of lost) {
      assert(entry.at > this.#clock.now() - FLUSH_INTERVAL, "it was to be written long ago");
      entry.isLost = true;
      this.counts.lost++;
    }
    room.topic = history.topic(room.name);
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const inFile of [false, true]) {
  Deno.test(`${inFile ? "In a file" : "In memory"}, a history behaves as the model does`, async () => {
    const sum = { trusted: 0, lost: 0, crashes: 0, failures: 0, incomplete: 0, jumps: 0 };
    await eachSeed(inFile ? 12 : 6, (random) => {
      using folder = new Folder();
      const model = new Model(random, folder, inFile);
      for (let i = 0; i < 1_500; i++) model.step();
      model.close();
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += model.counts[key];
    });
    assert(sum.trusted > 100 && sum.incomplete > 100 && sum.jumps > 100, JSON.stringify(sum));
    if (!inFile) return;
    assert(sum.lost > 20 && sum.crashes > 20 && sum.failures > 20, JSON.stringify(sum));
  });
}
