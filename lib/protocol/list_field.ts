/**
 * Fields of a request that are lists (RFC 9110 5.6.1).
 * @module
 */
import type { RequestHead } from "./request_head.ts";

type Fields = Pick<RequestHead, "fields">;

/** The elements of a comma-separated list, of all fields with this name. */
export function elementsOf({ fields }: Fields, name: string): string[] {
  const values = fields.get(name) ?? [];
  return values.join(",").split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** Whether `wanted` is one of them, in whatever case. */
export function lists(head: Fields, name: string, wanted: string): boolean {
  return elementsOf(head, name).some((item) => item.toLowerCase() === wanted);
}
