import { addMs, type Clock, nowInstant } from "../../core/clock.ts";
import type { Database } from "../../core/db/database.ts";
import { sqlStateOf } from "../../core/db/transaction.ts";
import { SluiceError } from "../../core/errors.ts";
import { createRounds } from "../rounds.ts";

/** An authentic delivery on its way into the inbox. */
export interface NewDelivery {
  merchantId: string;
  connectionId: string;
  deliveryId: string;
  /** SHA-256 of the raw body, hex. */
  digest: string;
  topic: string;
  /** The sealed body. */
  payload: Uint8Array;
}

/** Stores deliveries by group commit: one statement per merchant and round, whatever connections they came from. */
export interface InboxWriter {
  /** Resolves after the commit. Rejects with `unavailable` or `overloaded`: the platform will send it again. */
  store(delivery: NewDelivery): Promise<Stored>;
  /** Deliveries whose senders wait for their answer. */
  waiting(): number;
}

export interface Stored {
  repeated: boolean;
  /** True when this process keeps the new row to itself for a while: it must see to it. */
  kept: boolean;
}

export interface WriterOptions {
  /** How long the storing process keeps the rows of the next round to itself; 0 leaves them to any process at once. */
  keepMs: () => number;
  /** Beyond this many waiting bytes a delivery is refused, so that the platform repeats it later. */
  mostWaitingBytes?: number;
}

interface Waiting {
  delivery: NewDelivery;
  resolve: (stored: Stored) => void;
  reject: (error: unknown) => void;
}

/** More rows per statement gain nothing; 1,000 typical payloads stay near 2 MB. */
const mostRowsPerRound = 1000;
const defaultWaitingBytes = 64 * 1024 * 1024;

export function createInboxWriter(db: Database, clock: Clock, options: WriterOptions): InboxWriter {
  const mostBytes = options.mostWaitingBytes ?? defaultWaitingBytes;
  let waitingBytes = 0;
  let waiting = 0;

  const rounds = createRounds<Waiting>(mostRowsPerRound, async (round) => {
    const keepMs = options.keepMs();
    for (const { delivery } of round) waitingBytes -= delivery.payload.byteLength;
    const byMerchant = Map.groupBy(round, ({ delivery }) => delivery.merchantId);
    await Promise.all([...byMerchant].map(([merchantId, rows]) => storeRows(merchantId, rows, keepMs)));
    waiting -= round.length;
  });
  /** A row the database refuses is found by halving, so that it never takes the others down with it. */
  const storeRows = async (merchantId: string, rows: Waiting[], keepMs: number): Promise<void> => {
    try {
      const stored = await insertRows(db, merchantId, rows, clock, keepMs);
      for (const row of rows) {
        const isNew = stored.delete(keyOf(row.delivery));
        row.resolve({ repeated: !isNew, kept: isNew && keepMs > 0 });
      }
    } catch (error) {
      if (rows.length > 1 && refusesContent(error)) {
        const middle = rows.length >> 1;
        await storeRows(merchantId, rows.slice(0, middle), keepMs);
        await storeRows(merchantId, rows.slice(middle), keepMs);
        return;
      }
      for (const row of rows) row.reject(notStored(row.delivery, error));
    }
  };
  return {
    store: (delivery) =>
      new Promise((resolve, reject) => {
        if (waitingBytes + delivery.payload.byteLength > mostBytes) {
          reject(
            new SluiceError(
              "overloaded",
              "Too many deliveries wait to be stored; send this one again later.",
            ),
          );
          return;
        }
        waitingBytes += delivery.payload.byteLength;
        waiting += 1;
        rounds.add({ delivery, resolve, reject });
      }),
    waiting: () => waiting,
  };
}

/** Both parts are of fixed alphabets without a blank at their ends; the delivery id may hold anything. */
const keyOf = (delivery: { connectionId: string; deliveryId: string; digest: string }): string =>
  `${delivery.connectionId} ${delivery.digest} ${delivery.deliveryId}`;

/** Classes 22 and 23: a value or a constraint was violated, as opposed to a database that is away. */
const refusesContent = (error: unknown): boolean => /^2[23]/.test(sqlStateOf(error) ?? "");

const notStored = (delivery: NewDelivery, cause: unknown): SluiceError =>
  new SluiceError(
    "unavailable",
    `The delivery for connection ${delivery.connectionId} could not be stored; send it again.`,
    { cause },
  );

async function insertRows(
  db: Database,
  merchantId: string,
  rows: readonly Waiting[],
  clock: Clock,
  keepMs: number,
): Promise<Set<string>> {
  const now = nowInstant(clock);
  const deliveries = rows.map((row) => row.delivery);
  const stored = await db.query<{ connection_id: string; delivery_id: string; digest: string }>(
    `insert into inbox (merchant_id, connection_id, delivery_id, digest, topic, payload, not_before, received_at)
     select $1, connection_id, delivery_id, digest, topic, payload, $7, $8
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[])
       as row (connection_id, delivery_id, digest, topic, payload)
     on conflict do nothing
     returning connection_id, delivery_id, digest`,
    [
      merchantId,
      deliveries.map((delivery) => delivery.connectionId),
      deliveries.map((delivery) => delivery.deliveryId),
      deliveries.map((delivery) => delivery.digest),
      deliveries.map((delivery) => delivery.topic),
      deliveries.map((delivery) => delivery.payload),
      addMs(now, keepMs),
      now,
    ],
  );
  return new Set(
    stored.map((row) =>
      keyOf({ connectionId: row.connection_id, deliveryId: row.delivery_id, digest: row.digest }),
    ),
  );
}
