import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { openWorld, type World } from "../engine/world.ts";
import { newer, parcel, stock, told } from "./parcels.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
  await world.sku("B", 5, { unitCostMinor: 100 });
});
afterEach(() => world.expectClean());

describe("the echo of our own parcel", () => {
  const sent = async (input = {}) => {
    const { orderId } = await world.order(told);
    const id = world.runtime.ids.next();
    await world.ship(orderId, { lines: [{ line: 1, quantity: 2 }], ...input }, id);
    return { orderId, id };
  };

  it.each<[string, (id: string) => ReturnType<typeof parcel>, object]>([
    ["by our id", (id) => parcel("p1", [["1", 2]], { reference: id }), {}],
    ["by our id, though its content is not told", (id) => parcel("p1", undefined, { reference: id }), {}],
    ["by its content", () => parcel("p1", [["1", 2]]), {}],
    [
      "by its tracking number",
      () => parcel("p1", undefined, { trackingNumber: "SF1" }),
      { trackingNumber: "SF1" },
    ],
  ])("%s ships nothing again", async (_, echo, input) => {
    const { id } = await sent(input);
    await newer(world, "08:31", { status: "partially_shipped", shipments: [echo(id)] });
    expect(await stock(world)).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    const [row] = await db.query<{ externalId: string }>(
      `select external_id as "externalId" from shipments where merchant_id = $1`,
      [world.merchant.id],
    );
    expect(row).toEqual({ externalId: "p1" });
  });

  it("by the platform's id, once the upload told it", async () => {
    const { id } = await sent();
    await db.query("update shipments set external_id = 'p9' where merchant_id = $1 and id = $2", [
      world.merchant.id,
      id,
    ]);
    await newer(world, "08:31", { status: "partially_shipped", shipments: [parcel("p9", [["1", 1]])] });
    expect(await stock(world)).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
  });

  it("two parcels alike are told twice and are two", async () => {
    const { orderId } = await sent({ lines: [{ line: 1, quantity: 1 }] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await newer(world, "08:31", {
      status: "partially_shipped",
      shipments: [parcel("p1", [["1", 1]]), parcel("p2", [["1", 1]]), parcel("p3", [["1", 1]])],
    });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [5, 2, 0],
    ]);
    expect((await world.counts()).shipments).toBe(3);
  });

  it("the platform's id, set while a batch has the parcel, is not wiped out", async () => {
    const { orderId, id } = await sent();
    const recall = world.recall(orderId, id);
    await db.query("update shipments set external_id = 'p9' where merchant_id = $1 and id = $2", [
      world.merchant.id,
      id,
    ]);
    await recall;
    const [row] = await db.query<{ externalId: string; status: string }>(
      `select external_id as "externalId", status from shipments where merchant_id = $1`,
      [world.merchant.id],
    );
    expect(row).toEqual({ externalId: "p9", status: "cancelled" });
  });
});
