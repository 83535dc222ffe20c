/**
 * The types of what the scripts of the page share, for `deno check` alone: no browser loads this.
 *
 * The page's scripts see a browser and not Deno, hence the libraries. Each script is kept as one member of `backchannel`.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { AttentionModule } from "./attention.js";
import type { ComposerModule } from "./composer.js";
import type { ConnectionModule } from "./connection.js";
import type { DialogsModule } from "./dialogs.js";
import type { DomModule } from "./dom.js";
import type { GapModule } from "./gap.js";
import type { LogViewModule } from "./log_view.js";
import type { MarkupModule } from "./markup.js";
import type { NamingModule } from "./naming.js";
import type { OutboxModule } from "./outbox.js";
import type { PanelsModule } from "./panels.js";
import type { ProtocolModule } from "./protocol.js";
import type { QuestionsModule } from "./questions.js";
import type { RosterModule } from "./roster.js";
import type { RowsModule } from "./rows.js";
import type { SeriesModule } from "./series.js";
import type { SessionModule } from "./session.js";
import type { SpeechModule } from "./speech.js";
import type { ThemeModule } from "./theme.js";
import type { TimelineModule } from "./timeline.js";
import type { TypingModule } from "./typing.js";

declare global {
  var backchannel: {
    attention: AttentionModule;
    composer: ComposerModule;
    connection: ConnectionModule;
    dialogs: DialogsModule;
    dom: DomModule;
    gap: GapModule;
    logView: LogViewModule;
    markup: MarkupModule;
    naming: NamingModule;
    outbox: OutboxModule;
    panels: PanelsModule;
    protocol: ProtocolModule;
    questions: QuestionsModule;
    roster: RosterModule;
    rows: RowsModule;
    series: SeriesModule;
    session: SessionModule;
    speech: SpeechModule;
    theme: ThemeModule;
    timeline: TimelineModule;
    typing: TypingModule;
  };
}
