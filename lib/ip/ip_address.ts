/**
 * IP addresses as text and as bytes, and networks of them in CIDR form (RFC 4632, RFC 4291 2.3).
 *
 * An IPv4 address is four bytes also where it is written as an IPv6 one (`::ffff:10.0.0.1`): a socket that takes both
 * families tells it so, and it is the same peer.
 * @module
 */

/** Four decimal numbers; a zero in front would be octal to some (RFC 6943 3.1.1). */
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
/** What an IPv6 address is made of: enough to have nothing of a host name or a port in it. */
const IPV6 = /^[\da-f:.]*:[\da-f:.]*$/i;
/** Ten zero bytes and two of ones stand before an IPv4 address in IPv6 form (RFC 4291 2.5.5.2). */
const MAPPED = 12;

/** The 4 or 16 bytes of an address, or `undefined` if the text is none. Zones (`%eth0`) are not taken. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const match = IPV4.exec(text);
  if (match) {
    const bytes = match.slice(1).map(Number);
    return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
  }
  // The runtime's own parser, which writes what it has read in groups of hexadecimal digits and one `::`.
  if (!IPV6.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const [left = "", right] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":").map((it) => parseInt(it, 16));
  const before = groups(left), after = groups(right ?? "");
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  const bytes = [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
  return unmap(Uint8Array.from(bytes));
}

/** The bytes of an address as text, IPv6 in its shortest form (RFC 5952). */
export function formatIpAddress(bytes: Uint8Array): string {
  const address = unmap(bytes);
  if (address.length === 4) return address.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address[2 * i]! << 8 | address[2 * i + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function unmap(bytes: Uint8Array): Uint8Array {
  const isMapped = bytes.length === 16 &&
    bytes.subarray(0, MAPPED).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes.slice(MAPPED) : bytes;
}

/** A set of networks. */
export class CidrSet {
  readonly #networks: readonly Network[];

  /**
   * @param text Networks like `10.0.0.0/8` and single addresses, with commas between them; nothing for none.
   * @throws {TypeError} If one is not a network.
   */
  constructor(text: string) {
    this.#networks = text === "" ? [] : text.split(",").map((item) => parseNetwork(item.trim()));
  }

  get empty(): boolean {
    return this.#networks.length === 0;
  }

  /** Whether an address is in one of them. What is no address is in none. */
  has(address: string): boolean {
    if (this.empty) return false;
    const bytes = parseIpAddress(address);
    return bytes !== undefined && this.#networks.some((network) => contains(network, bytes));
  }
}

export interface Network {
  readonly address: Uint8Array;
  /** How many bits of the address all have in common. */
  readonly length: number;
}

/**
 * The network that a text like `10.0.0.0/8` means, or a single address.
 *
 * @throws {TypeError} If it is none.
 */
export function parseNetwork(text: string): Network {
  const [host = "", length, ...rest] = text.split("/");
  const address = parseIpAddress(host);
  if (address === undefined || rest.length > 0) throw wrong(text, "not a network like 10.0.0.0/8");
  if (length === undefined) return { address, length: 8 * address.length };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  // In IPv6 form the bits in front of the IPv4 address count too.
  const network = { address, length: bits - (host.includes(":") ? 128 : 32) + 8 * address.length };
  const { length: common } = network;
  if (!(common >= 0 && common <= 8 * address.length)) throw wrong(text, "no such length");
  const ends = address.every((byte, i) => (byte & ~mask(common, i)) === 0);
  // Most likely another network was meant, and this is about who is trusted.
  if (!ends) throw wrong(text, `there are bits behind the first ${length}`);
  return network;
}

function wrong(text: string, why: string): TypeError {
  return new TypeError(`Cannot read network '${text}': ${why}`);
}

/** The network of the first `length` bits of an address, or of all that it has. */
export function networkOf(address: Uint8Array, length: number): Network {
  const bits = Math.min(length, 8 * address.length);
  return { address: address.map((byte, i) => byte & mask(bits, i)), length: bits };
}

/** The one form of a network: `10.0.0.0/8`, and of a single address without its length. */
export function formatNetwork({ address, length }: Network): string {
  const host = formatIpAddress(address);
  return length === 8 * address.length ? host : `${host}/${length}`;
}

function contains({ address, length }: Network, other: Uint8Array): boolean {
  return address.length === other.length &&
    address.every((byte, i) => ((byte ^ other[i]!) & mask(length, i)) === 0);
}

/** Which bits of byte `index` belong to the first `length`. */
function mask(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return 0xff << (8 - bits) & 0xff;
}
