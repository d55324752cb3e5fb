import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { HoldAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";
import { held, receive } from "./waiting.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
});
afterEach(() => world.expectClean());

describe("units that come free", () => {
  /** Three orders that came in another order than they were paid, one unpaid. */
  async function queue(): Promise<void> {
    await world.order({
      externalId: "unpaid",
      status: "pending_payment",
      placedAt: at("06:00"),
      lines: [line("1", "A", 2)],
    });
    await world.order({
      externalId: "late",
      paidAt: at("07:50"),
      placedAt: at("07:00"),
      lines: [line("1", "A", 2)],
    });
    await world.order({
      externalId: "early",
      paidAt: at("07:40"),
      placedAt: at("07:30"),
      lines: [line("1", "A", 2)],
    });
  }

  it.each<[string, () => Promise<(units: number) => Promise<unknown>>]>([
    [
      "by a receipt",
      async () => {
        await world.sku("A");
        return (units) => receive(world, units);
      },
    ],
    [
      "by a count",
      async () => {
        await world.sku("A");
        return (units) => world.adjust("c", { sku: "A", count: units, reason: "count" });
      },
    ],
    [
      "no longer held back",
      async () => {
        await world.sku("A", 3);
        await world.adjust("hb", { sku: "A", heldBack: 3, reason: "other" });
        return (units) => world.adjust("free", { sku: "A", heldBack: 3 - units, reason: "other" });
      },
    ],
    [
      "by a release",
      async () => {
        await world.sku("A", 3);
        const { holdId } = (await world.hold("h", [{ sku: "A", quantity: 3 }])) as HoldAnswer;
        return () => world.endHold(holdId);
      },
    ],
    [
      "by a cancelled order",
      async () => {
        await world.sku("A", 3);
        const { orderId } = await world.order({ externalId: "x", lines: [line("1", "A", 3)] });
        return () => world.cancel(orderId);
      },
    ],
    [
      "by an order cancelled on its platform",
      async () => {
        await world.sku("A", 3);
        await world.order({ externalId: "x", lines: [line("1", "A", 3)] });
        return () =>
          world.order({
            externalId: "x",
            status: "cancelled",
            updatedAt: at("09:00"),
            lines: [line("1", "A", 3)],
          });
      },
    ],
    [
      "by a smaller order",
      async () => {
        await world.sku("A", 5);
        await world.order({ externalId: "x", lines: [line("1", "A", 5)] });
        return () => world.order({ externalId: "x", updatedAt: at("09:00"), lines: [line("1", "A", 2)] });
      },
    ],
    [
      "by goods sent back",
      async () => {
        await world.sku("A", 3);
        const { orderId } = await world.order({ externalId: "x", lines: [line("1", "A", 3)] });
        await world.ship(orderId);
        return () =>
          world.refund(orderId, {
            amountMinor: 0,
            lines: [{ line: 1, amountMinor: 0, quantity: 3, restock: true }],
          });
      },
    ],
    [
      "by a refund before shipping",
      async () => {
        await world.sku("A", 3);
        const { orderId } = await world.order({ externalId: "x", lines: [line("1", "A", 3)] });
        return () =>
          world.refund(orderId, {
            amountMinor: 30_000,
            lines: [{ line: 1, amountMinor: 30_000, quantity: 3 }],
          });
      },
    ],
  ])("%s go to who paid first, then to who paid later, then to who has not", async (_, prepare) => {
    const free = await prepare();
    await queue();
    expect(await held(world, "early", "late", "unpaid")).toEqual([0, 0, 0]);
    await free(3);
    expect(await held(world, "early", "late", "unpaid")).toEqual([2, 1, 0]);
    await receive(world, 2);
    expect(await held(world, "early", "late", "unpaid")).toEqual([2, 2, 1]);
    expect(await world.events("order.allocated")).not.toEqual([]);
  });

  it("before anyone who came later, even in the same batch", async () => {
    await world.sku("A");
    await queue();
    const [, taken, refused] = await Promise.all([
      receive(world, 3),
      world.order({ externalId: "new", paidAt: at("08:30"), lines: [line("1", "A", 2)] }),
      world.hold("h", [{ sku: "A", quantity: 1 }]),
    ]);
    expect(taken).toMatchObject({ shortfall: 2 });
    expect(refused).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    expect(await held(world, "early", "late", "unpaid", "new")).toEqual([2, 1, 0, 0]);
  });

  it("an unpaid order takes its place when it is paid", async () => {
    await world.sku("A");
    await queue();
    await world.order({
      externalId: "unpaid",
      status: "paid",
      paidAt: at("07:45"),
      updatedAt: at("08:30"),
      placedAt: at("06:00"),
      lines: [line("1", "A", 2)],
    });
    await receive(world, 3);
    expect(await held(world, "early", "unpaid", "late")).toEqual([2, 1, 0]);
  });

  it("serve a queue of any length in its order, and leave nothing to who came later", {
    timeout: 60_000,
  }, async () => {
    await world.sku("A");
    // Paid in another order than they came in.
    const paidAt = (index: number) =>
      new Date(Date.parse(at("01:00")) + ((index * 7919) % 1700) * 1000).toISOString();
    await Promise.all(
      Array.from({ length: 1700 }, (_, index) =>
        world.order({ externalId: `n${index}`, paidAt: paidAt(index), placedAt: at("00:30") }),
      ),
    );
    const [answer, later] = await Promise.all([
      receive(world, 1250),
      world.order({ externalId: "later", paidAt: at("08:00") }),
    ]);
    expect(answer).toMatchObject({ lines: [{ onHand: 1250, reserved: 1250, available: 0 }] });
    expect(later).toMatchObject({ shortfall: 1 });
    const rows = await db.query<{ served: boolean }>(
      "select l.shortfall = 0 as served from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id where o.merchant_id = $1 order by o.paid_at",
      [world.merchant.id],
    );
    expect(rows.map((row) => row.served)).toEqual(rows.map((_, index) => index < 1250));
    await receive(world, 500);
    expect(await world.levels("A")).toEqual({ MAIN: [1750, 1701, 0] });
    expect(await world.openTasks()).toEqual([]);
  });

  it("two queues that want the same units are one queue", { timeout: 60_000 }, async () => {
    await world.sku("A");
    await world.sku("B", 2000);
    await world.sku("AB", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 1 },
        { sku: "B", quantity: 1 },
      ],
    });
    const paidAt = (second: number) => new Date(Date.parse(at("01:00")) + second * 1000).toISOString();
    // 600 plain lines are older than any bundle but the first ten; more than one part of the queue is read.
    await Promise.all([
      ...Array.from({ length: 600 }, (_, index) =>
        world.order({ externalId: `a${index}`, paidAt: paidAt(100 + index), placedAt: at("00:30") }),
      ),
      ...Array.from({ length: 600 }, (_, index) =>
        world.order({
          externalId: `b${index}`,
          paidAt: paidAt(index < 10 ? index : 1000 + index),
          placedAt: at("00:30"),
          lines: [line("1", "AB")],
        }),
      ),
    ]);
    await receive(world, 620);
    const rows = await db.query<{ kind: string; served: number }>(
      "select left(o.external_id, 1) as kind, count(*) filter (where l.shortfall = 0)::int as served from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id where o.merchant_id = $1 group by 1 order by 1",
      [world.merchant.id],
    );
    expect(rows).toEqual([
      { kind: "a", served: 600 },
      { kind: "b", served: 20 },
    ]);
  });
});
