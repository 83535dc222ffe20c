/**
 * The page: shows the state of the service and passes input to it.
 *
 * Its styles are in `app.component.css`, which angular.json bundles into a file, because a strict Content-Security-Policy
 * forbids styles that Angular adds to the page at run time.
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

/** The distance from the end, in px, within which the log follows new messages. */
const FOLLOW_DISTANCE = 40;

/** The maximum length of a text that is laid out as one piece, in UTF-16 units. */
const MAX_PART = 4_096;

/** Matches parts of at most that length, which end at a space if there is one. */
const PARTS = new RegExp(`[^]{1,${MAX_PART}}(?:\\s|$)|[^]{1,${MAX_PART}}`, "gu");

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, {
  dateStyle: "full",
  timeStyle: "medium",
});

const DELIVERY_TEXTS: Readonly<Record<Delivery, string>> = {
  [Delivery.Queued]: "waiting for a connection",
  [Delivery.Sending]: "sending",
  [Delivery.Delivered]: "",
  [Delivery.Failed]: "not sent",
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
  protected readonly loginQuestion = toSignal(this.#chat.loginQuestion$, { requireSync: true });
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
  /** The number of unread messages in each room. */
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
    if (this.loginQuestion() !== null) return "Log in to continue";
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
  /** Whether the rooms and users cover the log, on a phone. */
  protected readonly sideOpen = signal(false);

  /** Whether the page is visible and its window has the focus. */
  readonly #isAttended = toSignal(
    merge(
      fromEvent(this.#document, "visibilitychange"),
      fromEvent(this.#window, "focus"),
      fromEvent(this.#window, "blur"),
    ).pipe(
      startWith(undefined),
      map(() => this.#document.visibilityState !== "hidden" && this.#document.hasFocus()),
    ),
  );

  /** The key of the newest entry that was read in each room. */
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
      if (this.#isAttended()) this.#see(this.activeRoom(), this.#messages());
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
   * Sends with Enter, but not with Shift or Option or while an input method composes. Safari reports the key that ends a
   * composition after its end, so only its code tells: 229 (UI Events, "keyCode for IME processing").
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

  protected logIn(event: Event, field: HTMLInputElement): void {
    event.preventDefault();
    if (field.value === "") return field.focus();
    this.#chat.logIn(field.value);
    field.value = "";
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

  /** Starts a whisper in the message field. */
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
    this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight <= FOLLOW_DISTANCE;
  }

  /** The sender of a message, and for whispers the direction. */
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
   * Splits a text into parts with separate layouts. The lines of a reply may come from different users: formatting
   * characters in one line must not affect the others. Very long texts are split because browsers need quadratic time for
   * some of them.
   */
  protected parts({ type, text }: ChatMessage): readonly string[] {
    const lines = type === MessageType.System ? text.split(/(?<=\n)/) : [text];
    return lines.flatMap((line) => line.length <= MAX_PART ? [line] : line.match(PARTS) ?? []);
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

  /** Follows new messages, or keeps the visible ones in place when older ones are added. */
  #follow(messages: readonly ChatMessage[]): void {
    const log = this.log().nativeElement;
    const first = messages[0]?.key;
    if (this.#atEnd) log.scrollTop = log.scrollHeight;
    else if (first !== this.#firstKey) log.scrollTop += log.scrollHeight - this.#height;
    this.#height = log.scrollHeight;
    this.#firstKey = first;
  }
}
