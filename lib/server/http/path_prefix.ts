/**
 * The prefix of the paths of the chat: its page, its WebSocket and its API.
 * @module
 */
import { pathOf } from "./responses.ts";

/** One or more segments without characters that clients may write in different ways. */
const PREFIX = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;

export class PathPrefix {
  /** Empty if there is none; else it begins with a slash and does not end with one. */
  readonly text: string;

  /**
   * @param path A path such as `/chat`, with or without a slash at its end; `/` for no prefix.
   * @throws {TypeError} If it is anything else.
   */
  constructor(path = "/") {
    this.text = path.replace(/\/$/, "");
    if (this.text === "" || PREFIX.test(this.text)) return;
    throw new TypeError(`Cannot serve the chat under '${path}': not a path like /chat`);
  }

  /** Returns a target without the prefix, or `undefined` if it does not have it. */
  strip(target: string): string | undefined {
    if (this.text === "") return target;
    const path = pathOf(target);
    if (path !== this.text && !path.startsWith(`${this.text}/`)) return undefined;
    const query = /\?[^#]*/.exec(target)?.[0] ?? "";
    return `${path.slice(this.text.length) || "/"}${query}`;
  }

  /**
   * Where a target without the slash behind the prefix leads: relative addresses in the page need it. Relative itself, so that
   * it holds behind a proxy with a prefix of its own.
   */
  redirectOf(target: string): string | undefined {
    if (this.text === "" || pathOf(target) !== this.text) return undefined;
    const last = this.text.slice(this.text.lastIndexOf("/") + 1);
    return `${last}/${/\?[^#]*/.exec(target)?.[0] ?? ""}`;
  }
}
