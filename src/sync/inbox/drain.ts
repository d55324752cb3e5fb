import { addMs, nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { messageOf } from "../../core/errors.ts";
import { createLanes, type Lanes } from "../lanes.ts";
import type { SyncContext } from "../parts.ts";
import { applyDeliveries, type Ready } from "./apply.ts";
import type { Closer, DeliveryKey, Verdict } from "./close.ts";

/**
 * Takes deliveries out of the inbox. A process keeps what it has stored itself and works on it from memory; whatever a
 * process did not finish within `keepMs` (it died, or had no room) is due again for any process.
 */
export interface Drain {
  /** How long rows stored now may be kept: 0 while there is no room, or no lasting process to work on them. */
  keepMs(): number;
  keep(delivery: Ready): void;
  /** Takes due deliveries of all merchants from the inbox, once; answers how many. */
  claimDue(): Promise<number>;
  /** From now on work goes on in the background. */
  start(): void;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Deliveries of one connection that go to the engine together. */
const setSize = 500;
/** Beyond this much in memory, deliveries wait in the database. */
const mostKept = 5_000;
const mostKeptBytes = 32 * 1024 * 1024;

export function createDrain(context: SyncContext, closer: Closer): Drain {
  const queues = new Map<string, Ready[]>();
  /** What this process has in hand: a delivery that comes due meanwhile is not taken twice. */
  const inHand = new Set<string>();
  let bytes = 0;
  let lasting = false;

  const add = (delivery: Ready) => {
    inHand.add(keyOf(delivery));
    bytes += delivery.body.byteLength;
    const queue = queues.get(delivery.connectionId);
    if (queue) queue.push(delivery);
    else queues.set(delivery.connectionId, [delivery]);
    lanes.kick(delivery.connectionId);
  };
  const finish = async (delivery: Ready, verdict: Verdict) => {
    await closer.close(delivery, verdict);
    inHand.delete(keyOf(delivery));
    bytes -= delivery.body.byteLength;
  };
  const lanes: Lanes = createLanes(
    async (connectionId) => {
      for (let set = takeSet(queues, connectionId); set.length > 0; set = takeSet(queues, connectionId)) {
        await workOn(context, connectionId, set, finish);
      }
    },
    (connectionId, error) =>
      context.log.error({ connectionId, error: messageOf(error) }, "Deliveries could not be worked on."),
  );
  return {
    keepMs: () => (lasting && inHand.size < mostKept && bytes < mostKeptBytes ? context.options.keepMs : 0),
    keep: add,
    async claimDue() {
      let taken = 0;
      for (const merchantId of await merchantsWithDue(context)) {
        if (inHand.size >= mostKept || bytes >= mostKeptBytes) break;
        for (const claimed of await claim(context, merchantId)) {
          if (inHand.has(keyOf(claimed))) continue;
          taken += 1;
          if (claimed.body) add({ ...claimed, body: claimed.body });
          else await closer.close(claimed, unopenable);
        }
      }
      return taken;
    },
    start: () => {
      lasting = true;
    },
    idle: () => lanes.idle(),
    stop: () => {
      lasting = false;
      return lanes.stop();
    },
  };
}

const keyOf = (key: DeliveryKey): string => `${key.connectionId} ${key.digest} ${key.deliveryId}`;

function takeSet(queues: Map<string, Ready[]>, connectionId: string): Ready[] {
  const queue = queues.get(connectionId) ?? [];
  if (queue.length > setSize) queues.set(connectionId, queue.slice(setSize));
  else queues.delete(connectionId);
  return queue.slice(0, setSize);
}

async function workOn(
  context: SyncContext,
  connectionId: string,
  set: readonly Ready[],
  finish: (delivery: Ready, verdict: Verdict) => Promise<void>,
): Promise<void> {
  const open = new Set(set);
  const closing: Promise<void>[] = [];
  const tell = (delivery: Ready, verdict: Verdict) => {
    if (open.delete(delivery)) closing.push(finish(delivery, verdict));
  };
  try {
    const connection = await context.connections.byId(connectionId);
    if (connection) await applyDeliveries(context, connection, set, tell);
    else
      for (const delivery of set)
        tell(delivery, { status: "quarantined", kind: "not_found", reason: "The connection is gone." });
  } finally {
    // Whatever was not decided goes back: it is due again when its time with this process is over.
    const notBefore = addMs(nowInstant(context.runtime.clock), context.options.keepMs);
    for (const delivery of open) {
      tell(delivery, {
        status: "later",
        kind: "internal",
        reason: "It could not be worked on; the log says why.",
        notBefore,
      });
    }
    await Promise.all(closing);
  }
}

/** Runs over all merchants, once per poll: the index holds only what waits. */
async function merchantsWithDue({ db, runtime }: SyncContext): Promise<string[]> {
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
type Claimed = Omit<Ready, "body"> & { body: Uint8Array | null };

const unopenable: Verdict = {
  status: "quarantined",
  kind: "configuration",
  reason: "The stored payload cannot be opened; the next poll brings the order.",
};

/** Takes a set of due deliveries for `keepMs`. Two processes never take the same one. */
async function claim(context: SyncContext, merchantId: string): Promise<Claimed[]> {
  const { db, runtime, options } = context;
  const now = nowInstant(runtime.clock);
  const rows = await db.transaction(async (tx) => {
    const due = await tx.query<InboxRow>(
      `select i.connection_id, i.delivery_id, i.digest, i.topic, i.payload, i.attempts, m.wrapped_key
       from inbox i join merchants m on m.merchant_id = i.merchant_id
       where i.merchant_id = $1 and i.status = 'received' and i.not_before <= $2
       order by i.not_before limit $3 for update of i skip locked`,
      [merchantId, now, setSize],
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
     where inbox.merchant_id = $1 and inbox.connection_id = due.connection_id
       and inbox.delivery_id = due.delivery_id and inbox.digest = due.digest`,
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
