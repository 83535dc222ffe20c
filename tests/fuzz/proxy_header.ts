/**
 * Headers of the PROXY protocol: data after the header changes nothing, only the documented error is thrown, and version 1
 * agrees with a regular expression.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ProxyHeaderError, readProxyHeader } from "../../lib/protocol/proxy/proxy_header.ts";
import { binaryProxyHeader, PROXY_SIGNATURE } from "../protocol/proxy_headers.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const ADDRESSES = Uint8Array.of(192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb);
const SEEDS: readonly Uint8Array[] = [
  utf8("PROXY "),
  utf8("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"),
  utf8("PROXY TCP6 2001:db8::1 ::ffff:198.51.100.1 0 65535\r\n"),
  utf8("PROXY UNKNOWN whatever\r\n"),
  PROXY_SIGNATURE,
  binaryProxyHeader(0x21, 0x11, ADDRESSES),
  binaryProxyHeader(0x20, 0x00, new Uint8Array(0)),
];

const PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${PART}(?:\\.${PART}){3}`;
/** Version 1 with IPv4, the only form that a regular expression can check. */
const TEXT_V4 = new RegExp(
  `^PROXY TCP4 (${IPV4}) ${IPV4} (0|[1-9]\\d{0,4}) (0|[1-9]\\d{0,4})\\r\\n`,
);

type Said = ReturnType<typeof readProxyHeader> | ProxyHeaderError;

function read(bytes: Bytes): Said {
  try {
    return readProxyHeader(bytes);
  } catch (error) {
    if (error instanceof ProxyHeaderError) return error;
    throw error;
  }
}

function checkText(text: string, said: Said): void {
  const [whole, hostname = "", source = "", destination = ""] = TEXT_V4.exec(text) ?? [];
  if (whole === undefined || Number(source) > 65_535 || Number(destination) > 65_535) {
    const isHeader = typeof said === "object" && "length" in said;
    const isOther = !isHeader || !text.startsWith("PROXY TCP4");
    return assert(isOther, `Took ${JSON.stringify(text)}`);
  }
  assertEquals(said, { length: whole.length, source: { hostname, port: Number(source) } });
}

export const proxyHeader: Target = {
  name: "proxy-header",
  short: 1_500,

  generate(random: Random): Bytes {
    return concat(mutate(random.pick(SEEDS), random), random.bytes(random.below(120)));
  },

  check(input: Bytes): void {
    let decided: Said | undefined;
    for (let length = 0; length <= input.length; length++) {
      const said = read(input.subarray(0, length));
      if (decided === undefined && said !== "more" && said !== "begun") decided = said;
      else if (decided instanceof Error) assert(said instanceof Error, "An error was taken back");
      else if (decided !== undefined) assertEquals(said, decided);
    }
    const all = read(input);
    if (typeof all === "object" && "length" in all) assert(all.length <= input.length);
    checkText(String.fromCharCode(...input), all);
  },
};
