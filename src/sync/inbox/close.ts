import { type Instant, nowInstant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { raiseTask } from "../../core/tasks.ts";
import type { SyncContext } from "../parts.ts";
import { createRounds } from "../rounds.ts";
import { storableText } from "../storable.ts";
import { quarantineTask } from "./quarantine-task.ts";

/** Names one delivery in the inbox. */
export interface DeliveryKey {
  merchantId: string;
  connectionId: string;
  deliveryId: string;
  digest: string;
}

/** What became of a delivery. `later` leaves it in the inbox. */
export type Verdict =
  | { status: "applied" }
  | { status: "ignored"; reason: string }
  | { status: "quarantined"; kind: string; reason: string }
  | { status: "later"; kind: string; reason: string; notBefore: Instant };

export interface Closer {
  /** Resolves when the verdict is committed, or could not be written: then the delivery comes back by itself. */
  close(key: DeliveryKey, verdict: Verdict): Promise<void>;
}

interface Closing {
  key: DeliveryKey;
  verdict: Verdict;
  done: () => void;
}

const mostRowsPerRound = 2000;

type Parts = Pick<SyncContext, "db" | "runtime" | "log" | "counters" | "connections">;

/** Writes verdicts by group commit: one statement per merchant and round. */
export function createCloser(parts: Parts): Closer {
  const closeRows = async (merchantId: string, rows: Closing[]) => {
    try {
      await updateRows(parts, merchantId, rows);
      for (const { verdict } of rows) {
        parts.counters.inbox[verdict.status === "later" ? "retried" : verdict.status] += 1;
      }
      await callForPerson(parts, merchantId, rows);
    } catch (error) {
      parts.log.warn(
        { merchantId, deliveries: rows.length, error: messageOf(error) },
        "Deliveries could not be closed; they will be looked at again.",
      );
    }
    for (const row of rows) row.done();
  };
  const rounds = createRounds<Closing>(mostRowsPerRound, async (round) => {
    const byMerchant = Map.groupBy(round, ({ key }) => key.merchantId);
    await Promise.all([...byMerchant].map(([merchantId, rows]) => closeRows(merchantId, rows)));
  });
  return { close: (key, verdict) => new Promise((resolve) => rounds.add({ key, verdict, done: resolve })) };
}

async function callForPerson(parts: Parts, merchantId: string, rows: readonly Closing[]): Promise<void> {
  const quarantined = rows.filter(({ verdict }) => verdict.status === "quarantined");
  for (const connectionId of new Set(quarantined.map(({ key }) => key.connectionId))) {
    const connection = await parts.connections.byId(connectionId);
    if (connection) await raiseTask(parts.db, parts.runtime, merchantId, quarantineTask(connection));
  }
}

async function updateRows(
  parts: Pick<SyncContext, "db" | "runtime">,
  merchantId: string,
  rows: readonly Closing[],
): Promise<void> {
  const now = nowInstant(parts.runtime.clock);
  await parts.db.query(
    `update inbox set status = verdict.status, error_kind = verdict.kind, error_message = verdict.reason,
       not_before = coalesce(verdict.not_before, inbox.not_before),
       closed_at = case when verdict.status = 'received' then null else $9::timestamptz end
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
         as verdict (connection_id, delivery_id, digest, status, kind, reason, not_before)
       cross join lateral (
         select ctid as place, status from inbox
         where merchant_id = $1 and connection_id = verdict.connection_id and delivery_id = verdict.delivery_id
           and digest = verdict.digest offset 0
       ) as found
     where inbox.merchant_id = $1 and inbox.ctid = found.place and found.status = 'received'`,
    [
      merchantId,
      rows.map(({ key }) => key.connectionId),
      rows.map(({ key }) => key.deliveryId),
      rows.map(({ key }) => key.digest),
      rows.map(({ verdict }) => (verdict.status === "later" ? "received" : verdict.status)),
      rows.map(({ verdict }) => ("kind" in verdict ? verdict.kind : null)),
      rows.map(({ verdict }) => ("reason" in verdict ? storableText(verdict.reason) : null)),
      rows.map(({ verdict }) => (verdict.status === "later" ? verdict.notBefore : null)),
      now,
    ],
  );
}
