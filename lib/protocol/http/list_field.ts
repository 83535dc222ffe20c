/**
 * List-based fields (RFC 9110 5.6.1): elements separated by commas, in one field or several. White space around elements
 * and empty elements are ignored.
 * @module
 */

interface Message {
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

const COMMA = 0x2c, QUOTE = 0x22, BACKSLASH = 0x5c;

/** The elements of all fields with this name. */
export function elementsOf({ fields }: Message, name: string): string[] {
  return splitList(fields.get(name) ?? []);
}

/** Whether `wanted`, in lower case, is one of the elements, in any case. */
export function listHas(message: Message, name: string, wanted: string): boolean {
  return elementsOf(message, name).some((element) => element.toLowerCase() === wanted);
}

/** Splits the values of a list-based field. A comma in a quoted string (RFC 9110 5.6.4) does not separate. */
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

/**
 * Removes the spaces and tabs around a value, the optional white space of RFC 9110 5.6.3. A regular expression that ends
 * with `[\t ]+$` would take quadratic time.
 */
export function trimBlanks(value: string, from = 0, to = value.length): string {
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}
