/**
 * Reserved names: messages under one of them would look like messages of the server.
 * @module
 */
import { skeletons } from "../text/skeleton.ts";

const RESERVED = [
  "admin",
  "administrator",
  "all",
  "backchannel",
  "error",
  "everyone",
  "here",
  "moderator",
  "notice",
  "operator",
  "root",
  "server",
  "system",
  "whisper",
];

/** The skeletons of each name in small and capital letters, so that "adm1n" is found too. They have no marks. */
const RESERVED_SKELETONS: ReadonlySet<string> = new Set(
  RESERVED.flatMap((name) => [name, name.toUpperCase()].flatMap(skeletons)),
);

/** The skeletons of IPv4 addresses and guest names, in which the digits 0 and 1 are o and l. */
const NAMELESS = /^(?:guest[-_.][\dol]{4,}|[\dol]{1,3}(?:\.[\dol]{1,3}){3})$/;

/** Whether a name is reserved or could be mistaken for a reserved one. Dots, hyphens, underscores and accents do not count. */
export function isReserved(name: string): boolean {
  return skeletons(name.replace(/[-_.]/g, "")).some((skeleton) =>
    RESERVED_SKELETONS.has(withoutMarks(skeleton))
  ) || skeletons(name).some((skeleton) => NAMELESS.test(withoutMarks(skeleton)));
}

function withoutMarks(skeleton: string): string {
  return skeleton.replace(/\p{M}/gu, "");
}
