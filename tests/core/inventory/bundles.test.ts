import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { availableBySku } from "../../../src/core/catalogue/stock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";
import { receive } from "./waiting.ts";

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

describe("bundles", () => {
  beforeEach(async () => {
    await world.sku("A", 7, { unitCostMinor: 100 });
    await world.sku("B", 5, { unitCostMinor: 10 });
    await world.sku("AAB", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
  });
  const both = async () => [(await world.levels("A")).MAIN, (await world.levels("B")).MAIN];

  it("F080: A x2 and B x1 with 7 and 5 make 3", async () => {
    const [row] = await db.query<{ id: string }>(
      "select id from skus where merchant_id = $1 and code = 'AAB'",
      [world.merchant.id],
    );
    expect((await availableBySku(db, world.merchant.id, [row?.id ?? ""])).get(row?.id ?? "")).toBe(3);
    expect(await world.manual({ externalId: "m", lines: [line("1", "AAB", 4)] })).toMatchObject({
      kind: "refused",
      details: { lines: [{ sku: "A", requested: 8, available: 7 }] },
    });
  });

  it("are held whole: of what makes none nothing is taken", async () => {
    expect(await world.order({ externalId: "1", lines: [line("1", "AAB", 4)] })).toMatchObject({
      shortfall: 1,
    });
    expect(await both()).toEqual([
      [7, 6, 0],
      [5, 3, 0],
    ]);
    const { orderId } = await world.order({ externalId: "2", lines: [line("1", "B", 2)] });
    expect(await both()).toEqual([
      [7, 6, 0],
      [5, 5, 0],
    ]);
    await receive(world, 1);
    expect(await both()).toEqual([
      [8, 6, 0],
      [5, 5, 0],
    ]);
    await world.cancel(orderId);
    expect(await both()).toEqual([
      [8, 8, 0],
      [5, 4, 0],
    ]);
    expect(await world.stored("1")).toMatchObject({ held: 12, lines: [{ shortfall: 0 }] });
  });

  it("share components with plain lines of the same order", async () => {
    expect(
      await world.order({ externalId: "1", lines: [line("1", "AAB", 2), line("2", "A", 4)] }),
    ).toMatchObject({ shortfall: 1 });
    expect((await world.stored("1")).lines.map(({ reserved, shortfall }) => [reserved, shortfall])).toEqual([
      [6, 0],
      [3, 1],
    ]);
  });

  it("leave with all their components at their cost, in parts and as a whole", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "AAB", 3)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    expect(await both()).toEqual([
      [5, 4, 0],
      [4, 2, 0],
    ]);
    await world.order({
      externalId: "1",
      lines: [line("1", "AAB", 3)],
      status: "shipped",
      updatedAt: at("09:00"),
    });
    expect(await both()).toEqual([
      [1, 0, 0],
      [2, 0, 0],
    ]);
    expect(await world.balancesOf(orderId)).toMatchObject({ cogs: 630, inventory: -630 });
    await world.refund(orderId, {
      amountMinor: 0,
      lines: [{ line: 1, amountMinor: 0, quantity: 2, restock: true }],
    });
    expect(await both()).toEqual([
      [5, 0, 0],
      [4, 0, 0],
    ]);
  });

  it("an order keeps what its bundle was made of, also while it waits for what the bundle no longer has", async () => {
    await world.order({ externalId: "1", lines: [line("1", "AAB", 4)] });
    await world.rebundle("AAB", [{ sku: "B", quantity: 1 }]);
    await world.order({ externalId: "2", lines: [line("1", "AAB", 1)] });
    expect(await both()).toEqual([
      [7, 6, 0],
      [5, 4, 0],
    ]);
    await receive(world, 1);
    expect(await both()).toEqual([
      [8, 8, 0],
      [5, 5, 0],
    ]);
    expect(await world.stored("1")).toMatchObject({ lines: [{ shortfall: 0 }] });
    await world.ship((await world.stored("1")).id);
    expect(await both()).toEqual([
      [0, 0, 0],
      [1, 1, 0],
    ]);
  });

  it("an edit of an order whose bundle was changed since still finds its units", async () => {
    await world.order({ externalId: "1", lines: [line("1", "AAB", 1)] });
    await world.rebundle("AAB", [{ sku: "B", quantity: 1 }]);
    await world.order({ externalId: "1", lines: [line("1", "AAB", 3)], updatedAt: at("09:00") });
    expect(await both()).toEqual([
      [7, 6, 0],
      [5, 3, 0],
    ]);
    await world.cancel((await world.stored("1")).id);
    expect(await both()).toEqual([
      [7, 0, 0],
      [5, 0, 0],
    ]);
  });
});
