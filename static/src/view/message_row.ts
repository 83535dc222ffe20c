/**
 * Draws an entry of the timeline as a row of the log.
 * @module
 */
import type { RoomColours } from "../model/colours.ts";
import type { Entry } from "../model/timeline.ts";
import type { Piece } from "../model/markup.ts";
import { avatar } from "./avatar.ts";
import * as dom from "./dom.ts";
import * as grouping from "../model/grouping.ts";
import * as markup from "../model/markup.ts";
import * as times from "../model/times.ts";

const { icon, make } = dom;

/** What a row shows besides its entry. */
export interface RowContext {
  /** The name of this user. */
  readonly ownName: string | null;
  /** The colours of the people in the room. */
  readonly colours: Pick<RoomColours, "ofSpeaker">;
  /** Whether the unread line is above the row. */
  readonly isMarked: boolean;
}

/** The maximum length of a text that is laid out as one piece, in UTF-16 units. */
const MAX_PART = 4_096;

/** Matches parts of at most that length, which end at a space if there is one. */
const PARTS = new RegExp(`[^]{1,${MAX_PART}}(?:\\s|$)|[^]{1,${MAX_PART}}`, "gu");

/** Entries without a sender, as screen readers announce them. */
const KIND_LABELS: Partial<Record<Entry["kind"], string>> = {
  answer: "Answer",
  notice: "Notice",
  presence: "Users",
  missed: "Missed",
  skipped: "Gap",
  error: "Error",
};

const DELIVERY_LABELS: Partial<
  Record<NonNullable<Entry["delivery"]>, { icon: string; label: string }>
> = {
  queued: { icon: "clock", label: "Waiting for a connection" },
  sending: { icon: "clock", label: "Sending" },
  failed: { icon: "alert", label: "Not sent" },
};

export function render(entry: Entry, previous: Entry | undefined, context: RowContext) {
  const { newDay, opens: begins } = grouping.place(entry, previous);
  const opens = begins || context.isMarked;
  const row = make("div", "row");
  row.dataset["key"] = String(entry.key);
  if (newDay) row.append(make("div", "day", make("span", "", times.dayLabel(entry.time))));
  if (context.isMarked) row.append(make("div", "unread-line", make("span", "", "Unread")));
  const article = make("article", `entry ${entry.kind}`);
  article.setAttribute("aria-label", `${senderLabel(entry)}, ${times.timeOfDay(entry.time)}`);
  if (entry.kind === "message" || entry.kind === "whisper") {
    fillMessage(article, entry, opens, context);
  } else fillNote(article, entry);
  row.append(article);
  return row;
}

/** The sender of an entry, as screen readers announce it. */
export function senderLabel(entry: Entry) {
  const { kind, command } = entry;
  const label = KIND_LABELS[kind];
  if (label) return command === undefined ? label : `${label} to ${command}`;
  const name = entry.own ? "You" : entry.sender;
  if (entry.action) return `${name}, action`;
  if (kind !== "whisper") return name;
  return entry.own ? `${name}, whisper to ${entry.to ?? ""}` : `${name}, whisper to you`;
}

function fillMessage(
  article: HTMLElement,
  entry: Entry,
  opens: boolean,
  { ownName, colours }: RowContext,
) {
  // The server has not confirmed the sender of a message that is being sent.
  const name = entry.sender !== "" ? entry.sender : ownName ?? "You";
  const colour = colours.ofSpeaker(name);
  article.classList.add(`c${colour}`);
  if (entry.own) article.classList.add("own");
  if (entry.mention) article.classList.add("mentioned");
  if (entry.action) article.classList.add("action");
  if (opens) article.classList.add("opens");
  const sender = entry.own ? ownNameLabel(name) : senderName(name);
  if (opens) article.append(avatar(name, colour));
  if (opens && !entry.action) article.append(make("div", "sender", sender, timeOf(entry)));
  if (!opens) article.append(timeOf(entry));
  const body = messageBody(entry, opens, ownName, entry.action ? sender : undefined);
  if (opens && entry.action) body.append(timeOf(entry));
  article.append(body);
}

/** A name that starts a whisper when clicked. Keyboard users have the list of users for that, so it is no tab stop. */
function senderName(name: string) {
  const button = make("button", "name", make("bdi", "", name));
  button.type = "button";
  button.tabIndex = -1;
  button.title = `Whisper to ${name}`;
  button.dataset["whisper"] = name;
  return button;
}

function ownNameLabel(name: string) {
  return make("span", "name you", make("bdi", "", name));
}

