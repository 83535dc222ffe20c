/**
 * Draws an entry of the timeline as a row of the log.
 * @module
 */
import type { Entry } from "../model/timeline.ts";
import type { Piece } from "../model/markup.ts";
import * as dom from "./dom.ts";
import * as grouping from "../model/grouping.ts";
import * as markup from "../model/markup.ts";
import * as roster from "../model/roster.ts";

const { icon, make } = dom;

/** The maximum length of a text that is laid out as one piece, in UTF-16 units. */
const MAX_PART = 4_096;

/** Matches parts of at most that length, which end at a space if there is one. */
const PARTS = new RegExp(`[^]{1,${MAX_PART}}(?:\\s|$)|[^]{1,${MAX_PART}}`, "gu");

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

const KIND_LABELS: Partial<Record<Entry["kind"], { icon: string; label: string }>> = {
  notice: { icon: "info", label: "Notice" },
  presence: { icon: "person", label: "Users" },
  missed: { icon: "gap", label: "Missed" },
  error: { icon: "alert", label: "Error" },
};

const DELIVERY_LABELS: Partial<
  Record<NonNullable<Entry["delivery"]>, { icon: string; label: string }>
> = {
  queued: { icon: "clock", label: "Waiting for a connection" },
  sending: { icon: "clock", label: "Sending" },
  failed: { icon: "alert", label: "Not sent" },
};

/**
 * @param ownName The name of this user.
 * @param isMarked Whether the unread line is above the row.
 */
export function render(
  entry: Entry,
  previous: Entry | undefined,
  ownName: string | null,
  isMarked: boolean,
) {
  const { newDay, opens: begins } = grouping.place(entry, previous);
  const opens = begins || isMarked;
  const row = make("div", "row");
  row.dataset["key"] = String(entry.key);
  if (newDay) row.append(make("div", "day", make("span", "", calendar.format(entry.time))));
  if (isMarked) row.append(make("div", "unread-line", make("span", "", "Unread")));
  const article = make("article", `entry ${entry.kind}`);
  if (entry.own) article.classList.add("own");
  else if (entry.sender !== "") article.classList.add(`c${roster.colourOf(entry.sender)}`);
  if (entry.mention) article.classList.add("mentioned");
  if (entry.action) article.classList.add("action");
  if (opens) article.classList.add("opens");
  article.setAttribute("aria-label", `${senderLabel(entry)}, ${clock.format(entry.time)}`);
  article.append(
    entry.action ? make("div", "sender", icon("action")) : senderCell(entry, opens),
    body(entry, opens, ownName),
  );
  if (opens || clock.format(entry.time) !== clock.format(previous?.time)) {
    article.append(timeOf(entry));
  }
  row.append(article);
  return row;
}

/** The sender of an entry, as screen readers announce it. */
export function senderLabel(entry: Entry) {
  const sign = KIND_LABELS[entry.kind];
  if (sign) return sign.label;
  const name = entry.own ? "You" : entry.sender;
  if (entry.action) return `${name}, action`;
  if (entry.kind !== "whisper") return name;
  return entry.own ? `${name}, whisper to ${entry.to ?? ""}` : `${name}, whisper to you`;
}

function senderCell(entry: Entry, opens: boolean) {
  const cell = make("div", "sender");
  const sign = KIND_LABELS[entry.kind];
  if (sign) {
    cell.append(icon(sign.icon));
    if (entry.kind === "error" || entry.kind === "missed") {
      cell.append(make("span", "sign", sign.label));
    }
  } else if (opens) {
    cell.append(entry.own ? make("span", "name you", "You") : senderName(entry.sender));
  }
  return cell;
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

function body(entry: Entry, opens: boolean, ownName: string | null) {
  const cell = make("div", "body");
  if (entry.kind === "whisper" && opens) {
    const label = entry.own ? ["Whisper to ", make("bdi", "", entry.to ?? "")] : ["Whisper to you"];
    cell.append(make("div", "tag", icon("lock"), make("span", "", ...label)));
  }
  const text = make("div", "text");
  if (entry.action) {
    text.append(entry.own ? actorName(ownName ?? "You") : senderName(entry.sender), " ");
  }
  const personal = entry.kind === "message" && !entry.own ? ownName : null;
  const [first = "", ...others] = partsOf(entry);
  if (others.length === 0) text.append(...markup.parse(first, personal).map(nodeOf));
  else for (const part of [first, ...others]) text.append(partOf(part, personal));
  // Set last, because browsers detect the direction again for each piece. Texts of the page are English, but may start with
  // a name in any script.
  text.dir = KIND_LABELS[entry.kind] ? "ltr" : "auto";
  cell.append(text);
  const mark = entry.delivery && DELIVERY_LABELS[entry.delivery];
  if (mark) cell.append(deliveryMark(entry, mark));
  if (entry.loading === "waiting") cell.append(button("Load them", "load", entry.key));
  return cell;
}

/**
 * Splits a text into parts with separate layouts. The lines of a list, such as a search result, come from different users:
 * formatting characters in one line must not affect the others. Very long texts are split because browsers need quadratic
 * time for some of them.
 */
function partsOf({ kind, text }: Entry) {
  const lines = KIND_LABELS[kind] ? text.split(/(?<=\n)/) : [text];
  return lines.flatMap((line) => line.length <= MAX_PART ? [line] : line.match(PARTS) ?? []);
}

function partOf(text: string, ownName: string | null) {
  return make("span", "part", ...markup.parse(text, ownName).map(nodeOf));
}

function actorName(name: string) {
  return make("span", "name you", make("bdi", "", name));
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
  const link = make("a", "", piece.text);
  link.href = piece.href;
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
  const time = make("time", "", clock.format(entry.time));
  time.dateTime = new Date(entry.time).toISOString();
  return time;
}
