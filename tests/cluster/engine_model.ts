/**
 * What the scripts do, in TypeScript: the model that the engine is compared with.
 * @module
 */

interface Hold {
  readonly owner: string;
  readonly id: string;
  readonly inc: string;
}

export interface Entry {
  readonly by: string;
  readonly facts: readonly string[];
}

const SLOTS = 64;
const MAX_ERAS = 16;

export class EngineModel {
  run = "";
  epoch = "";
  era = 0;
  n = 0;
  messages = 0;
  lock = "";
  gone: number[] = [];
  #lastInc = 0;
  #lastSlot = -1;
  #lostEra = 0;
  readonly nodes = new Set<string>();
  /** Those whose leases have ended. */
  readonly expired = new Set<string>();
  readonly done = new Map<string, readonly [seq: number, n: number]>();
  readonly slots = new Map<string, number>();
  readonly counters = new Map<string, readonly number[]>();
  readonly people = new Map<string, Map<string, string>>();
  readonly names = new Map<string, Hold>();
  readonly looks = new Map<string, Hold>();
  readonly users = new Map<string, string>();
  readonly off = new Map<string, number>();
  readonly label = new Map<string, string>();
  readonly topic = new Map<string, string>();
  readonly lists = { bans: new Map<string, string>(), mutes: new Map<string, string>() };
  readonly refs = new Map<string, readonly [print: string, to: string, receipt: string]>();
  readonly history = new Map<string, string[]>();
  readonly eras = new Map<string, number>();
  readonly log = new Map<number, Entry>();

  act(inc: string, seq: number, words: readonly string[]): readonly (string | number)[] {
    const done = this.done.get(inc);
    if (!this.nodes.has(inc)) return ["FENCED", done?.join(" ") ?? ""];
    if (done?.[0] === seq) return ["OK", done[1]];
    this.expired.delete(inc);
    const n = ++this.n;
    const facts: string[] = [];
    const rest = [...words];
    while (rest.length > 0) this.#carryOut(inc, n, facts, rest.shift()!, rest);
    this.log.set(n, { by: `${inc} ${seq}`, facts });
    this.done.set(inc, [seq, n]);
    return ["OK", n];
  }

  #carryOut(inc: string, n: number, facts: string[], op: string, rest: string[]): void {
    const take = (count: number) =>
      rest.splice(0, count) as [string, string, string, string, string, string, string];
    switch (op) {
      case "s": {
        const [room, to, key, print, payload] = take(5);
        if (this.#isRepeated(facts, key, to, print)) return;
        const offset = (this.off.get(room) ?? 0) + 1;
        this.off.set(room, offset);
        const history = this.history.get(room) ?? [];
        this.history.set(room, [...history, `${offset} ${this.era} ${payload}`]);
        if (key !== "") this.refs.set(key, [print, room, String(offset)]);
        this.messages++;
        facts.push(`s ${offset} ${room}`, payload);
        return;
      }
      case "p": {
        const [id, record, owner, claim, former, from, label] = take(7);
        const words = claim === "" ? [] : claim.split(" ");
        for (const [i, word] of words.entries()) {
          const hold = (i === 0 ? this.names : this.looks).get(word);
          if (hold === undefined || hold.owner === owner || hold.owner === from) continue;
          const isGuest = !hold.owner.startsWith("u:");
          if (isGuest && (from === "*" || !this.nodes.has(hold.inc))) continue;
          facts.push(`${i === 0 ? "-taken" : "-alike"} ${hold.id}`, "");
          return;
        }
        this.#free(owner, former);
        for (const [i, word] of words.entries()) {
          (i === 0 ? this.names : this.looks).set(word, { owner, id, inc });
        }
        let shown = "";
        if (label !== "") {
          const [room = "", spelled = ""] = label.split(" ");
          if (!this.label.has(room)) this.label.set(room, spelled);
          shown = ` ${this.label.get(room)}`;
        }
        const placed = record.replaceAll("\x01", String(n * 1000 + facts.length / 2));
        this.#peopleOf(inc).set(id, placed);
        facts.push(`p ${id}${shown}`, placed);
        return;
      }
      case "g": {
        const [id, kept] = take(2);
        this.#peopleOf(inc).delete(id);
        facts.push(`g ${id}`, kept);
        return;
      }
      case "f": {
        const [id, owner, former] = take(3);
        this.#free(owner, former);
        facts.push(`f ${id}`, "");
        return;
      }
      case "u": {
        const [key, value] = take(2);
        if (value === "") this.users.delete(key);
        else this.users.set(key, value);
        facts.push(`u ${key}`, value);
        return;
      }
      case "w": {
        const [, to, key, print] = take(6);
        // Nobody is subscribed here.
        if (!this.#isRepeated(facts, key, to, print)) facts.push("-gone", "");
        return;
      }
      case "t": {
        const [room, topic, payload] = take(3);
        if (topic === "") this.topic.delete(room);
        else this.topic.set(room, topic);
        if (!this.label.has(room)) this.label.set(room, room);
        facts.push(`t ${room}`, payload);
        return;
      }
      case "m": {
        const [list, target, value] = take(3);
        const bans = this.lists[list as "bans" | "mutes"];
        if (value === "") bans.delete(target);
        else bans.set(target, value);
        facts.push(`m ${list} ${target}`, value);
        return;
      }
      case "l":
        [this.lock] = take(1);
        facts.push("l", this.lock);
        return;
      case "c": {
        const [counters] = take(1);
        this.counters.set(inc, counters.split(" ").map(Number));
        facts.push("c", counters);
        return;
      }
      case "n":
        facts.push("n", ...take(1));
    }
  }

  #isRepeated(facts: string[], key: string, to: string, print: string): boolean {
    const known = key === "" ? undefined : this.refs.get(key);
    if (known === undefined) return false;
    const [knownPrint, knownTo, receipt] = known;
    if (knownPrint !== print || (to !== "" && to !== knownTo)) facts.push("-reused", "");
    else facts.push(`= ${knownTo}`, receipt);
    return true;
  }

