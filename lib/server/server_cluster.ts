/**
 * Makes a server a node of a chat on several servers, if its settings say so.
 * @module
 */
import { wordsOf } from "../chat/shared_hub.ts";
import { ownerOfUser, type SharedHistory } from "../chat/shared_log.ts";
import type { UserStore } from "../chat/users.ts";
import { ClusterHistory } from "../cluster/cluster_history.ts";
import { ClusterNode } from "../cluster/cluster_node.ts";
import { parseEngineUrls } from "../cluster/engine_url.ts";
import type { TimedHistory } from "../history/open_history.ts";
import { CredentialError, readSecretFile } from "../identity/secret.ts";
import type { ShareModeration } from "../moderation/moderation_service.ts";
import { systemClock } from "./connection/clock.ts";
import type { InputScheduler } from "./connection/input_scheduler.ts";
import type { Counters } from "./observability/counters.ts";
import { logEntry, type Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";

export interface ServerClusterOptions {
  /** Keeps the rooms that clients of this server ask for; `undefined` if no messages are kept. */
  readonly memory: TimedHistory | undefined;
  readonly scheduler: () => Pick<InputScheduler, "add" | "resume">;
  readonly wall: () => number;
  readonly log: Logger;
  readonly counters: Counters;
}

/** A server as a node. */
export interface ServerCluster {
  readonly node: ClusterNode;
  readonly history: SharedHistory;
}

/**
 * Prepares the node that the settings ask for. It does not connect yet.
 *
 * @throws {CredentialError} If the file with the password cannot be read.
 */
export function createServerCluster(
  settings: Settings,
  { memory, scheduler, wall, log, counters }: ServerClusterOptions,
): ServerCluster | undefined {
  const { cluster, clusterName, clusterTimeout, historyAge } = settings;
  if (cluster === undefined) return undefined;
  const limit = memory === undefined ? 0 : settings.historyLimit;
  const ageMs = historyAge * 1000;
  const node = new ClusterNode({
    addresses: parseEngineUrls(cluster),
    password: readPassword(settings, log),
    chat: clusterName,
    timeout: clusterTimeout * 1000,
    settings: sharedSettings(settings, limit),
    history: { limit, ageMs },
    // Leases follow the time of the machine, whatever the clock of a test says.
    clock: systemClock,
    schedule: (source, isNew) => isNew ? scheduler().add(source) : scheduler().resume(source),
    log: (kind, error) => log(logEntry(kind, { error })),
    onBatch(operations, ms) {
      counters.clusterRoundTrips.observe(ms / 1000);
      counters.clusterOperations += operations;
    },
    onReconnect: () => counters.clusterReconnects++,
    onFenced: () => counters.clusterFenced++,
  });
  const history = new ClusterHistory({
    memory,
    fetch: (room) => node.history(room, limit),
    epoch: () => node.epoch,
    ageMs,
    wall,
  });
  return { node, history };
}

function readPassword({ clusterPasswordFile: path }: Settings, log: Logger): string | undefined {
  if (path === undefined) return undefined;
  const { text, isExposed } = readSecretFile(
    path,
    (reason) => new CredentialError(`cluster password file '${path}'`, reason),
  );
  if (isExposed) log(logEntry("secret_exposed", { file: "cluster password file" }));
  return text;
}

/** The settings that clients of all nodes must find alike, by flag. */
function sharedSettings(settings: Settings, historyLimit: number) {
  const { historyAge, maxMessage, maxPayload, hideAddresses, presenceDelay } = settings;
  return {
    "history-limit": historyLimit,
    "history-age": historyAge,
    "max-message": maxMessage,
    "max-payload": maxPayload,
    "hide-addresses": hideAddresses,
    "presence-delay": presenceDelay,
    "password-file": settings.passwordFile === undefined ? "absent" : "given",
    "jwt-key-file": settings.jwtKeyFile === undefined ? "absent" : "given",
    "user-header": settings.userHeader ?? "absent",
    "operator-token-file": settings.operatorTokenFile === undefined ? "absent" : "given",
  };
}

/** Passes what operators change to all nodes. */
export function shareModeration(node: ClusterNode): ShareModeration {
  return {
    ban: (list, target, value) =>
      node.propose({ type: "ban", list, target, value }, undefined, true),
    lock: (on) => node.propose({ type: "lock", on }, undefined, true),
  };
}

/** The users that all nodes remember. A node tells the others whom it forgets; whom it meets, the hub tells. */
export function sharedUsers(node: ClusterNode): UserStore {
  return {
    users: () => [],
    putUser() {},
    deleteUser(key, name) {
      node.propose({ type: "user", key, value: "" }, undefined, true);
      if (name === undefined) return;
      const former = wordsOf(name);
      node.propose({ type: "free", id: 0, owner: ownerOfUser(key), former }, undefined, true);
    },
  };
}
