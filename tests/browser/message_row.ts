/**
 * Gives a page in a browser under test the function that makes an entry of the log.
 * @module
 */
import { render } from "../../static/src/view/message_row.ts";

Object.assign(globalThis, { render });
