/**
 * Categories 1 to 7 and 9 of the Autobahn suite, by their numbers, over raw sockets against `--echo`. Where Autobahn lets
 * a server pass in more than one way, only the one that RFC 6455 asks for passes here: what is wrong fails with the code
 * of its kind, at the first byte that is wrong, and what came before it is still answered.
 *
 * Categories 12 and 13 are about compression, which is not offered; 8, 10 and 11 do not exist or test no protocol.
 * More of the kind, each sent in several ways, is in `websocket_test.ts`.
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  BINARY,
  CLOSE,
  closeFrame,
  CONTINUATION,
  fragments,
  frame,
  PING,
  PONG,
  TEXT,
} from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { closeCode, WebSocketClient } from "../support/client.ts";
import { times } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import {
  binary,
  converse,
  hex,
  pong,
  text,
  type Way,
  type WireCase,
} from "../support/wire_case.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface AutobahnCase extends WireCase {
  readonly what: string;
  /** @default {"whole"} */
  readonly way?: Way;
}

const OCTETS = 1;
const KIB = 1_024, MIB = 1_024 * KIB;

/** As large as the largest message of category 9. */
const MAX_PAYLOAD = 16 * MIB;

const FE = (length: number): Bytes => new Uint8Array(length).fill(0xfe);
const RAW = hex("00fffefdfcfb00ff");
const HELLO = "Hello, world!";
const ECHO = [text(HELLO)];

const CASES: Record<string, AutobahnCase> = {};

/** Numbers cases on from 1: `add("1.1", ...)` has 1.1.1, 1.1.2 and so on. */
function add(group: string, ...cases: readonly AutobahnCase[]): void {
  cases.forEach((one, i) => CASES[`${group}.${i + 1}`] = one);
}

/** The same sent as a whole, frame by frame and byte by byte. */
function thrice(what: string, one: WireCase): AutobahnCase[] {
  return (["whole", "frames", OCTETS] as const).map((way) => ({ what, way, ...one }));
}

/** A mistake behind a message and in front of a ping: the one is answered, the other is not. */
function behind(mistake: Bytes): WireCase {
  return { send: [frame(TEXT, HELLO), mistake, frame(PING)], expect: ECHO, code: 1002 };
}

// 1: framing

const LENGTHS = [0, 125, 126, 127, 128, 65_535, 65_536];
const chopped = { what: "65536 bytes in pieces of 997", way: 997 };

add(
  "1.1",
  ...LENGTHS.map((length) => ({ what: `text of ${length} bytes`, ...sentAsText(length) })),
  { ...chopped, ...sentAsText(65_536) },
);
add(
  "1.2",
  ...LENGTHS.map((length) => ({ what: `binary of ${length} bytes`, ...sentAsBinary(length) })),
  { ...chopped, ...sentAsBinary(65_536) },
);

function sentAsText(length: number): WireCase {
  return { send: [frame(TEXT, "*".repeat(length))], expect: [text("*".repeat(length))] };
}

function sentAsBinary(length: number): WireCase {
  return { send: [frame(BINARY, FE(length))], expect: [binary(FE(length))] };
}

// 2: pings and pongs

const tenPings: WireCase = {
  send: Array.from({ length: 10 }, (_, i) => frame(PING, `payload-${i}`)),
  expect: Array.from({ length: 10 }, (_, i) => pong(`payload-${i}`)),
};

add(
  "2",
  { what: "ping", send: [frame(PING)], expect: [pong()] },
  { what: "ping with text", send: [frame(PING, HELLO)], expect: [pong(HELLO)] },
  { what: "ping with bytes", send: [frame(PING, RAW)], expect: [pong(RAW)] },
  { what: "ping of 125 bytes", send: [frame(PING, FE(125))], expect: [pong(FE(125))] },
  { what: "ping of 126 bytes", send: [frame(PING, FE(126))], code: 1002 },
  {
    what: "ping of 125 bytes, byte by byte",
    way: OCTETS,
    send: [frame(PING, FE(125))],
    expect: [pong(FE(125))],
  },
  { what: "unasked pong", send: [frame(PONG)] },
  { what: "unasked pong with payload", send: [frame(PONG, "unasked")] },
  {
    what: "unasked pong, then ping",
    send: [frame(PONG, "unasked"), frame(PING, "asked")],
    expect: [pong("asked")],
  },
  { what: "ten pings", ...tenPings },
  { what: "ten pings, byte by byte", way: OCTETS, ...tenPings },
);

