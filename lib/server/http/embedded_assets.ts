/**
 * The files of static/, embedded: what is served is in the program, so that one file is all there is to copy.
 * @module
 */
import app from "../../../static/app.js" with { type: "text" };
import icon from "../../../static/icon.svg" with { type: "text" };
import index from "../../../static/index.html" with { type: "text" };
import style from "../../../static/style.css" with { type: "text" };

interface File {
  readonly type: string;
  readonly body: string;
}

const HTML = "text/html; charset=utf-8";
const script = (body: string): File => ({ type: "text/javascript; charset=utf-8", body });
const page: File = { type: HTML, body: index };
const svg: File = { type: "image/svg+xml", body: icon };

/** By path. */
export const FILES: Readonly<Record<string, File>> = {
  "/": page,
  "/index.html": page,
  "/app.js": script(app),
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/icon.svg": svg,
  "/favicon.ico": svg,
};