/** @param actor The name in front of an action. */
function messageBody(entry: Entry, opens: boolean, ownName: string | null, actor?: HTMLElement) {
  const cell = make("div", "body");
  if (entry.kind === "whisper" && opens) {
    const label = entry.own ? ["Whisper to ", make("bdi", "", entry.to ?? "")] : ["Whisper to you"];
    cell.append(make("div", "tag", ...label));
  }
  const text = make("div", "text");
  if (actor) text.append(actor, " ");
  const personal = entry.kind === "message" && !entry.own ? ownName : null;
  fillText(text, splitLong(entry.text), personal);
  cell.append(text);
  const mark = entry.delivery && DELIVERY_LABELS[entry.delivery];
  if (mark) cell.append(deliveryMark(entry, mark));
  return cell;
}

function fillText(element: HTMLElement, parts: readonly string[], ownName: string | null) {
  const [first = "", ...others] = parts;
  if (others.length === 0) element.append(...markup.parse(first, ownName).map(nodeOf));
  else for (const part of [first, ...others]) element.append(partOf(part, ownName));
  // Set last, because browsers detect the direction again for each piece.
  element.dir = "auto";
}

/** Very long texts are split because browsers need quadratic time to lay out some of them. */
function splitLong(text: string): string[] {
  return text.length <= MAX_PART ? [text] : text.match(PARTS) ?? [];
}

function partOf(text: string, ownName: string | null) {
  return make("span", "part", ...markup.parse(text, ownName).map(nodeOf));
}

/** Fills the row of an entry of the page or the server: answers and problems are cards, and the rest is a quiet line. */
function fillNote(article: HTMLElement, entry: Entry) {
  const { kind, text, rows, loading, key } = entry;
  const body = make("div", "body");
  const content = rows ? tableOf(rows) : noteText(text);
  if (kind === "skipped") {
    body.append(content);
    if (loading === "waiting") body.append(button("Load them", "load", key));
  } else if (kind === "notice" || kind === "presence") {
    content.title = times.dateAndTime(entry.time);
    body.append(content);
  } else {
    const card = make("div", "card", cardHead(entry), content);
    if (loading === "waiting") card.append(button("Load them", "load", key));
    body.append(card);
  }
  article.append(body);
}

/**
 * The lines of a list, such as a search result, come from different users: formatting characters in one line must not
 * affect the others.
 */
function noteText(text: string) {
  const element = make("div", "text");
  fillText(element, text.split(/(?<=\n)/).flatMap(splitLong), null);
  element.dir = "ltr"; // the texts of the page are English, but may start with a name in any script
  return element;
}

function tableOf(rows: NonNullable<Entry["rows"]>) {
  const isCommands = rows.every(([term]) => term.startsWith("/"));
  const list = make("dl", isCommands ? "text commands" : "text");
  for (const [term, detail] of rows) list.append(make("dt", "", term), make("dd", "", detail));
  return list;
}

function cardHead(entry: Entry) {
  const { kind, command, key } = entry;
  const head = make("div", "card-head");
  if (kind === "error") head.append(icon("alert"));
  if (kind === "missed") head.append(icon("gap"));
  head.append(
    command === undefined
      ? make("span", "", KIND_LABELS[kind] ?? "")
      : make("code", "", command.replace(/\s+/g, " ")),
  );
  if (kind === "missed") return head;
  const dismiss = button("", "dismiss", key);
  dismiss.className = "tool";
  dismiss.append(icon("close"), make("span", "unseen", "Dismiss"));
  dismiss.title = "Dismiss";
  head.append(dismiss);
  return head;
}

/**
 * @param action The name of its `data-` attribute.
 * @param key The key of the entry, the value of the attribute.
 */
function button(label: string, action: string, key: number) {
  const element = make("button", "quiet", label);
  element.type = "button";
  element.dataset[action] = String(key);
  return element;
}

function nodeOf(piece: Piece) {
  if (piece.type === "text") return piece.text;
  if (piece.type === "mention") return make("mark", "", piece.text);
  return linkOf(piece.text, piece.href);
}

/** A link to an address that somebody wrote. */
export function linkOf(text: string, href: string) {
  const link = make("a", "", text);
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}

function deliveryMark(entry: Entry, mark: { icon: string; label: string }) {
  const line = make("div", `delivery ${entry.delivery}`, icon(mark.icon));
  line.append(make("span", "", entry.detail ? `${mark.label}: ${entry.detail}` : mark.label));
  if (entry.delivery === "failed") line.append(button("Edit", "edit", entry.key));
  return line;
}

function timeOf(entry: Entry) {
  const time = make("time", "", times.timeOfDay(entry.time));
  time.dateTime = new Date(entry.time).toISOString();
  time.title = times.dateAndTime(entry.time);
  return time;
}