// 3: reserved bits

add(
  "3",
  { what: "bit 1 on text", send: [frame(TEXT, HELLO, { reserved: 1 })], code: 1002 },
  { what: "bit 2 on text", ...behind(frame(TEXT, HELLO, { reserved: 2 })) },
  {
    what: "bits 1 and 2, frame by frame",
    way: "frames",
    ...behind(frame(TEXT, HELLO, { reserved: 3 })),
  },
  { what: "bit 3, byte by byte", way: OCTETS, ...behind(frame(TEXT, HELLO, { reserved: 4 })) },
  { what: "bits 1 and 3 on binary", send: [frame(BINARY, RAW, { reserved: 5 })], code: 1002 },
  { what: "bits 2 and 3 on a ping", send: [frame(PING, HELLO, { reserved: 6 })], code: 1002 },
  { what: "all bits on a close", send: [frame(CLOSE, "", { reserved: 7 })], code: 1002 },
);

// 4: opcodes

for (const [group, first] of [["4.1", 3], ["4.2", 11]] as const) {
  add(
    group,
    { what: `opcode ${first}`, send: [frame(first)], code: 1002 },
    { what: `opcode ${first + 1} with payload`, send: [frame(first + 1, HELLO)], code: 1002 },
    { what: `opcode ${first + 2}`, way: "frames", ...behind(frame(first + 2)) },
    { what: `opcode ${first + 3} with payload`, ...behind(frame(first + 3, HELLO)) },
    { what: `opcode ${first + 4}, byte by byte`, way: OCTETS, ...behind(frame(first + 4, HELLO)) },
  );
}

// 5: fragmentation

const [one, two] = fragments(TEXT, "fragment1", "fragment2") as [Bytes, Bytes];
const joined = [text("fragment1fragment2")];
const nothing = (fin: boolean) => frame(CONTINUATION, "non-continuation", { fin });
const [five1, five2, five3, five4, five5] = fragments(TEXT, ..."abcde") as Bytes[] as [
  Bytes,
  Bytes,
  Bytes,
  Bytes,
  Bytes,
];
const fiveWithPings: WireCase = {
  send: [five1, five2, frame(PING, "1"), five3, five4, frame(PING, "2"), five5],
  expect: [pong("1"), pong("2"), text("abcde")],
};

add(
  "5",
  { what: "fragmented ping", send: fragments(PING, "one", "two"), code: 1002 },
  { what: "fragmented pong", send: fragments(PONG, "one", "two"), code: 1002 },
  ...thrice("text of two fragments", { send: [one, two], expect: joined }),
  ...thrice("ping between fragments", {
    send: [one, frame(PING, "ping"), two],
    expect: [pong("ping"), ...joined],
  }),
  ...thrice("final continuation of nothing, then text", {
    send: [nothing(true), frame(TEXT, HELLO)],
    code: 1002,
  }),
  ...thrice("unfinished continuation of nothing, then text", {
    send: [nothing(false), frame(TEXT, HELLO)],
    code: 1002,
  }),
  {
    what: "unfinished continuation behind a message of two fragments",
    send: [one, two, nothing(false), frame(TEXT, HELLO)],
    expect: joined,
    code: 1002,
  },
  {
    what: "unfinished continuation in front of a message of two fragments, twice",
    way: "frames",
    send: [nothing(false), one, two, nothing(false), one, two],
    code: 1002,
  },
  {
    what: "final continuation in front of a message of two fragments, twice",
    way: "frames",
    send: [nothing(true), one, two, nothing(true), one, two],
    code: 1002,
  },
  {
    what: "two fragments that both say text",
    way: "frames",
    send: [one, frame(TEXT, "fragment2")],
    code: 1002,
  },
  { what: "five fragments with pings between", way: "frames", ...fiveWithPings },
  { what: "five fragments with pings between, in one piece", ...fiveWithPings },
);

// 6: UTF-8

