/**
 * The files of static/, embedded: what is served is in the program, so that one file is all there is to copy.
 * @module
 */
import app from "../../static/app.js" with { type: "text" };
import attention from "../../static/attention.js" with { type: "text" };
import composer from "../../static/composer.js" with { type: "text" };
import connection from "../../static/connection.js" with { type: "text" };
import dialogs from "../../static/dialogs.js" with { type: "text" };
import dom from "../../static/dom.js" with { type: "text" };
import gap from "../../static/gap.js" with { type: "text" };
import logView from "../../static/log_view.js" with { type: "text" };
import markup from "../../static/markup.js" with { type: "text" };
import namespace from "../../static/namespace.js" with { type: "text" };
import naming from "../../static/naming.js" with { type: "text" };
import outbox from "../../static/outbox.js" with { type: "text" };
import panels from "../../static/panels.js" with { type: "text" };
import protocol from "../../static/protocol.js" with { type: "text" };
import questions from "../../static/questions.js" with { type: "text" };
import roster from "../../static/roster.js" with { type: "text" };
import rows from "../../static/rows.js" with { type: "text" };
import series from "../../static/series.js" with { type: "text" };
import session from "../../static/session.js" with { type: "text" };
import theme from "../../static/theme.js" with { type: "text" };
import timeline from "../../static/timeline.js" with { type: "text" };
import typing from "../../static/typing.js" with { type: "text" };
import icon from "../../static/icon.svg" with { type: "text" };
import index from "../../static/index.html" with { type: "text" };
import speech from "../../static/speech.js" with { type: "text" };
import style from "../../static/style.css" with { type: "text" };

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
  "/attention.js": script(attention),
  "/composer.js": script(composer),
  "/connection.js": script(connection),
  "/dialogs.js": script(dialogs),
  "/dom.js": script(dom),
  "/gap.js": script(gap),
  "/log_view.js": script(logView),
  "/markup.js": script(markup),
  "/namespace.js": script(namespace),
  "/naming.js": script(naming),
  "/outbox.js": script(outbox),
  "/panels.js": script(panels),
  "/protocol.js": script(protocol),
  "/questions.js": script(questions),
  "/roster.js": script(roster),
  "/rows.js": script(rows),
  "/series.js": script(series),
  "/session.js": script(session),
  "/speech.js": script(speech),
  "/theme.js": script(theme),
  "/timeline.js": script(timeline),
  "/typing.js": script(typing),
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/icon.svg": svg,
  "/favicon.ico": svg,
};
