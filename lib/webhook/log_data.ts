/**
 * What a webhook reports for the log.
 * @module
 */

/** The data of each kind of entry. The endpoint is the origin of the URL, whose path or query may be a secret. */
export type WebhookLogData = {
  webhook_unencrypted: { readonly endpoint: string };
  webhook_failed: { readonly endpoint: string; readonly reason: string };
  webhook_recovered: {
    /** Failed requests. */
    readonly count: number;
  };
  webhook_dropping: object;
  webhook_dropped: {
    /** Dropped events. */
    readonly count: number;
  };
  webhook_refused: {
    /** Dropped events. */
    readonly count: number;
    readonly reason: string;
  };
  webhook_gone: {
    readonly endpoint: string;
    /** Dropped events. */
    readonly count: number;
  };
  webhook_undelivered: {
    /** Events. */
    readonly count: number;
  };
};

/** Receives what a webhook reports. Must not throw. */
export type WebhookLog = <Kind extends keyof WebhookLogData>(
  kind: Kind,
  data: WebhookLogData[Kind],
) => void;
