/** Deep equality as `assertEquals` of `@std/assert` defines it. */

/** Built-in classes whose values are compared as text. */
const COMPARED_AS_TEXT: readonly unknown[] = [RegExp, URL, URLSearchParams, Intl.Locale];

const TypedArray = Object.getPrototypeOf(Uint8Array) as abstract new () => Uint8Array;

/**
 * Whether two values are deeply equal. `0` equals `-0` and `NaN` equals itself. A missing member differs from one that
 * is `undefined`. Objects of different classes differ, except that an object without a prototype equals a plain one.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

type Seen = Map<unknown, unknown>;

function compare(a: unknown, b: unknown, seen: Seen): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (classOf(a) !== classOf(b)) return false;
  if (a instanceof TypedArray) return equalBytes(a, b as Uint8Array);
  if (a instanceof ArrayBuffer || a instanceof SharedArrayBuffer) {
    return equalBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef) return compare(a.deref(), (b as WeakRef<WeakKey>).deref(), seen);
  if (seen.get(a) === b) return true;
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  seen.set(a, b);
  if (a instanceof Set) return equalEntries(a, b as Set<unknown>, seen);
  if (a instanceof Map) return equalEntries(a, b as Map<unknown, unknown>, seen);
  if (COMPARED_AS_TEXT.includes(a.constructor)) return String(a) === String(b);
  return equalMembers(a, b, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The prototype; an object without one counts as plain. */
function classOf(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function equalBytes(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

type Entries = ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;

/** Every entry of one has an equal in the other, whatever their order. */
function equalEntries(a: Entries, b: Entries, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  const others = [...b.entries()];
  for (const [key, value] of a.entries()) {
    const isDirect = !isObject(key) && typeof key !== "function" && b.has(key);
    const isFound = isDirect
      ? a instanceof Set || compare(value, (b as ReadonlyMap<unknown, unknown>).get(key), seen)
      : others.some(([k, v]) =>
        compare(key, k, seen) && (a instanceof Set || compare(value, v, seen))
      );
    if (!isFound) return false;
  }
  return true;
}

function equalMembers(a: object, b: object, seen: Seen): boolean {
  const one = a as Record<PropertyKey, unknown>, other = b as Record<PropertyKey, unknown>;
  for (const key of new Set([...membersOf(a), ...membersOf(b)])) {
    if ((key in one) !== (key in other) || !compare(one[key], other[key], seen)) return false;
  }
  return true;
}

/** The enumerable members of plain objects and arrays; all members of others, including those of their classes. */
function membersOf(value: object): PropertyKey[] {
  const plain = classOf(value);
  if (plain === Object.prototype || plain === Array.prototype) return Reflect.ownKeys({ ...value });
  const keys: PropertyKey[] = [];
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype && at !== Array.prototype;
    at = Object.getPrototypeOf(at)
  ) keys.push(...Reflect.ownKeys(at));
  return keys;
}