  #free(owner: string, former: string): void {
    for (const [i, word] of (former === "" ? [] : former.split(" ")).entries()) {
      const names = i === 0 ? this.names : this.looks;
      if (names.get(word)?.owner === owner) names.delete(word);
    }
  }

  #peopleOf(inc: string): Map<string, string> {
    const people = this.people.get(inc) ?? new Map<string, string>();
    this.people.set(inc, people);
    return people;
  }

  beat(inc: string): readonly (string | number)[] {
    if (!this.nodes.has(inc)) return ["FENCED", this.done.get(inc)?.join(" ") ?? ""];
    this.expired.delete(inc);
    this.#reap();
    return ["OK", this.n];
  }

  #reap(): void {
    for (const inc of [...this.expired].sort()) {
      this.nodes.delete(inc);
      this.people.delete(inc);
      this.slots.delete(inc);
      const counters = this.counters.get(inc) ?? [];
      this.gone = Array.from(
        { length: Math.max(counters.length, this.gone.length) },
        (_, i) => (counters[i] ?? 0) + (this.gone[i] ?? 0),
      );
      this.counters.delete(inc);
      this.log.set(++this.n, { by: "0 0", facts: [`D ${inc}`, ""] });
    }
    this.expired.clear();
  }

  /** Returns the state, see open.lua. */
  open(
    { run, inc, slot, lastN, lastBy, knownEpoch, epoch }: {
      run: string;
      inc: string;
      slot: string;
      lastN: string;
      lastBy: string;
      knownEpoch: string;
      epoch: string;
    },
  ): readonly string[] {
    const formerEpoch = this.epoch;
    const isRestarted = this.run !== run;
    if (isRestarted) this.expired.clear();
    else this.#reap();
    if (isRestarted) {
      this.run = run;
      this.epoch = epoch;
      this.eras.set(epoch, ++this.era);
      for (const [name, era] of this.eras) if (era <= this.era - MAX_ERAS) this.eras.delete(name);
      this.log.set(++this.n, { by: "0 0", facts: [`E ${this.era}`, epoch] });
    }
    let continues = false;
    let isLost = false;
    if (lastN !== "") {
      const entry = this.log.get(Number(lastN));
      continues = lastN === "0" ? formerEpoch === knownEpoch : entry?.by === lastBy;
      if (!continues) {
        isLost = entry !== undefined || this.n < Number(lastN) || formerEpoch !== knownEpoch;
      }
    }
    if (isLost) {
      this.eras.clear();
      this.eras.set(this.epoch, this.era);
      if (this.#lostEra !== this.era) {
        this.#lostEra = this.era;
        this.log.set(++this.n, { by: "0 0", facts: ["L", ""] });
      }
    }
    if (this.nodes.has(inc)) this.expired.delete(inc);
    else {
      const taken = new Set(this.slots.values());
      let free = Number(slot);
      if (slot === "" || taken.has(free)) {
        free = this.#lastSlot;
        do free = (free + 1) % SLOTS; while (taken.has(free));
        this.#lastSlot = free;
      }
      inc = String(++this.#lastInc);
      continues = false;
      this.nodes.add(inc);
      this.slots.set(inc, free);
      this.done.set(inc, [0, 0]);
    }
    const { era, n } = this;
    return [inc, String(this.slots.get(inc)), this.epoch, String(era), String(n)]
      .concat(continues ? "1" : "0", isLost ? "1" : "0", this.log.get(n)?.by ?? "");
  }
}
