/**
 * A chat with an operator, whose token, time and evictions are the test's own.
 * @module
 */
import type { HubOptions } from "../../../lib/chat/hub.ts";
import { handleLine } from "../../../lib/chat/commands/handle.ts";
import { formatLogEntry, type LogEntry, logEntry } from "../../../lib/server/observability/log.ts";
import { ModerationService } from "../../../lib/moderation/moderation_service.ts";
import { Secret } from "../../../lib/identity/secret.ts";
import { Chat, type Client, flushed } from "../fakes.ts";

export const TOKEN = "0123456789abcdef";

/** 2026-11-24 02:10:33 UTC */
export const NOW = 1_795_486_233_000;

/** Ada is an operator at 192.0.2.1; Bob and the others come from where they are put. */
export class OperatorScene {
  readonly log: LogEntry[] = [];
  readonly evicted: string[] = [];
  time = 0;
  now = NOW;
  drains = 0;
  readonly moderator = new ModerationService({
    token: new Secret(TOKEN),
    log: (event) => {
      const { kind } = event;
      this.log.push(kind === "operator_action" ? logEntry(kind, event) : logEntry(kind, event));
    },
    time: () => this.time,
    now: () => this.now,
    elapsed: { now: () => this.now, elapsedSince: (stamp) => this.now - stamp },
    evict: (isUnwanted, words) => {
      for (const ip of ["203.0.113.7", "203.0.113.8", "2001:db8::7", "192.0.2.1"]) {
        if (isUnwanted(ip)) this.evicted.push(`${ip}: ${words}`);
      }
    },
    drain: () => this.drains++,
    drainTime: 20,
  });
  readonly chat: Chat;
  readonly ada: Client;
  readonly bob: Client;

  constructor(options: Partial<HubOptions> = {}) {
    this.chat = new Chat({ ...options, moderation: this.moderator });
    this.ada = this.enter("Ada", "192.0.2.1:1");
    this.bob = this.enter("Bob", "203.0.113.7:2");
    this.ada.member.isOperator = true;
  }

  enter(name: string | undefined, origin: string): Client {
    const client = this.chat.join();
    this.chat.hub.relocate(client.member, origin);
    if (name !== undefined) this.chat.hub.rename(client.member, name);
    return client;
  }

  async type(client: Client, ...lines: string[]): Promise<string[]> {
    for (const line of lines) handleLine(this.chat.hub, client.member, line);
    await flushed();
    return client.lines();
  }

  /** What the log has got since this was asked last. */
  logged(): string[] {
    return this.log.splice(0).map(formatLogEntry);
  }
}
