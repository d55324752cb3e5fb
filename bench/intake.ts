import type { ApplyOrder } from "../src/core/engine/commands.ts";
import { createEngine } from "../src/core/engine/engine.ts";
import { type BenchHub, benchHub, median, seconds } from "./support.ts";

/**
 * Row 1 of the design's figures: order snapshots ingested and reserved on one hot SKU, durable and idempotent, with events
 * and sealed buyers, against the same code with batches of one and against a bare set insert of the same rows.
 */

const orderOf = (hub: BenchHub, run: string, index: number): ApplyOrder => ({
  kind: "order.apply",
  connectionId: hub.connectionId,
  mayRefuse: false,
  reserveFrom: "placed",
  snapshot: {
    externalId: `${run}-${index}`,
    updatedAt: "2026-11-22T08:00:00.000Z",
    placedAt: "2026-11-22T07:59:00.000Z",
    paidAt: "2026-11-22T07:59:30.000Z",
    status: "paid",
    currency: "CNY",
    totalMinor: 9900,
    lines: [{ externalLineId: "1", sku: "HOT", quantity: 1, unitPriceMinor: 9900 }],
    buyer: {
      externalId: `b${index}`,
      name: "王小明",
      phone: "13800000000",
      address: "浙江省杭州市余杭区 1 号",
    },
  },
});

/** Callers that each wait for their answer before they send again: enough for four full batches to be on their way. */
const callersPerBatchSlot = 4;

async function ingest(hub: BenchHub, run: string, count: number, batchSize: number): Promise<number> {
  const engine = createEngine(hub, { batchSize, queueLimit: count });
  let next = 0;
  const caller = async () => {
    while (next < count) {
      const answer = await engine.submit(hub.merchantId, orderOf(hub, run, next++));
      if (answer.kind !== "order" || answer.outcome !== "created" || answer.shortfall !== 0) {
        throw new Error(`unexpected answer ${JSON.stringify(answer)}`);
      }
    }
  };
  const took = await seconds(async () => {
    await Promise.all(Array.from({ length: batchSize * callersPerBatchSlot }, caller));
  });
  await engine.close();
  return count / took;
}

/** The same rows with no locking, deciding or numbering: what the database alone could take in, in the same set sizes. */
async function bareInsert(hub: BenchHub, run: string, count: number, setSize: number): Promise<number> {
  const tables = ["orders", "order_lines", "reservations", "events"];
  await hub.db.query(`create schema if not exists bare_${run}`);
  for (const table of tables) {
    await hub.db.query(
      `create table bare_${run}.${table} (like public.${table} including defaults including indexes including constraints)`,
    );
  }
  const source = await hub.db.query<{ id: string }>(
    "select id from orders where merchant_id = $1 order by id limit $2",
    [hub.merchantId, count],
  );
  const took = await copySets(
    hub,
    run,
    source.map((row) => row.id),
    setSize,
  );
  await hub.db.query(`drop schema bare_${run} cascade`);
  return source.length / took;
}

async function copySets(hub: BenchHub, run: string, ids: string[], setSize: number): Promise<number> {
  const sets: unknown[][] = [];
  for (let at = 0; at < ids.length; at += setSize) sets.push(await readSet(hub, ids.slice(at, at + setSize)));
  return seconds(async () => {
    for (const set of sets) {
      await hub.db.transaction(async (tx) => {
        await Promise.all(
          set.map((json, index) => {
            const table = ["orders", "order_lines", "reservations", "events"][index];
            return tx.query(
              `insert into bare_${run}.${table} select * from jsonb_populate_recordset(null::public.${table}, $1::jsonb)`,
              [json as string],
            );
          }),
        );
      });
    }
  });
}

async function readSet(hub: BenchHub, ids: string[]): Promise<unknown[]> {
  const read = async (table: string, key: string) => {
    const rows = await hub.db.query<{ text: string }>(
      `select jsonb_agg(to_jsonb(t))::text as text from ${table} t where merchant_id = $1 and ${key} = any($2::uuid[]) ${table === "events" ? "and type = 'order.created'" : ""}`,
      [hub.merchantId, ids],
    );
    return rows[0]?.text ?? "[]";
  };
  return [
    await read("orders", "id"),
    await read("order_lines", "order_id"),
    await read("reservations", "holder_id"),
    await read("events", "subject"),
  ];
}

export async function run(
  options: { runs?: number; orders?: number } = {},
): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 3;
  const orders = options.orders ?? 20_000;
  const hub = await benchHub({ onHand: 100_000_000 });
  try {
    await ingest(hub, "warm", 2000, 500);
    const batched: number[] = [];
    const single: number[] = [];
    const bare: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      batched.push(await ingest(hub, `b${index}`, orders, 500));
      single.push(await ingest(hub, `s${index}`, 500, 1));
      bare.push(await bareInsert(hub, `r${index}`, orders, 500));
    }
    const perSecond = median(batched);
    return {
      name: "intake",
      orders,
      runs,
      ordersPerSecond: Math.round(perSecond),
      ordersPerSecondOneByOne: Math.round(median(single)),
      bareInsertPerSecond: Math.round(median(bare)),
      ratioToOneByOne: perSecond / median(single),
      ratioToBareInsert: perSecond / median(bare),
    };
  } finally {
    await hub.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
