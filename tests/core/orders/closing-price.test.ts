import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 5);
});

const priced = (minute: number, unitPriceMinor: number, more: object = {}) =>
  world.order({
    externalId: "1",
    updatedAt: at(`09:0${minute}`),
    paidAt: at("08:01"),
    lines: [line("1", "A", 1, { unitPriceMinor })],
    ...more,
  });

describe("a price that comes with the order's end", () => {
  it.each([[10_681], [3000]])(
    "ends the same at %i whether the snapshot before was seen or lost",
    async (later) => {
      await priced(1, 5681);
      await priced(2, later);
      await priced(3, later, { status: "cancelled" });
      const seen = await world.stored("1");
      const other = await openWorld(db);
      world = other;
      await world.sku("A", 5);
      await priced(1, 5681);
      await priced(3, later, { status: "cancelled" });
      expect(await world.stored("1")).toMatchObject({
        status: "cancelled",
        refundedMinor: seen.refundedMinor,
      });
      expect(seen.refundedMinor).toBe(later);
      await world.expectClean();
    },
  );

  it.each([
    [4000, { refundedMinor: 3000 }, { ar_platform: 5000, revenue: -5000 }],
    [1000, { refundedMinor: 3000 }, { ar_platform: 2000, revenue: -2000 }],
    [9000, { refundedMinor: 13_000 }, { ar_platform: 5000, revenue: -5000 }],
  ])(
    "counts (%i) whether or not the platform tells when it was paid, one of two units being sent",
    async (later, stored, balances) => {
      const life = async (externalId: string, paidAt: object) => {
        const told = (minute: number, unitPriceMinor: number, more: object) =>
          world.order({
            externalId,
            updatedAt: at(`08:0${minute}`),
            lines: [line("1", "A", 2, { unitPriceMinor })],
            shipments: [
              { externalId: "p", shippedAt: at("08:02"), lines: [{ externalLineId: "1", quantity: 1 }] },
            ],
            ...paidAt,
            ...more,
          });
        const { orderId } = await told(1, 5000, { status: "paid" });
        await told(2, later, { status: "cancelled" });
        expect(await world.stored(externalId)).toMatchObject({ status: "cancelled", ...stored });
        expect(await world.balancesOf(orderId)).toEqual(balances);
        await told(3, 7000, { status: "cancelled" });
        expect(await world.balancesOf(orderId)).toEqual(balances);
      };
      await life("1", { paidAt: at("08:01") });
      await life("2", {});
      await world.expectClean();
    },
  );

  it("means nothing once the order is closed", async () => {
    const { orderId } = await priced(1, 5681);
    await priced(2, 5681, { status: "cancelled" });
    await priced(3, 9000, { status: "cancelled" });
    expect(await world.stored("1")).toMatchObject({ status: "cancelled", refundedMinor: 5681 });
    expect(await world.balancesOf(orderId)).toEqual({});
    await world.expectClean();
  });
});
