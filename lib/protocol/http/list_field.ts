/**
 * Fields of a request that are lists (RFC 9110 5.6.1): elements with commas between them, in one field or several. White
 * space around elements and empty elements mean nothing.
 * @module
 */
import { type RequestHead, trimBlanks } from "./request_head.ts";

type Fields = Pick<RequestHead, "fields">;

const COMMA = 0x2c, QUOTE = 0x22, BACKSLASH = 0x5c;

/** The elements of the list in all fields with this name. */
export function elementsOf({ fields }: Fields, name: string): string[] {
  return splitList(fields.get(name) ?? []);
}

/** Whether `wanted` is one of them, in whatever case. */
export function lists(head: Fields, name: string, wanted: string): boolean {
  return elementsOf(head, name).some((element) => element.toLowerCase() === wanted);
}

/** The elements of the list that `values` make together. A comma in a quoted string (RFC 9110 5.6.4) is part of it. */
export function splitList(values: readonly string[]): string[] {
  const elements: string[] = [];
  for (const value of values) {
    let from = 0, isQuoted = false;
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      if (isQuoted && unit === BACKSLASH) at++;
      else if (unit === QUOTE) isQuoted = !isQuoted;
      else if (unit === COMMA && !isQuoted) {
        addElement(elements, value, from, at);
        from = at + 1;
      }
    }
    addElement(elements, value, from, value.length);
  }
  return elements;
}

function addElement(elements: string[], value: string, from: number, to: number): void {
  const element = trimBlanks(value, from, to);
  if (element !== "") elements.push(element);
}
