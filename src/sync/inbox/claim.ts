import { addMs, nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import type { SyncContext } from "../parts.ts";
import type { Ready } from "./apply.ts";
import type { DeliveryKey } from "./close.ts";

/** Taking due deliveries out of the inbox. */

/** Runs over all merchants, once per poll: the index holds only what waits. */
export async function merchantsWithDue({ db, runtime }: SyncContext): Promise<string[]> {
  const rows = await db.query<{ merchant_id: string }>(
    "select distinct merchant_id from inbox where status = 'received' and not_before <= $1",
    [nowInstant(runtime.clock)],
  );
  return rows.map((row) => row.merchant_id);
}

interface InboxRow {
  connection_id: string;
  delivery_id: string;
  digest: string;
  topic: string;
  payload: Uint8Array;
  attempts: number;
  wrapped_key: string;
}

/** A delivery without a body could not be opened: it was changed in the database, or sealed under another key. */
export type Claimed = Omit<Ready, "body"> & { body: Uint8Array | null };

/** Takes up to `most` due deliveries for `keepMs`, but none of `except`. Two processes never take the same one. */
export async function claim(
  context: SyncContext,
  merchantId: string,
  most: number,
  except: readonly DeliveryKey[],
): Promise<Claimed[]> {
  const { db, runtime, options } = context;
  const now = nowInstant(runtime.clock);
  const rows = await db.transaction(async (tx) => {
    // Thousands may be in hand while a platform's budget is spent: "not in" looks each row up in a hash of them.
    const due = await tx.query<InboxRow>(
      `select i.connection_id, i.delivery_id, i.digest, i.topic, i.payload, i.attempts, m.wrapped_key
       from inbox i join merchants m on m.merchant_id = i.merchant_id
       where i.merchant_id = $1 and i.status = 'received' and i.not_before <= $2
         and (i.connection_id, i.delivery_id, i.digest) not in (select * from unnest($4::uuid[], $5::text[], $6::text[]))
       order by i.not_before limit $3 for update of i skip locked`,
      [
        merchantId,
        now,
        most,
        except.map((key) => key.connectionId),
        except.map((key) => key.deliveryId),
        except.map((key) => key.digest),
      ],
    );
    if (due.length > 0) await markTaken(tx, merchantId, due, addMs(now, options.keepMs));
    return due;
  });
  return rows.map((row) => ({
    merchantId,
    connectionId: row.connection_id,
    deliveryId: row.delivery_id,
    digest: row.digest,
    topic: row.topic,
    body: openPayload(context, row),
    attempts: row.attempts,
  }));
}

function openPayload({ vault }: SyncContext, row: InboxRow): Uint8Array | null {
  try {
    return vault.keyFor(row.wrapped_key).open(row.payload, payloadContext(row.connection_id, row.digest));
  } catch {
    return null;
  }
}

async function markTaken(
  tx: Sql,
  merchantId: string,
  due: readonly InboxRow[],
  until: string,
): Promise<void> {
  await tx.query(
    `update inbox set not_before = $5, attempts = attempts + 1
     from unnest($2::uuid[], $3::text[], $4::text[]) as due (connection_id, delivery_id, digest)
       cross join lateral (
         select ctid as place from inbox
         where merchant_id = $1 and connection_id = due.connection_id and delivery_id = due.delivery_id and digest = due.digest offset 0
       ) as found
     where inbox.merchant_id = $1 and inbox.ctid = found.place`,
    [
      merchantId,
      due.map((row) => row.connection_id),
      due.map((row) => row.delivery_id),
      due.map((row) => row.digest),
      until,
    ],
  );
}

/** Ties a sealed payload to its place. */
export const payloadContext = (connectionId: string, digest: string): string =>
  `inbox ${connectionId} ${digest}`;
