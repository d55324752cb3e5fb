import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StockWriteKind } from "../../src/connectors/contract.ts";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels, mug, type TestShop } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

/** Some dozens more: ESCROW_STORMS=50. */
const storms = Number(process.env.ESCROW_STORMS ?? 2);
const units = 30;

/** mulberry32 */
function diceOf(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

/** Units the shops have sold and not taken back, by their own orders. Where payment takes the unit, an unpaid order has none. */
const soldBy = (shops: readonly TestShop[], takenWhenPaid: ReadonlySet<TestShop>): number =>
  shops
    .flatMap((shop) =>
      [...shop.sandbox.shop.orders.all()].filter(
        (order) => order.status !== "pending_payment" || !takenWhenPaid.has(shop),
      ),
    )
    .filter((order) => order.status !== "cancelled" && order.status !== "refunded")
    .flatMap((order) => order.lines)
    .reduce((sum, line) => sum + line.quantity, 0);

function happens(dice: (sides: number) => number, shop: TestShop): void {
  const { shop: store } = shop.sandbox;
  const open = [...store.orders.all()].filter((order) => ["pending_payment", "paid"].includes(order.status));
  const one = open[dice(Math.max(1, open.length))];
  switch (dice(8)) {
    case 0:
    case 1:
    case 2:
      store.place({ lines: [{ ...mug, quantity: 1 + dice(3) }] });
      return;
    case 3:
      if (shop.figure() > 0) shop.sell(1);
      return;
    case 4:
      if (one) store.pay(one.externalId);
      return;
    case 5:
      if (one) store.cancel(one.externalId);
      return;
    case 6:
      if (one?.lines[0]) store.editQuantity(one.externalId, one.lines[0].externalLineId, 1 + dice(3));
      return;
    default:
  }
}

/** Some writes get no answer, and land only after the call has ended: within the minute that is allowed for it, or never. */
function delayWrites(
  { runtime: { clock } }: Channels,
  shop: TestShop,
  dice: (sides: number) => number,
  isStormy: () => boolean,
): void {
  let late: { request: Request; sentAtMs: number }[] = [];
  shop.intercept = async (input, init) => {
    const request = new Request(input, init);
    const landing = late.filter(({ sentAtMs }) => clock.nowMs() < sentAtMs + 60_000);
    late = [];
    for (const write of landing) await shop.sandbox.fetch(write.request);
    if (!isStormy() || request.method !== "POST" || dice(10) > 0) return shop.sandbox.fetch(request);
    late.push({ request, sentAtMs: clock.nowMs() });
    throw new TypeError("the connection was closed");
  };
}

async function hubHappens(dice: (sides: number) => number, hub: Channels, round: number): Promise<void> {
  if (dice(4) > 0) return;
  const lines = [{ sku: "MUG", quantity: 1 + dice(4) }];
  const held = await hub.submit({
    kind: "hold.create",
    input: { reference: `hold ${round}`, lines },
    expiresAt: null,
  });
  if (held.kind === "hold" && dice(2) === 0)
    await hub.submit({ kind: "hold.close", holdId: held.holdId, as: "released" });
}

describe("split units in a storm", () => {
  it.each(Array.from({ length: storms }, (_, index) => index + 1))(
    "seed %i: no unit is sold twice",
    async (seed) => {
      const dice = diceOf(seed * 7919);
      const hub = await channels(db, {
        seed: 9000 + seed,
        sync: { reconcileEveryMs: 240_000, callMs: 1_000 },
      });
      await hub.sku("MUG", units, { stockMode: "split" });
      const shops: TestShop[] = [];
      const takenWhenPaid = new Set<TestShop>();
      let isStormy = false;
      const kinds: StockWriteKind[] = ["set", "delta", "compareAndSet"];
      for (let index = 0; index < 3; index += 1) {
        const behaviour = { restoresOnUnpaidCancel: dice(2) === 0, restoresOnPaidRefund: dice(2) === 0 };
        const deducts = dice(3) === 0 ? ("paid" as const) : ("placed" as const);
        const shop = await hub.shop(`storm-${seed}-${index}`, {
          settings: { stockWrites: [kinds[(seed + index) % 3]], ...behaviour, deducts },
          behaviour: { ...behaviour, deducts },
          webhooks: dice(2) === 0,
          // Less than its connection says a clock may differ.
          faults: { clockSkewMs: (dice(9) - 4) * 1_000 },
        });
        delayWrites(hub, shop, dice, () => isStormy);
        await shop.map("MUG");
        shops.push(shop);
        if (deducts === "paid") takenWhenPaid.add(shop);
      }
      const faults = (on: boolean) => {
        isStormy = on;
        for (const shop of shops)
          Object.assign(shop.sandbox.faults, {
            writeAnsweredButNotApplied: on ? 0.2 : 0,
            writeAppliedButTimedOut: on ? 0.1 : 0,
            serverError: on ? 0.1 : 0,
            dropWebhooks: on ? 0.3 : 0,
          });
      };
      for (let round = 0; round < 30; round += 1) {
        if (round === 4) faults(true);
        await hub.whileTimePasses(hub.sync.runDue());
        for (let turn = 0; turn < 3; turn += 1) {
          const shop = shops[dice(3)];
          if (shop) happens(dice, shop);
        }
        await hubHappens(dice, hub, round);
        await hub.runtime.advance(15_000 + dice(60) * 1000);
      }
      faults(false);
      for (let round = 0; round < 8; round += 1) {
        await hub.whileTimePasses(hub.sync.runDue());
        await hub.runtime.advance(61_000);
      }
      const [held] = await hub.query<{ n: number }>(
        "select coalesce(sum(quantity), 0)::int as n from reservations where merchant_id = $1 and status = 'held' and holder_kind = 'hold'",
        [hub.merchant.id],
      );
      const [short] = await hub.query<{ n: number }>(
        "select coalesce(sum(shortfall), 0)::int as n from order_lines where merchant_id = $1",
        [hub.merchant.id],
      );
      const offered = shops.reduce((sum, shop) => sum + shop.figure(), 0);
      expect({
        short: short?.n,
        beyond: Math.max(0, soldBy(shops, takenWhenPaid) + (held?.n ?? 0) - units),
      }).toEqual({
        short: 0,
        beyond: 0,
      });
      expect(soldBy(shops, takenWhenPaid) + offered + (held?.n ?? 0)).toBeLessThanOrEqual(units);
      const report = await runDoctor(db, { merchantId: hub.merchant.id });
      expect(report.checks.filter((check) => !check.ok)).toEqual([]);
    },
    300_000,
  );
});
