/**
 * One entry of the timeline as an element of the log.
 * @module
 */
import type { Entry } from "../model/timeline.ts";
import type { Piece } from "../model/markup.ts";
import * as dom from "./dom.ts";
import * as grouping from "../model/grouping.ts";
import * as markup from "../model/markup.ts";
import * as roster from "../model/roster.ts";

const { icon, make } = dom;

/** Characters that are laid out together. */
const LONGEST_PART = 4_096;

/** Parts of that length, each up to a space if there is one. */
const PARTS = new RegExp(`[^]{1,${LONGEST_PART}}(?:\\s|$)|[^]{1,${LONGEST_PART}}`, "gu");

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

const SIGNS: Partial<Record<Entry["kind"], { icon: string; label: string }>> = {
  notice: { icon: "info", label: "Notice" },
  presence: { icon: "person", label: "People" },
  missed: { icon: "gap", label: "Missed" },
  error: { icon: "alert", label: "Error" },
};

const MARKS: Partial<Record<NonNullable<Entry["delivery"]>, { icon: string; label: string }>> = {
  queued: { icon: "clock", label: "Waiting for a connection" },
  sending: { icon: "clock", label: "Sending" },
  failed: { icon: "alert", label: "Not sent" },
};

/**
 * @param reader The reader's name.
 * @param isMarked Whether the unread begin with it.
 */
export function render(
  entry: Entry,
  previous: Entry | undefined,
  reader: string | null,
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
  article.setAttribute("aria-label", `${speaker(entry)}, ${clock.format(entry.time)}`);
  article.append(
    entry.action ? make("div", "who", icon("action")) : who(entry, opens),
    body(entry, opens, reader),
  );
  if (opens || clock.format(entry.time) !== clock.format(previous?.time)) {
    article.append(when(entry));
  }
  row.append(article);
  return row;
}

export function speaker(entry: Entry) {
  const sign = SIGNS[entry.kind];
  if (sign) return sign.label;
  const name = entry.own ? "You" : entry.sender;
  if (entry.action) return `${name}, action`;
  if (entry.kind !== "whisper") return name;
  return entry.own ? `${name}, whisper to ${entry.to ?? ""}` : `${name}, whisper to you`;
}

function who(entry: Entry, opens: boolean) {
  const cell = make("div", "who");
  const sign = SIGNS[entry.kind];
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

/** A name that can be clicked. Not a stop of the tab key: the list of people is there for that. */
function senderName(name: string) {
  const button = make("button", "name", make("bdi", "", name));
  button.type = "button";
  button.tabIndex = -1;
  button.title = `Whisper to ${name}`;
  button.dataset["whisper"] = name;
  return button;
}

function body(entry: Entry, opens: boolean, reader: string | null) {
  const cell = make("div", "body");
  if (entry.kind === "whisper" && opens) {
    const label = entry.own ? ["Whisper to ", make("bdi", "", entry.to ?? "")] : ["Whisper to you"];
    cell.append(make("div", "tag", icon("lock"), make("span", "", ...label)));
  }
  const text = make("div", "text");
  if (entry.action) {
    text.append(entry.own ? actor(reader ?? "You") : senderName(entry.sender), " ");
  }
  const personal = entry.kind === "message" && !entry.own ? reader : null;
  const [first = "", ...others] = partsOf(entry);
  if (others.length === 0) text.append(...markup.parse(first, personal).map(nodeOf));
  else for (const part of [first, ...others]) text.append(partOf(part, personal));
  // Last: with a direction found in the text, a browser would look for it again at each piece. What the page itself says
  // begins with a name in any script.
  text.dir = SIGNS[entry.kind] ? "ltr" : "auto";
  cell.append(text);
  const mark = entry.delivery && MARKS[entry.delivery];
  if (mark) cell.append(deliveryMark(entry, mark));
  if (entry.loading === "waiting") cell.append(button("Load them", "load", entry.key));
  return cell;
}

/**
 * The parts of a text that are laid out each for itself. The lines of a list, such as an answer to a search, are of
 * different people, and what is in one must not reach into others. A very long text is cut because browsers take the
 * square of its length for some.
 */
function partsOf({ kind, text }: Entry) {
  const lines = SIGNS[kind] ? text.split(/(?<=\n)/) : [text];
  return lines.flatMap((line) => line.length <= LONGEST_PART ? [line] : line.match(PARTS) ?? []);
}

function partOf(text: string, reader: string | null) {
  return make("span", "part", ...markup.parse(text, reader).map(nodeOf));
}

function actor(name: string) {
  return make("span", "name you", make("bdi", "", name));
}

/**
 * @param deed What it does: `data-` and this is its attribute.
 * @param key Of the entry that it is about.
 */
function button(label: string, deed: string, key: number) {
  const element = make("button", "quiet", label);
  element.type = "button";
  element.dataset[deed] = String(key);
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

function when(entry: Entry) {
  const time = make("time", "", clock.format(entry.time));
  time.dateTime = new Date(entry.time).toISOString();
  return time;
}
