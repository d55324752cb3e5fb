import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Faults } from "../../src/connectors/sandbox/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, type Channels, channels, mug, type TestShop } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const products = [
  { ...mug, quantity: 5_000 },
  { ...bag, quantity: 5_000 },
];

/** Two shops full of shoppers over one pool of stock; looks at the hub's state when all is quiet. */
async function run(seed: number, acts: number, faults: Partial<Faults>): Promise<unknown> {
  const hub = await channels(db, { seed: seed * 1_000 + (Object.keys(faults).length > 0 ? 1 : 0) });
  const shops = [
    await hub.shop("a", { products, seed, faults }),
    await hub.shop("b", { products, seed: seed + 1, faults }),
  ];
  for (const code of ["MUG", "BAG"]) await hub.sku(code, 5_000);
  for (const shop of shops) {
    await shop.map("MUG", mug);
    await shop.map("BAG", bag);
  }
  await hub.sync.runDue();
  for (let act = 0; act < acts; act += 1) {
    for (const shop of shops) shop.sandbox.shoppers.act();
    await hub.runtime.advance(1_000);
    if (act % 17 === 16) await hub.sync.runDue();
  }
  for (const shop of shops) await hub.whileTimePasses(shop.sandbox.settled());
  // The polls catch up, and each platform is compared once more.
  await hub.runtime.set("2026-11-22T08:50:00.000Z");
  await hub.sync.runDue();
  await hub.runtime.advance(60_000);
  await hub.sync.runDue();
  const end = await stateOf(hub, shops);
  await hub.close();
  return end;
}

async function stateOf(
  hub: Channels,
  shops: readonly TestShop[],
): Promise<{ orders: object[] } & Record<string, unknown>> {
  const byMerchant = (text: string) => hub.query<Record<string, unknown>>(text, [hub.merchant.id]);
  const orders = await byMerchant(
    `select c.name as shop, o.external_id, o.status, o.told_status, o.total_minor, o.refunded_minor, o.updated_at, o.held_reason,
       (select jsonb_agg(jsonb_build_array(l.external_line_id, l.quantity, l.shipped, l.returned, l.shortfall) order by l.line_no)
        from order_lines l where l.merchant_id = o.merchant_id and l.order_id = o.id) as lines,
       (select coalesce(sum(r.quantity), 0) from reservations r
        where r.merchant_id = o.merchant_id and r.holder_id = o.id and r.status = 'held') as reserved
     from orders o join connections c on c.merchant_id = o.merchant_id and c.id = o.connection_id
     where o.merchant_id = $1 order by c.name, o.external_id`,
  );
  return {
    orders,
    told: shops.map((shop) =>
      [...shop.sandbox.shop.orders.all()].map((order) => [order.externalId, order.status, order.updatedAt]),
    ),
    stock: [await hub.stock("MUG"), await hub.stock("BAG")],
    figures: shops.map((shop) => [shop.figure(mug), shop.figure(bag)]),
    published: await byMerchant(
      "select external_id, published_quantity from listings where merchant_id = $1 order by id",
    ),
    balances: await byMerchant(
      `select role, sum(case side when 'debit' then amount_minor else -amount_minor end)::bigint as minor
       from journal_lines where merchant_id = $1 group by role order by role`,
    ),
    unfinished: await byMerchant(
      "select delivery_id from inbox where merchant_id = $1 and status in ('received', 'quarantined')",
    ),
    forged: await byMerchant(
      "select external_id from orders where merchant_id = $1 and external_id like 'FORGED%'",
    ),
    owed: await byMerchant("select subject_id from outbox where merchant_id = $1 and status <> 'done'"),
  };
}

it("webhooks dropped, repeated, reordered and forged in any mix leave the same final state as a calm run", async () => {
  const share = fc.constantFrom(0, 0.1, 0.5, 1);
  const faults = fc.record({
    dropWebhooks: share,
    duplicateWebhooks: share,
    reorderWebhooks: share,
    forgedWebhooks: share,
    delayWebhooksMs: fc.constantFrom(0, 5_000, 60_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), faults, async (seed, mix) => {
      const calm = await run(seed, 60, {});
      const mixed = await run(seed, 60, mix);
      expect(mixed).toStrictEqual(calm);
      expect(calm).toMatchObject({ unfinished: [], forged: [], owed: [] });
    }),
    { numRuns: 4, seed: 20_261_122, endOnFailure: true },
  );
}, 120_000);
