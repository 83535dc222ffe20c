/**
 * The files of static/, embedded in the program, so that it is a single file to copy.
 * @module
 */
import { createHash } from "node:crypto";
import answers from "../../../static/answers.js" with { type: "text" };
import app from "../../../static/app.js" with { type: "text" };
import attention from "../../../static/attention.js" with { type: "text" };
import browserTab from "../../../static/browser_tab.js" with { type: "text" };
import composer from "../../../static/composer.js" with { type: "text" };
import connection from "../../../static/connection.js" with { type: "text" };
import deeds from "../../../static/deeds.js" with { type: "text" };
import dialogs from "../../../static/dialogs.js" with { type: "text" };
import dom from "../../../static/dom.js" with { type: "text" };
import drafts from "../../../static/drafts.js" with { type: "text" };
import gaps from "../../../static/gaps.js" with { type: "text" };
import grouping from "../../../static/grouping.js" with { type: "text" };
import hearing from "../../../static/hearing.js" with { type: "text" };
import logView from "../../../static/log_view.js" with { type: "text" };
import markup from "../../../static/markup.js" with { type: "text" };
import namespace from "../../../static/namespace.js" with { type: "text" };
import naming from "../../../static/naming.js" with { type: "text" };
import outbox from "../../../static/outbox.js" with { type: "text" };
import pages from "../../../static/pages.js" with { type: "text" };
import panels from "../../../static/panels.js" with { type: "text" };
import protocol from "../../../static/protocol.js" with { type: "text" };
import questions from "../../../static/questions.js" with { type: "text" };
import resume from "../../../static/resume.js" with { type: "text" };
import room from "../../../static/room.js" with { type: "text" };
import rooms from "../../../static/rooms.js" with { type: "text" };
import roster from "../../../static/roster.js" with { type: "text" };
import rows from "../../../static/rows.js" with { type: "text" };
import self from "../../../static/self.js" with { type: "text" };
import series from "../../../static/series.js" with { type: "text" };
import session from "../../../static/session.js" with { type: "text" };
import speech from "../../../static/speech.js" with { type: "text" };
import statusBar from "../../../static/status_bar.js" with { type: "text" };
import surroundings from "../../../static/surroundings.js" with { type: "text" };
import tabs from "../../../static/tabs.js" with { type: "text" };
import talk from "../../../static/talk.js" with { type: "text" };
import theme from "../../../static/theme.js" with { type: "text" };
import timeline from "../../../static/timeline.js" with { type: "text" };
import typing from "../../../static/typing.js" with { type: "text" };
import icon from "../../../static/icon.svg" with { type: "text" };
import index from "../../../static/index.html" with { type: "text" };
import style from "../../../static/style.css" with { type: "text" };
import { type Assets, createAsset } from "./asset.ts";

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
  "/answers.js": script(answers),
  "/app.js": script(app),
  "/attention.js": script(attention),
  "/browser_tab.js": script(browserTab),
  "/composer.js": script(composer),
  "/connection.js": script(connection),
  "/deeds.js": script(deeds),
  "/dialogs.js": script(dialogs),
  "/dom.js": script(dom),
  "/drafts.js": script(drafts),
  "/gaps.js": script(gaps),
  "/grouping.js": script(grouping),
  "/hearing.js": script(hearing),
  "/log_view.js": script(logView),
  "/markup.js": script(markup),
  "/namespace.js": script(namespace),
  "/naming.js": script(naming),
  "/outbox.js": script(outbox),
  "/pages.js": script(pages),
  "/panels.js": script(panels),
  "/protocol.js": script(protocol),
  "/questions.js": script(questions),
  "/resume.js": script(resume),
  "/room.js": script(room),
  "/rooms.js": script(rooms),
  "/roster.js": script(roster),
  "/rows.js": script(rows),
  "/self.js": script(self),
  "/series.js": script(series),
  "/session.js": script(session),
  "/speech.js": script(speech),
  "/status_bar.js": script(statusBar),
  "/surroundings.js": script(surroundings),
  "/tabs.js": script(tabs),
  "/talk.js": script(talk),
  "/theme.js": script(theme),
  "/timeline.js": script(timeline),
  "/typing.js": script(typing),
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/icon.svg": svg,
  "/favicon.ico": svg,
};

/** Hashes of the inline scripts of the page, which are the only ones that may run (CSP 3, 8.3). */
const INLINE_SCRIPTS = Array.from(
  FILES["/index.html"]?.body.matchAll(/<script>([^]*?)<\/script>/g) ?? [],
  ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
).join("");

/** The page loads nothing from other origins, and no other page may frame it. */
const POLICY = `default-src 'none'; script-src 'self'${INLINE_SCRIPTS}; ` +
  "style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The embedded files. Browsers revalidate them each time, so that a new server's page is loaded at once. */
export const EMBEDDED_ASSETS: Assets = new Map(
  Object.entries(FILES).map(([path, file]) => [
    path,
    createAsset({ ...file, caching: "no-cache", policy: POLICY }),
  ]),
);
