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
  await world.sku("A", 5, { unitCostMinor: 600 });
});

/** What the platform goes on telling after its parcel was called back here. */
const told = (minute: number, more: object = {}) =>
  world.order({
    externalId: "1",
    updatedAt: at(`09:0${minute}`),
    status: "shipped",
    lines: [line("1", "A", 2)],
    shipments: [{ externalId: "P1", shippedAt: at("09:01"), trackingNumber: "T1" }],
    ...more,
  });

describe("a parcel called back here that the platform still lists", () => {
  it.each([["shipped"], ["completed"]] as const)(
    "keeps its units for the buyer of a %s order",
    async (status) => {
      const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
      const shipmentId = world.runtime.ids.next();
      await world.ship(orderId, { trackingNumber: "T1" }, shipmentId);
      await told(1);
      await world.recall(orderId, shipmentId);
      expect(await world.levels("A")).toEqual({ MAIN: [5, 2, 0] });
      expect(await told(2, { status })).toMatchObject({ status: "paid", shortfall: 0 });
      expect(await world.levels("A")).toEqual({ MAIN: [5, 2, 0] });
      expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 20_000, contract_liab: -20_000 });
      expect(await world.ship(orderId, { trackingNumber: "T2" })).toMatchObject({ status: "shipped" });
      expect(await world.levels("A")).toEqual({ MAIN: [3, 0, 0] });
      expect(await told(3, { status })).toMatchObject({ status });
      const { cogs, inventory, ...money } = await world.balancesOf(orderId);
      expect([cogs, inventory, money]).toEqual([1200, -1200, { ar_platform: 20_000, revenue: -20_000 }]);
      await world.expectClean();
    },
  );

  it("does not keep what left in other parcels", async () => {
    const lines = [line("1", "A", 2), line("2", "A", 1)];
    const { orderId } = await world.order({ externalId: "1", lines });
    const shipping = { lines: [{ line: 1, quantity: 2 }], trackingNumber: "T1" };
    const shipmentId = world.runtime.ids.next();
    await world.ship(orderId, shipping, shipmentId);
    const shipments = [
      {
        externalId: "P1",
        shippedAt: at("09:01"),
        trackingNumber: "T1",
        lines: [{ externalLineId: "1", quantity: 2 }],
      },
    ];
    await told(1, { lines, shipments, status: "partially_shipped" });
    await world.recall(orderId, shipmentId);
    expect(await told(2, { lines, shipments })).toMatchObject({ status: "partially_shipped" });
    expect(await world.levels("A")).toEqual({ MAIN: [4, 2, 0] });
    await world.expectClean();
  });
});
