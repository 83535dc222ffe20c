/**
 * The counters of a chat.
 * @module
 */
export type { Statistics } from "../wire/shapes.ts";
