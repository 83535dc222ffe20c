/**
 * The invitation in a room where nobody has said anything: its link to share, and how to come in from a terminal.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import { copyButton } from "./copy.ts";
import * as dom from "./dom.ts";

const { make } = dom;

export interface WelcomeOptions {
  /** Returns the address of the page that shows a room; `undefined` if nobody else can open it. */
  linkOf: (room: ChatRoom) => string | undefined;
  /** Returns the command that connects from a terminal; `undefined` if it is not known. */
  terminalCommand: () => string | undefined;
  announce: (text: string) => void;
}

export function createWelcome({ linkOf, terminalCommand, announce }: WelcomeOptions) {
  const section = dom.byId("welcome", HTMLElement);
  const title = dom.byId("welcome-title", HTMLElement);
  const text = dom.byId("welcome-text", HTMLElement);
  const ways = dom.byId("welcome-ways", HTMLElement);
  let drawn = "";

  function wayOf(label: string, command: string) {
    const copy = copyButton(() => command, announce);
    return [make("dt", "", label), make("dd", "", make("code", "", command), copy)];
  }

  function draw(room: ChatRoom, isLobby: boolean) {
    const link = linkOf(room), terminal = terminalCommand();
    const now = JSON.stringify([room.name, link, terminal]);
    if (now === drawn) return;
    drawn = now;
    title.replaceChildren("Welcome to #", make("bdi", "", room.name));
    text.textContent = link === undefined && terminal === undefined
      ? "Nobody has written anything here yet."
      : "Nobody has written anything here yet. Bring people in:";
    ways.replaceChildren(
      ...(link === undefined ? [] : wayOf("From a browser", link)),
      ...(terminal === undefined ? [] : wayOf("From a terminal", terminal)),
      ...(terminal === undefined || isLobby ? [] : wayOf("and then", `/join ${room.name}`)),
    );
  }

  /** Shows the invitation if the room is empty. */
  return (room: ChatRoom, isLobby: boolean) => {
    const isEmpty = room.joined && !room.timeline.hasMessages &&
      (room.older === "none" || room.older === "unkept");
    section.hidden = !isEmpty;
    if (isEmpty) draw(room, isLobby);
  };
}