const KOSME = "cebae1bdb9cf83cebcceb5", EDITED = "656469746564";
const GREETING = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!";
const WRONG = hex(`${KOSME}eda080${EDITED}`);
const eachByte = (payload: Bytes) =>
  fragments(TEXT, ...Array.from(payload, (byte) => Uint8Array.of(byte)));

const valid = (payload: Bytes): WireCase => (
  { send: [frame(TEXT, payload)], expect: [text(payload)] }
);
const invalid = (payload: Bytes): WireCase => ({ send: [frame(TEXT, payload)], code: 1007 });
const all = (what: string, kind: (payload: Bytes) => WireCase, ...payloads: readonly string[]) =>
  payloads.map((digits) => ({ what: `${what}: ${digits}`, ...kind(hex(digits)) }));

add(
  "6.1",
  { what: "empty text", ...valid(utf8("")) },
  { what: "three empty fragments", send: fragments(TEXT, "", "", ""), expect: [text("")] },
  {
    what: "an empty fragment on either side",
    send: fragments(TEXT, "", "middle", ""),
    expect: [text("middle")],
  },
);
add(
  "6.2",
  { what: "valid", ...valid(utf8(GREETING)) },
  {
    what: "valid, two fragments",
    send: fragments(TEXT, GREETING.slice(0, 11), GREETING.slice(11)),
    expect: [text(GREETING)],
  },
  {
    what: "valid, a fragment a byte",
    send: eachByte(utf8(GREETING)),
    expect: [text(GREETING)],
  },
  { what: "Greek, a fragment a byte", send: eachByte(hex(KOSME)), expect: [text(hex(KOSME))] },
);
add(
  "6.3",
  { what: "a surrogate", ...invalid(WRONG) },
  { what: "a surrogate, a fragment a byte", send: eachByte(WRONG), code: 1007 },
);

/** Fails before the rest is there: the client sends no more than this. */
const cut = (digits: string): WireCase => ({
  send: [frame(TEXT, hex(digits + EDITED)).subarray(0, 6 + digits.length / 2)],
  code: 1007,
});
add(
  "6.4",
  {
    what: "fails in the second of three fragments",
    way: "frames",
    send: [
      frame(TEXT, hex(KOSME), { fin: false }),
      frame(CONTINUATION, hex("f4908080"), { fin: false }),
    ],
    code: 1007,
  },
  {
    what: "fails in the middle of a character that is over two fragments",
    way: "frames",
    send: [
      frame(TEXT, hex(`${KOSME}f4`), { fin: false }),
      frame(CONTINUATION, hex("90"), { fin: false }),
    ],
    code: 1007,
  },
  { what: "fails inside the frame", ...cut(`${KOSME}f4908080`) },
  { what: "fails inside the frame and the character", way: OCTETS, ...cut(`${KOSME}f490`) },
);
add(
  "6.5",
  ...["hello$world", "hello\u00a2world", "hello\u20acworld", "hello\u{24b62}world", GREETING].map(
    (payload) => ({ what: `valid: ${payload}`, ...valid(utf8(payload)) }),
  ),
);
/** How long the beginnings of the Greek word are that end with a character. */
const WHOLE = [2, 5, 7, 9, 11];
add(
  "6.6",
  ...Array.from({ length: 11 }, (_, i) => {
    const kind = WHOLE.includes(i + 1) ? valid : invalid;
    return { what: `the first ${i + 1} bytes of a word`, ...kind(hex(KOSME).slice(0, i + 1)) };
  }),
);
add("6.7", ...all("first of its length", valid, "00", "c280", "e0a080", "f0908080"));
add("6.8", ...all("first of 5 and 6 bytes", invalid, "f888808080", "fc8480808080"));
add("6.9", ...all("last of its length", valid, "7f", "dfbf", "efbfbf", "f48fbfbf"));
add("6.10", ...all("last of 4 to 6", invalid, "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"));
add(
  "6.11",
  ...all("at a border", valid, "ed9fbf", "ee8080", "efbfbd", "f48fbfbf"),
  ...all("past the last border", invalid, "f4908080"),
);

