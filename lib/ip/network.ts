/**
 * IP networks in CIDR form (RFC 4632, RFC 4291 2.3).
 * @module
 */
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";

/**
 * A set of networks. `BlockList` of `node:net` would accept networks with bits after the prefix, needs the family of each
 * address, and is several times slower for IPv4.
 */
export class CidrSet {
  readonly #networks: readonly Network[];

  /**
   * @param text Networks like `10.0.0.0/8` and single addresses, separated by commas; may be empty.
   * @throws {TypeError} If an item is not a network.
   */
  constructor(text: string) {
    this.#networks = text === "" ? [] : text.split(",").map((item) => parseNetwork(item.trim()));
  }

  get empty(): boolean {
    return this.#networks.length === 0;
  }

  /** Whether an address is in one of the networks. Text that is not an address is in none. */
  has(address: string): boolean {
    if (this.empty) return false;
    const bytes = parseIpAddress(address);
    return bytes !== undefined && this.#networks.some((network) => contains(network, bytes));
  }
}

export interface Network {
  readonly address: Uint8Array;
  /** Length of the prefix that all addresses of the network share, in bits. */
  readonly length: number;
}

/**
 * Parses a network like `10.0.0.0/8`, or a single address.
 *
 * @throws {TypeError} If the text is neither, or if there are bits after the prefix.
 */
export function parseNetwork(text: string): Network {
  const [host = "", length, ...rest] = text.split("/");
  const address = parseIpAddress(host);
  if (address === undefined || rest.length > 0) throw wrong(text, "not a network like 10.0.0.0/8");
  if (length === undefined) return { address, length: 8 * address.length };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  // The length of an IPv4 network in IPv6 form includes the 96 bits in front of the address.
  const network = { address, length: bits - (host.includes(":") ? 128 : 32) + 8 * address.length };
  const { length: common } = network;
  if (!(common >= 0 && common <= 8 * address.length)) throw wrong(text, "no such length");
  const ends = address.every((byte, i) => (byte & ~mask(common, i)) === 0);
  // A typing error: the operator probably meant another network, and this decides about trust.
  if (!ends) throw wrong(text, `there are bits behind the first ${length}`);
  return network;
}

function wrong(text: string, why: string): TypeError {
  return new TypeError(`Cannot read network '${text}': ${why}`);
}

/** The network of the first `length` bits of an address, or of the address alone if it has no more bits. */
export function networkOf(address: Uint8Array, length: number): Network {
  const bits = Math.min(length, 8 * address.length);
  return { address: address.map((byte, i) => byte & mask(bits, i)), length: bits };
}

/** The canonical form of a network: `10.0.0.0/8`; that of a single address has no length. */
export function formatNetwork({ address, length }: Network): string {
  const host = formatIpAddress(address);
  return length === 8 * address.length ? host : `${host}/${length}`;
}

function contains({ address, length }: Network, other: Uint8Array): boolean {
  return address.length === other.length &&
    address.every((byte, i) => ((byte ^ other[i]!) & mask(length, i)) === 0);
}

/** The mask of the bits of byte `index` that belong to the first `length` bits. */
function mask(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return 0xff << (8 - bits) & 0xff;
}
