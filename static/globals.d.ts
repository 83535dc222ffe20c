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
import type { AnswersModule } from "./answers.js";
import type { AttentionModule } from "./attention.js";
import type { BrowserTabModule } from "./browser_tab.js";
import type { ComposerModule } from "./composer.js";
import type { ConnectionModule } from "./connection.js";
import type { DeedsModule } from "./deeds.js";
import type { DialogsModule } from "./dialogs.js";
import type { DomModule } from "./dom.js";
import type { DraftsModule } from "./drafts.js";
import type { GapsModule } from "./gaps.js";
import type { GroupingModule } from "./grouping.js";
import type { HearingModule } from "./hearing.js";
import type { LogViewModule } from "./log_view.js";
import type { MarkupModule } from "./markup.js";
import type { NamingModule } from "./naming.js";
import type { OutboxModule } from "./outbox.js";
import type { PagesModule } from "./pages.js";
import type { PanelsModule } from "./panels.js";
import type { ProtocolModule } from "./protocol.js";
import type { QuestionsModule } from "./questions.js";
import type { ResumeModule } from "./resume.js";
import type { RoomModule } from "./room.js";
import type { RoomsModule } from "./rooms.js";
import type { RosterModule } from "./roster.js";
import type { RowsModule } from "./rows.js";
import type { SelfModule } from "./self.js";
import type { SeriesModule } from "./series.js";
import type { SessionModule } from "./session.js";
import type { SpeechModule } from "./speech.js";
import type { StatusBarModule } from "./status_bar.js";
import type { SurroundingsModule } from "./surroundings.js";
import type { TabsModule } from "./tabs.js";
import type { TalkModule } from "./talk.js";
import type { ThemeModule } from "./theme.js";
import type { TimelineModule } from "./timeline.js";
import type { TypingModule } from "./typing.js";

declare global {
  var backchannel: {
    answers: AnswersModule;
    attention: AttentionModule;
    browserTab: BrowserTabModule;
    composer: ComposerModule;
    connection: ConnectionModule;
    deeds: DeedsModule;
    dialogs: DialogsModule;
    dom: DomModule;
    drafts: DraftsModule;
    gaps: GapsModule;
    grouping: GroupingModule;
    hearing: HearingModule;
    logView: LogViewModule;
    markup: MarkupModule;
    naming: NamingModule;
    outbox: OutboxModule;
    pages: PagesModule;
    panels: PanelsModule;
    protocol: ProtocolModule;
    questions: QuestionsModule;
    resume: ResumeModule;
    room: RoomModule;
    rooms: RoomsModule;
    roster: RosterModule;
    rows: RowsModule;
    self: SelfModule;
    series: SeriesModule;
    session: SessionModule;
    speech: SpeechModule;
    statusBar: StatusBarModule;
    surroundings: SurroundingsModule;
    tabs: TabsModule;
    talk: TalkModule;
    theme: ThemeModule;
    timeline: TimelineModule;
    typing: TypingModule;
  };
}
