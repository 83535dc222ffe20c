/**
 * Compresses PNG files again: browsers write them fast, not small. Flat colours, as in the page, compress best without a
 * filter.
 * @module
 */
import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;

/** The size of the length, type and checksum of a chunk, in bytes. */
const CHUNK_HEAD = 8, CHUNK_TAIL = 4;

/** Compresses an RGB or RGBA file with 8 bits a channel again, without ancillary chunks. */
export function shrinkPng(file: Uint8Array): Uint8Array {
  const header = [...chunks(file)].find(({ type }) => type === "IHDR")!.data;
  const view = new DataView(header.buffer, header.byteOffset);
  const channels = view.getUint8(9) === 6 ? 4 : 3;
  const packed = [...chunks(file)].filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const lines = inflateSync(join(packed));
  unfilter(lines, view.getUint32(0) * channels, channels);
  return join([
    file.subarray(0, SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function* chunks(file: Uint8Array): Iterable<{ type: string; data: Uint8Array }> {
  const view = new DataView(file.buffer, file.byteOffset);
  for (let start = SIGNATURE; start < file.length;) {
    const data = start + CHUNK_HEAD, end = data + view.getUint32(start);
    const type = new TextDecoder().decode(file.subarray(start + 4, data));
    yield { type, data: file.subarray(data, end) };
    start = end + CHUNK_TAIL;
  }
}

/** Removes the filter of every line in place: PNG 9.2. */
function unfilter(lines: Uint8Array, width: number, channels: number): void {
  for (let line = 0; line < lines.length; line += width + 1) {
    const filter = lines[line];
    lines[line] = 0;
    for (let at = line + 1; at <= line + width; at++) {
      const left = at - line > channels ? lines[at - channels]! : 0;
      const up = line > 0 ? lines[at - width - 1]! : 0;
      const corner = line > 0 && at - line > channels ? lines[at - width - 1 - channels]! : 0;
      lines[at]! += predict(filter, left, up, corner);
    }
  }
}

function predict(filter: number | undefined, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const byLeft = Math.abs(up - corner);
  const byUp = Math.abs(left - corner);
  const byCorner = Math.abs(left + up - 2 * corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = join([new TextEncoder().encode(type), data]);
  const whole = new Uint8Array(body.length + 8);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(body, 4);
  view.setUint32(body.length + 4, checksum(body));
  return whole;
}

/** CRC-32, PNG annex D. */
function checksum(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
