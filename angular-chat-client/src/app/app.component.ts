/**
 * The page: shows what the service tells, and hands on what is typed and clicked. It knows no protocol.
 *
 * Its styles are in `app.component.css`, which angular.json bundles into a file: styles that Angular would put into the
 * page at run time are what a strict Content-Security-Policy forbids.
 * @module
 */
import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  DOCUMENT,
  effect,
  type ElementRef,
  inject,
  signal,
  viewChild,
  ViewEncapsulation,
} from "@angular/core";
import { toSignal } from "@angular/core/rxjs-interop";
import { Title } from "@angular/platform-browser";
import { fromEvent, map, merge, of, startWith, switchMap, timer } from "rxjs";
import {
  type ChatMessage,
  ConnectionStatus,
  Delivery,
  displayName,
  MessageType,
  type User,
} from "./models/message.model";
import { WebSocketService } from "./services/websocket.service";

/** Somebody who has scrolled so few pixels up from the end still reads along. */
const AT_END = 40;

/** Characters that are laid out together. */
const LONGEST_PART = 4_096;

/** Parts of that length, each up to a space if there is one. */
const PARTS = new RegExp(`[^]{1,${LONGEST_PART}}(?:\\s|$)|[^]{1,${LONGEST_PART}}`, "gu");

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, {
  dateStyle: "full",
  timeStyle: "medium",
});

const DELIVERY_TEXTS: Readonly<Record<Delivery, string>> = {
  [Delivery.Queued]: "waits for a connection",
  [Delivery.Sending]: "on its way",
  [Delivery.Delivered]: "",
  [Delivery.Failed]: "was not sent",
};

@Component({
  selector: "chat-root",
  templateUrl: "./app.component.html",
  changeDetection: ChangeDetectionStrategy.OnPush,
  encapsulation: ViewEncapsulation.None,
})
export class AppComponent {
  readonly #chat = inject(WebSocketService);
  readonly #document = inject(DOCUMENT);
  readonly #window = this.#document.defaultView ?? this.#document;
  private readonly log = viewChild.required<ElementRef<HTMLElement>>("log");
  private readonly field = viewChild.required<ElementRef<HTMLTextAreaElement>>("field");

  protected readonly Status = ConnectionStatus;
  protected readonly displayName = displayName;

