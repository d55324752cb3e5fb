import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import type { OrderStatus } from "../../../src/core/model/order.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
});
afterEach(() => world.expectClean());

const told: Snapshot = { externalId: "1", lines: [line("1", "A", 2)] };

async function expectRefused(snapshot: Snapshot, code: string): Promise<void> {
  const before = await world.counts();
  expect(await world.manual(snapshot)).toMatchObject({ kind: "refused", code });
  expect(await world.counts()).toEqual(before);
}

describe("a manual order is taken whole or not at all", () => {
  it.each<OrderStatus>(["pending_payment", "paid", "partially_shipped", "shipped", "completed", "refunding"])(
    "told as %s with more units than there are, it is refused",
    async (status) => {
      await expectRefused({ ...told, status, lines: [line("1", "A", 11)] }, "insufficient_stock");
      expect(await world.manual({ ...told, status, lines: [line("1", "A", 10)] })).toMatchObject({
        outcome: "created",
        status,
      });
    },
  );

  it("also where an order that was shipped grows", async () => {
    await world.manual({ ...told, status: "shipped" });
    await expectRefused(
      { ...told, status: "shipped", updatedAt: at("08:10"), lines: [line("1", "A", 11)] },
      "insufficient_stock",
    );
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
  });

  it("told as cancelled it wants no units", async () => {
    expect(await world.manual({ ...told, status: "cancelled", lines: [line("1", "A", 11)] })).toMatchObject({
      outcome: "created",
      status: "cancelled",
    });
  });
});

describe("a manual order keeps to the steps an order can take", () => {
  it.each<[OrderStatus, OrderStatus]>([
    ["shipped", "cancelled"],
    ["shipped", "pending_payment"],
    ["completed", "cancelled"],
    ["refunded", "cancelled"],
    ["paid", "pending_payment"],
  ])("%s, then %s: refused", async (first, then) => {
    await world.manual({ ...told, status: first });
    await expectRefused({ ...told, status: then, updatedAt: at("08:10") }, "illegal_transition");
    expect(await world.stored("1")).toMatchObject({ status: first });
  });

  it("with a parcel on the way it is not cancelled", async () => {
    const { orderId } = (await world.manual(told)) as OrderAnswer;
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await expectRefused({ ...told, status: "cancelled", updatedAt: at("08:10") }, "illegal_transition");
  });

  it("told as paid again after it was shipped here, it stays shipped", async () => {
    const { orderId } = (await world.manual(told)) as OrderAnswer;
    await world.ship(orderId);
    expect(await world.manual({ ...told, updatedAt: at("08:10"), note: "x" })).toMatchObject({
      outcome: "updated",
      status: "shipped",
    });
  });

  it("may be cancelled before anything left, and told so again", async () => {
    await world.manual(told);
    const cancelled: Snapshot = { ...told, status: "cancelled", updatedAt: at("08:10") };
    expect(await world.manual(cancelled)).toMatchObject({ status: "cancelled" });
    expect(await world.manual({ ...cancelled, updatedAt: at("08:20"), note: "x" })).toMatchObject({
      outcome: "updated",
      status: "cancelled",
    });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
  });
});
