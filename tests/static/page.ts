/**
 * The scripts of the page that know no document, loaded as a browser loads them: in the order of index.html, each
 * leaving what it offers in `backchannel`.
 * @module
 */
/// <reference path="../../static/globals.d.ts" />
import "../../static/namespace.js";
import "../../static/protocol.js";
import "../../static/connection.js";
import "../../static/grouping.js";
import "../../static/timeline.js";
import "../../static/markup.js";
import "../../static/roster.js";
import "../../static/gaps.js";
import "../../static/talk.js";
import "../../static/room.js";
import "../../static/rooms.js";
import "../../static/self.js";
import "../../static/outbox.js";
import "../../static/drafts.js";
import "../../static/browser_tab.js";
import "../../static/typing.js";
import "../../static/series.js";
import "../../static/naming.js";
import "../../static/questions.js";
import "../../static/speech.js";
import "../../static/pages.js";
import "../../static/resume.js";
import "../../static/hearing.js";
import "../../static/answers.js";
import "../../static/deeds.js";
import "../../static/session.js";

export const page = backchannel;
