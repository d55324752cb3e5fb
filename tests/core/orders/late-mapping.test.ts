import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, openWorld } from "../engine/world.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const item = (externalLineId: string, externalItemId: string) => ({
  externalLineId,
  externalItemId,
  quantity: 3,
  unitPriceMinor: 100,
});

it("a parcel the platform told of before its line was mapped leaves when it is mapped, once", async () => {
  const world = await openWorld(db);
  await world.sku("A", 10);
  await world.sku("B", 10);
  await world.listing("Y", "B");
  const told = {
    externalId: "1",
    status: "partially_shipped" as const,
    updatedAt: at("08:10"),
    placedAt: at("08:00"),
    paidAt: at("08:00"),
    lines: [item("1", "X"), item("2", "Y")],
    shipments: [
      { externalId: "p1", shippedAt: at("08:05"), lines: [{ externalLineId: "1", quantity: 1 }] },
      {
        externalId: "p2",
        shippedAt: at("08:06"),
        lines: [
          { externalLineId: "1", quantity: 1 },
          { externalLineId: "2", quantity: 2 },
        ],
      },
    ],
  };
  const { orderId } = await world.order(told);
  expect((await world.stored("1")).lines).toMatchObject([{ shipped: 0 }, { shipped: 2, reserved: 1 }]);
  await world.listing("X", "A");
  await world.map(orderId);
  const mapped = [
    { sku: "A", shipped: 2, reserved: 1 },
    { sku: "B", shipped: 2, reserved: 1 },
  ];
  expect((await world.stored("1")).lines).toMatchObject(mapped);
  expect(await world.levels("A")).toEqual({ MAIN: [8, 1, 0] });
  await world.order({ ...told, updatedAt: at("08:20") });
  expect((await world.stored("1")).lines).toMatchObject(mapped);
  expect(await world.levels("A")).toEqual({ MAIN: [8, 1, 0] });
  await world.expectClean();
});
