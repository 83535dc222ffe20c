// @ts-check
/**
 * The one global of the page: an object through which its scripts see one another.
 *
 * They are classic scripts with `defer`, not modules, because Chromium refuses modules to a page that is opened from
 * disk. Each is one function, run at once, whose result is kept here under the script's name; what it uses of the others
 * it names in its first lines, and index.html loads it behind them.
 *
 * Must never know what is kept in it.
 * @module
 */
"use strict";

Object.defineProperty(globalThis, "backchannel", { value: {} });