  protected readonly status = toSignal(this.#chat.connectionStatus$, { requireSync: true });
  protected readonly me = toSignal(this.#chat.me$, { requireSync: true });
  protected readonly rooms = toSignal(this.#chat.rooms$, { requireSync: true });
  protected readonly activeRoom = toSignal(this.#chat.activeRoom$, { requireSync: true });
  readonly #messages = toSignal(this.#chat.messages$, { requireSync: true });

  /** Whole seconds until the next attempt. */
  readonly #retryIn = toSignal(
    this.#chat.retryAt$.pipe(
      switchMap((at) =>
        at === null
          ? of(null)
          : timer(0, 1_000).pipe(map(() => Math.max(0, Math.ceil((at - Date.now()) / 1_000))))
      ),
    ),
    { initialValue: null },
  );

  protected readonly room = computed(() =>
    this.rooms().find(({ name }) => name === this.activeRoom())
  );
  protected readonly visible = computed(() => {
    const active = this.activeRoom();
    return this.#messages().filter(({ room }) => room === null || room === active);
  });
  /** How many people have said something in each room since it was looked at. */
  protected readonly unread = computed(() => {
    const seen = this.#seen();
    const counts = new Map<string, number>();
    for (const { type, room, key } of this.#messages()) {
      if (type !== MessageType.Received || room === null || key <= (seen.get(room) ?? 0)) continue;
      counts.set(room, (counts.get(room) ?? 0) + 1);
    }
    return counts;
  });
  protected readonly statusText = computed(() => {
    switch (this.status()) {
      case ConnectionStatus.Connected:
        return "Connected";
      case ConnectionStatus.Connecting:
        return "Connecting";
      case ConnectionStatus.Disconnected:
        return "Disconnected";
      case ConnectionStatus.Reconnecting:
        return "Reconnecting";
    }
  });
  protected readonly retryText = computed(() => {
    const seconds = this.#retryIn();
    return seconds === null || seconds === 0 ? "" : `in ${seconds} s`;
  });
  /** On a phone, whether rooms and people cover the log. */
  protected readonly sideOpen = signal(false);

  /** Whether somebody can be reading the page: it is in sight, and its window is the one that is used. */
  readonly #looking = toSignal(
    merge(
      fromEvent(this.#document, "visibilitychange"),
      fromEvent(this.#window, "focus"),
      fromEvent(this.#window, "blur"),
    ).pipe(
      startWith(undefined),
      map(() => this.#document.visibilityState !== "hidden" && this.#document.hasFocus()),
    ),
  );

  /** The newest entry of each room when it was last looked at. */
  readonly #seen = signal<ReadonlyMap<string, number>>(new Map());
  #atEnd = true;
  #height = 0;
  #firstKey: number | undefined;

  constructor() {
    const title = inject(Title);
    effect(() => {
      const count = [...this.unread().values()].reduce((sum, value) => sum + value, 0);
      title.setTitle(count === 0 ? "Backchannel" : `(${count}) Backchannel`);
    });
    effect(() => {
      if (this.#looking()) this.#see(this.activeRoom(), this.#messages());
    });
    afterRenderEffect(() => this.#follow(this.visible()));
    this.#chat.connect();
  }

  protected get server(): string {
    return this.#chat.server;
  }

  protected submit(field: HTMLTextAreaElement): void {
    this.#atEnd = true;
    if (this.#chat.send(field.value)) field.value = "";
    field.focus();
  }

  /**
   * Enter sends; with Shift or Option, or while an input method composes, it does not. Safari ends the composition before it
   * reports the key that ended it, so there only the code says so: 229 (UI Events, "keyCode for IME processing").
   */
  protected pressed(event: KeyboardEvent, field: HTMLTextAreaElement): void {
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit(field);
  }

  protected changeName(event: Event, field: HTMLInputElement): void {
    event.preventDefault();
    if (field.value.trim() !== "") this.#chat.changeName(field.value);
    this.sideOpen.set(false);
  }

  protected join(event: Event, field: HTMLInputElement): void {
    event.preventDefault();
    if (field.value.trim() !== "" && this.#chat.joinRoom(field.value.trim())) field.value = "";
    this.sideOpen.set(false);
  }

  protected select(room: string): void {
    this.#atEnd = true;
    this.#chat.selectRoom(room);
    this.sideOpen.set(false);
  }

  protected leave(room: string): void {
    this.#chat.leaveRoom(room);
  }

  protected loadOlder(room: string): void {
    this.#chat.loadOlder(room);
  }

  /** Begins a whisper, which is then typed. */
  protected whisper(user: User): void {
    if (user.name === null) return;
    const field = this.field().nativeElement;
    field.value = `/whisper ${user.name} ${field.value.replace(/^\/whisper\s+\S*\s*/i, "")}`;
    this.sideOpen.set(false);
    field.focus();
  }

  protected retry(): void {
    this.#chat.retry();
  }

  protected disconnect(): void {
    this.#chat.disconnect();
    this.sideOpen.set(false);
  }

  protected scrolled(log: HTMLElement): void {
    this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight <= AT_END;
  }

  /** Who said it and how, as one reads it aloud. */
  protected author(message: ChatMessage): string {
    const from = message.from === undefined ? "You" : displayName(message.from);
    if (message.type !== MessageType.Whisper) {
      return message.type === MessageType.Sent ? "You" : from;
    }
    return message.to === undefined ? `${from} whispers` : `You whisper to ${message.to}`;
  }

  protected isSpeech({ type }: ChatMessage): boolean {
    return type !== MessageType.System && type !== MessageType.Error;
  }

  protected isOwn({ type, to }: ChatMessage): boolean {
    return type === MessageType.Sent || to !== undefined;
  }

  protected delivery({ delivery }: ChatMessage): string {
    return delivery === undefined ? "" : DELIVERY_TEXTS[delivery];
  }

  /**
   * The parts of a text that are laid out each for itself. The lines of an answer may be of different people, and what is in
   * one must not reach into others. A very long text is cut because browsers take the square of its length for some.
   */
  protected parts({ type, text }: ChatMessage): readonly string[] {
    const lines = type === MessageType.System ? text.split(/(?<=\n)/) : [text];
    return lines.flatMap((line) => line.length <= LONGEST_PART ? [line] : line.match(PARTS) ?? []);
  }

  protected clock(time: number): string {
    return CLOCK.format(time);
  }

  protected dayAndClock(time: number): string {
    return DAY_AND_CLOCK.format(time);
  }

  protected iso(time: number): string {
    return new Date(time).toISOString();
  }

  #see(room: string, messages: readonly ChatMessage[]): void {
    const newest = messages.reduce((most, { key }) => Math.max(most, key), 0);
    this.#seen.update((seen) => new Map(seen).set(room, newest));
  }

  /** Stays at the end, or where the reader is if something was put in front. */
  #follow(messages: readonly ChatMessage[]): void {
    const log = this.log().nativeElement;
    const first = messages[0]?.key;
    if (this.#atEnd) log.scrollTop = log.scrollHeight;
    else if (first !== this.#firstKey) log.scrollTop += log.scrollHeight - this.#height;
    this.#height = log.scrollHeight;
    this.#firstKey = first;
  }
}
