/**
 * Exposes the function that draws an entry of the log to a page under test.
 * @module
 */
import { render } from "../../static/src/view/message_row.ts";

Object.assign(globalThis, { render });
