/**
 * Names that nobody may have, since what they said would look as if the server had.
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

/** Both ways to write each, so that "adm1n" is met in "ADMIN". They have no marks. */
const RESERVED_SKELETONS: ReadonlySet<string> = new Set(
  RESERVED.flatMap((name) => [name, name.toUpperCase()].flatMap(skeletons)),
);

/** What stands for somebody without a name: an IPv4 address or a guest, whose digits 0 and 1 are o and l in a skeleton. */
const STAND_IN = /^(?:guest[-_.][\dol]{4,}|[\dol]{1,3}(?:\.[\dol]{1,3}){3})$/;

/** Whether `name` is one of those, or could be taken for one; dots, hyphens, underscores and accents do not hide it. */
export function isReserved(name: string): boolean {
  return skeletons(name.replace(/[-_.]/g, "")).some((skeleton) =>
    RESERVED_SKELETONS.has(withoutMarks(skeleton))
  ) || skeletons(name).some((skeleton) => STAND_IN.test(withoutMarks(skeleton)));
}

function withoutMarks(skeleton: string): string {
  return skeleton.replace(/\p{M}/gu, "");
}
