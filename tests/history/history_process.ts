/**
 * A process with an open history: appends a message now and then to the file given as an argument, and prints the offset
 * of each. It ends by itself only if the file cannot be opened.
 * @module
 */
import { openHistory } from "../../lib/history/open_history.ts";
import type { HistoryClock } from "../../lib/history/background_writer.ts";
import { newMessage } from "./fakes.ts";

const clock: HistoryClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  every(ms, action) {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

const [path, pause = "1"] = Deno.args;

if (import.meta.main) {
  try {
    const history = openHistory({ path, clock, limit: 100_000 });
    console.log(`open ${history.epoch}`);
    const say = () => {
      const text = `message ${history.latest("lobby") + 1}`;
      const offset = history.append("lobby", newMessage(text, { time: Date.now() }));
      console.log(`${offset} ${Math.round(performance.now())}`);
    };
    say();
    setInterval(say, Number(pause));
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    Deno.exit(1);
  }
}
