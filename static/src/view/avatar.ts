/**
 * The picture of a person: the initials of their name on their colour.
 * @module
 */
import { initials } from "../model/initials.ts";
import * as dom from "./dom.ts";

/** @param colour The index of the colour. */
export function avatar(name: string, colour: number) {
  const picture = dom.make("span", `avatar c${colour}`, initials(name));
  picture.setAttribute("aria-hidden", "true");
  return picture;
}