const range = (low: number, high: number, then = ""): string => {
  let digits = "";
  for (let byte = low; byte <= high; byte++) digits += byte.toString(16) + then;
  return digits;
};
const MISSING = [
  ...["c0", "e080", "f08080", "f8808080", "fc80808080"],
  ...["df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"],
];
add(
  "6.12",
  ...all(
    "continuation bytes",
    invalid,
    ...["80", "bf"],
    ...[2, 3, 4, 5, 6].map((length) => "80bf80bf80bf".slice(0, 2 * length)),
    range(0x80, 0xbf),
  ),
);
add(
  "6.13",
  ...all(
    "lonely first bytes",
    invalid,
    range(0xc0, 0xdf, "20"),
    range(0xe0, 0xef, "20"),
    range(0xf0, 0xf7, "20"),
    range(0xf8, 0xfb, "20"),
    range(0xfc, 0xfd, "20"),
  ),
);
add("6.14", ...all("the last byte is missing", invalid, ...MISSING));
add("6.15", ...all("all of those in a row", invalid, MISSING.join("")));
add("6.16", ...all("impossible bytes", invalid, "fe", "ff", "fefeffff"));
add(
  "6.17",
  ...all("overlong slash", invalid, "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"),
);
add(
  "6.18",
  ...all("largest overlong", invalid, "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"),
);
add(
  "6.19",
  ...all("overlong zero", invalid, "c080", "e08080", "f0808080", "f880808080", "fc8080808080"),
);
add(
  "6.20",
  ...all(
    "surrogate",
    invalid,
    ...["eda080", "edadbf", "edae80", "edafbf"],
    ...["edb080", "edbe80", "edbfbf"],
  ),
);
add(
  "6.21",
  ...["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) =>
    all("pair of surrogates", invalid, `${high}edb080`, `${high}edbfbf`)
  ),
);
add(
  "6.22",
  ...Array.from({ length: 17 }, (_, plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff])
    .flat().map((code) => ({
      what: `the noncharacter U+${code.toString(16).toUpperCase()}`,
      ...valid(utf8(String.fromCodePoint(code))),
    })),
);
add(
  "6.23",
  ...all("special", valid, "efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"),
);

// 7: the end

const LARGE = "*".repeat(256 * KIB);

add(
  "7.1",
  {
    what: "message, then close",
    send: [frame(TEXT, HELLO), closeFrame(1000)],
    expect: ECHO,
    code: 1000,
  },
  { what: "two closes", send: [closeFrame(1000), closeFrame(1001)], code: 1000 },
  { what: "ping behind a close", send: [closeFrame(1000), frame(PING)], code: 1000 },
  { what: "message behind a close", send: [closeFrame(1000), frame(TEXT, HELLO)], code: 1000 },
  { what: "close between fragments", send: [one, closeFrame(1000), two], code: 1000 },
  {
    what: "256 KiB, a message, close and ping",
    send: [frame(TEXT, LARGE), frame(TEXT, HELLO), closeFrame(1000), frame(PING)],
    expect: [text(LARGE), ...ECHO],
    code: 1000,
  },
);
add(
  "7.3",
  { what: "close without a code", send: [frame(CLOSE)], code: 1005 },
  { what: "close with half a code", send: [frame(CLOSE, "\x03")], code: 1002 },
  { what: "close with a code", send: [closeFrame(1000)], code: 1000 },
  { what: "close with a reason", send: [closeFrame(1000, HELLO)], code: 1000 },
  {
    what: "close with the longest reason",
    send: [closeFrame(1000, "*".repeat(123))],
    code: 1000,
  },
  { what: "close with a longer reason", send: [closeFrame(1000, "*".repeat(124))], code: 1002 },
);
add("7.5", {
  what: "close with a reason that is not UTF-8",
  send: [closeFrame(1000, WRONG)],
  code: 1007,
});
add(
  "7.7",
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) => ({
    what: `close with ${code}`,
    send: [closeFrame(code)],
    code,
  })),
);
const refused = (code: number): AutobahnCase => (
  { what: `close with ${code} is refused`, send: [closeFrame(code)], code: 1002 }
);
add("7.9", ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map(refused));
add("7.13", ...[5000, 65_535].map(refused));

// 9: size

const SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
const FRAGMENTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
const PIECES = [64, 128, 256, 512, 1_024, 2_048];

/** Made when it is its turn: together they are half a gigabyte. */
const LARGE_CASES: Record<string, () => AutobahnCase> = {};

/** The same bytes in fewer pieces: 65,536 are more than one call can take. */
function batched(frames: readonly Bytes[]): Bytes[] {
  const batch = 1_000;
  return Array.from(
    { length: Math.ceil(frames.length / batch) },
    (_, i) => concat(...frames.slice(i * batch, (i + 1) * batch)),
  );
}

for (
  const [name, opcode, groups] of [["text", TEXT, ["9.1", "9.3", "9.5"]], [
    "binary",
    BINARY,
    ["9.2", "9.4", "9.6"],
  ]] as const
) {
  const [sizes, fragmented, pieces] = groups;
  const payload = (length: number) => new Uint8Array(length).fill(0x2a);
  const expect = (length: number) => [{ opcode, payload: payload(length) }];
  SIZES.forEach((size, i) =>
    LARGE_CASES[`${sizes}.${i + 1}`] = () => ({
      what: `${name} of ${size / KIB} KiB`,
      send: [frame(opcode, payload(size))],
      expect: expect(size),
    })
  );
  FRAGMENTS.forEach((size, i) =>
    LARGE_CASES[`${fragmented}.${i + 1}`] = () => ({
      what: `${name} of 4 MiB in fragments of ${size} bytes`,
      send: batched(fragments(opcode, ...Array<Bytes>(4 * MIB / size).fill(payload(size)))),
      expect: expect(4 * MIB),
    })
  );
  PIECES.forEach((size, i) =>
    LARGE_CASES[`${pieces}.${i + 1}`] = () => ({
      what: `${name} of 1 MiB in pieces of ${size} bytes`,
      way: size,
      send: [frame(opcode, payload(MIB))],
      expect: expect(MIB),
    })
  );
}

// The tests

for (const [number, { what, way = "whole", ...one }] of Object.entries(CASES)) {
  Deno.test(`Autobahn ${number} ${what}`, async () => {
    await using server = new TestServer({ echo: true, maxPayload: MAX_PAYLOAD });
    await converse(server.port, one, way);
  });
}

for (const [number, make] of Object.entries(LARGE_CASES)) {
  Deno.test(`Autobahn ${number} in size`, async () => {
    await using server = new TestServer({ echo: true, maxPayload: MAX_PAYLOAD });
    const { way = "whole", ...one } = make();
    await converse(server.port, one, way);
  });
}

/** A thousand messages there and back, one at a time, of these lengths. */
const ROUND_TRIPS = [0, 16, 64, 256, 1_024, 4_096];

for (const [group, name, opcode] of [["9.7", "text", TEXT], ["9.8", "binary", BINARY]] as const) {
  ROUND_TRIPS.forEach((length, i) =>
    Deno.test(`Autobahn ${group}.${i + 1} a thousand times ${name} of ${length} bytes`, async () => {
      await using server = new TestServer({ echo: true });
      using client = await WebSocketClient.connect(server.port);
      const payload = new Uint8Array(length).fill(0x2a);
      const message = frame(opcode, payload);
      const answer = concat(
        Uint8Array.of(0x80 | opcode),
        length <= 125 ? Uint8Array.of(length) : Uint8Array.of(126, length >> 8, length & 0xff),
        payload,
      );
      await times(1_000, async () => {
        await client.send(message);
        assertEquals(await client.socket.bytes(answer.length), answer);
      });
      await client.send(closeFrame(1000));
      assertEquals(closeCode(await client.frame()), 1000);
    })
  );
}

Deno.test("Autobahn is here whole: as many cases in each group as it has", () => {
  const counts: Record<string, number> = {};
  for (const number of [...Object.keys(CASES), ...Object.keys(LARGE_CASES)]) {
    const group = number.slice(0, number.lastIndexOf("."));
    counts[group] = (counts[group] ?? 0) + 1;
  }
  // deno-fmt-ignore
  assertEquals(counts, {
    "1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20,
    "6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3,
    "6.11": 5, "6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5,
    "6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7,
    "7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2,
    "9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6,
  });
});
