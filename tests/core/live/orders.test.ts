import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import { readReport } from "../../../src/core/live/read-report.ts";
import { createSession } from "../../../src/core/live/store-sessions.ts";
import { liveSessionInputSchema } from "../../../src/core/model/live.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line } from "../engine/world.ts";
import { comment, itemId, openStage, type Stage, states } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const figures = async (stage: Stage, code: string) => {
  const { share, free, claimed, sold, waiting, givenBack } = await stage.item(code);
  return { share, free, claimed, sold, waiting, givenBack };
};
const placedAt = "2026-11-22T08:00:30.000Z";
const bought = (stage: Stage, externalId: string, buyer: string, quantity = 1, more = {}) =>
  stage.world.order({
    externalId,
    placedAt,
    buyer: { externalId: buyer },
    lines: [line("1", "A1", quantity)],
    ...more,
  });

describe("units of an order that is cancelled", () => {
  it("go back to the show while it is on air, after orders that wait, to those in line, once", async () => {
    const stage = await openStage(db, { stock: { A1: 2 }, share: { A1: 2 } });
    await stage.say(["ann", "A1 x2"], ["ben", "A1"]);
    const told = await bought(stage, "P-1", "ann", 2);
    expect(await figures(stage, "A1")).toMatchObject({ share: 2, sold: 2, waiting: 1 });
    // Somebody who bought elsewhere waits as well, and is served first: that unit is sold.
    await bought(stage, "P-2", "eve", 1, { placedAt: "2026-11-22T07:00:00.000Z" });
    await stage.world.cancel(told.orderId);
    expect(states(await stage.claims())).toEqual(["ordered 1", "offered 2"]);
    const after = { share: 1, free: 0, claimed: 1, sold: 0, waiting: 0, givenBack: 1 };
    expect(await figures(stage, "A1")).toEqual(after);
    expect((await stage.world.stored("P-2")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    await stage.world.cancel(told.orderId);
    expect(await figures(stage, "A1")).toEqual(after);
    await stage.world.expectClean();
  });

  it.each([
    ["the session leaves them to everybody", { cancelledUnits: "everybody" as const }, false],
    ["the show is over", {}, true],
  ])("go to whoever waits for them when %s", async (_, settings, isOver) => {
    const stage = await openStage(db, { stock: { A1: 2 }, share: { A1: 2 }, settings });
    await stage.say(["ann", "A1 x2"]);
    const told = await bought(stage, "P-1", "ann", 2);
    const waits = (await bought(stage, "P-2", "eve", 1, {
      placedAt: "2026-11-22T07:00:00.000Z",
    })) as OrderAnswer;
    expect(waits.shortfall).toBe(1);
    if (isOver) await stage.change({ to: "end" });
    await stage.world.cancel(told.orderId);
    expect((await stage.world.stored("P-2")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    expect(await figures(stage, "A1")).toMatchObject({ share: 0, sold: 0, givenBack: 2 });
    await stage.world.expectClean();
  });

  it("go back as far as the order was cut, and not the part that was sent or came from elsewhere", async () => {
    const stage = await openStage(db, { stock: { A1: 6 }, share: { A1: 3 } });
    const told = await bought(stage, "P-1", "ann", 4);
    expect(await figures(stage, "A1")).toMatchObject({ share: 3, free: 0, sold: 3 });
    await stage.world.ship(told.orderId, { lines: [{ line: 1, quantity: 1 }] });
    await bought(stage, "P-1", "ann", 2, { updatedAt: "2026-11-22T09:00:00.000Z" });
    expect(await figures(stage, "A1")).toMatchObject({ share: 3, free: 1, sold: 2 });
    await stage.world.expectClean();
  });

  it("go back when all the money does", async () => {
    const stage = await openStage(db, { stock: { A1: 1 }, share: { A1: 1 } });
    const told = await bought(stage, "P-1", "ann");
    await stage.say(["ben", "A1"]);
    await stage.world.refund(told.orderId, { reference: "R-1", amountMinor: 10_000 });
    expect(states(await stage.claims())).toEqual(["offered 1"]);
    await stage.world.expectClean();
  });
});

describe("an order that is mapped late", () => {
  it("uses its buyer's claim, and takes no unit twice", async () => {
    const stage = await openStage(db, { stock: { A1: 2 }, share: { A1: 2 } });
    await stage.say(["ann", "A1"], ["ben", "A1"], ["cat", "A1"]);
    const told = await stage.world.order({
      externalId: "P-1",
      placedAt,
      buyer: { externalId: "ann" },
      lines: [{ externalLineId: "1", externalItemId: "ITEM-9", quantity: 1, unitPriceMinor: 10_000 }],
    });
    expect(told).toMatchObject({ unmapped: 1 });
    expect(states(await stage.claims())).toEqual(["held 1", "held 2", "waitlisted 3"]);
    await stage.world.listing("ITEM-9", "A1");
    expect(await stage.world.map(told.orderId)).toMatchObject({ unmapped: 0, shortfall: 0 });
    expect(states(await stage.claims())).toEqual(["ordered 1", "held 2", "waitlisted 3"]);
    expect(await figures(stage, "A1")).toMatchObject({ share: 2, free: 0, claimed: 1, sold: 1 });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [2, 2, 0] });
    await stage.world.expectClean();
  });
});

describe("bundles in the line-up", () => {
  const openSet = async (stock = { A1: 4, B2: 9 }) => {
    const stage = await openStage(db, { stock, share: { A1: 1, B2: 0 } });
    const components = [
      { sku: "A1", quantity: 1 },
      { sku: "B2", quantity: 2 },
    ];
    await stage.world.sku("SET", 0, { kind: "bundle", components });
    const { merchant, connectionId } = stage.world;
    const input = liveSessionInputSchema.parse({
      connection: connectionId,
      room: "room-1",
      title: "Sets",
      items: [{ sku: "SET", code: "SET", priceMinor: 9_900, share: 3 }],
    });
    await stage.change({ to: "end" });
    const sessionId = await createSession(db, stage.world, merchant.id, input);
    const sets = stage.follow(sessionId);
    await sets.change({ to: "start" });
    return sets;
  };

  it("are held by their parts, from the share to the claim and the order", async () => {
    const stage = await openSet();
    expect(await figures(stage, "SET")).toMatchObject({ share: 3, free: 3 });
    expect(await stage.world.levels("B2")).toEqual({ MAIN: [9, 6, 0] });
    await stage.say(["ann", "SET x2"], ["ben", "SET"], ["cat", "SET"]);
    const [ann, ben] = await stage.claims();
    if (!ann || !ben) throw new Error("no claims");
    await stage.orderClaim(ann, "O-1");
    expect(await figures(stage, "SET")).toMatchObject({ free: 0, claimed: 1, sold: 2, waiting: 1 });
    expect((await stage.world.stored("O-1")).lines[0]).toMatchObject({ reserved: 6, shortfall: 0 });
    await stage.close(ben.id);
    expect(states(await stage.claims())).toEqual(["ordered 1", "cancelled 2", "offered 3"]);
    await stage.change({ to: "end" });
    expect(await stage.world.levels("B2")).toEqual({ MAIN: [9, 6, 0] });
    await stage.world.expectClean();
  });

  it("are as many as the scarcest part makes, and a top-up beyond that takes nothing", async () => {
    const stage = await openSet({ A1: 3, B2: 5 });
    expect(await figures(stage, "SET")).toMatchObject({ share: 2 });
    const before = await stage.world.counts();
    const item = await stage.item("SET");
    expect(await stage.change({ to: "topUp", itemId: item.id, quantity: 1 })).toMatchObject({
      code: "insufficient_stock",
    });
    expect(await stage.world.counts()).toEqual(before);
    await stage.change({ to: "giveBack", itemId: item.id });
    expect(await stage.world.levels("B2")).toEqual({ MAIN: [5, 0, 0] });
    await stage.world.expectClean();
  });

  it("that lose a part to a count give the others back; a claim stands in line again", async () => {
    const stage = await openSet({ A1: 3, B2: 6 });
    await stage.say(["ann", "SET"], ["ben", "SET"]);
    await stage.world.adjust("count", { sku: "B2", count: 5, reason: "count" });
    expect(await figures(stage, "SET")).toMatchObject({ share: 2, free: 0, claimed: 2 });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [3, 2, 0] });
    await stage.world.adjust("count-2", { sku: "B2", count: 3, reason: "count" });
    expect(states(await stage.claims())).toEqual(["held 1", "waitlisted 2"]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [3, 1, 0] });
    await stage.world.expectClean();
  });

  it("keep the make-up they were planned with when the bundle is changed during the show", async () => {
    const stage = await openSet();
    await stage.say(["ann", "SET"]);
    await stage.world.rebundle("SET", [{ sku: "A1", quantity: 2 }]);
    const [ann] = await stage.claims();
    if (!ann) throw new Error("no claim");
    expect(await stage.orderClaim(ann, "O-1")).toMatchObject({ outcome: "created", shortfall: 0 });
    await stage.change({ to: "end" });
    expect(await stage.world.levels("B2")).toEqual({ MAIN: [9, 0, 0] });
    await stage.world.expectClean();
  });
});

describe("an order with lines of two rooms", () => {
  it("belongs to each session by its lines, takes each one's units, and its money is split without remainder", async () => {
    const stage = await openStage(db, { stock: { A1: 5, B2: 5 }, share: { A1: 2 } });
    await stage.world.sku("B2", 5, { unitCostMinor: 100 });
    const { merchant, connectionId } = stage.world;
    const other = stage.follow(
      await createSession(
        db,
        stage.world,
        merchant.id,
        liveSessionInputSchema.parse({
          connection: connectionId,
          room: "room-2",
          title: "Second room",
          items: [
            { sku: "B2", code: "B2", priceMinor: 100, share: 2 },
            { sku: "A1", code: "A1", priceMinor: 100, share: 1 },
          ],
        }),
      ),
    );
    await other.change({ to: "start" });
    await stage.say(["ann", "A1"]);
    await other.say(comment("ann", "B2", { room: "room-2" }), comment("ann", "A1", { room: "room-2" }));
    const told = await stage.world.order({
      externalId: "P-1",
      placedAt,
      buyer: { externalId: "ann" },
      shippingMinor: 1,
      totalMinor: 20_001,
      lines: [line("1", "A1", 1, { liveSession: "room-1" }), line("2", "B2", 1, { liveSession: "room-2" })],
    });
    expect(await stage.claims()).toMatchObject([{ state: "ordered", orderId: told.orderId }]);
    expect(await other.claims()).toMatchObject([
      { state: "ordered", orderId: told.orderId },
      { state: "held" },
    ]);
    const [first, second] = await Promise.all(
      [stage, other].map(async ({ sessionId }) => (await readReport(db, merchant.id, sessionId))?.money[0]),
    );
    expect((first?.grossMinor ?? 0) + (second?.grossMinor ?? 0)).toBe(20_001);
    expect(Math.abs((first?.grossMinor ?? 0) - (second?.grossMinor ?? 0))).toBe(1);
    await stage.world.cancel(told.orderId);
    expect(await figures(stage, "A1")).toMatchObject({ share: 2, free: 2, sold: 0 });
    expect(await figures(other, "B2")).toMatchObject({ share: 2, free: 2, sold: 0 });
    await stage.world.expectClean();
  });

  it("leaves lines of a room without a session to nobody", async () => {
    const stage = await openStage(db, { stock: { A1: 5 }, share: { A1: 2 } });
    await bought(stage, "P-1", "ann", 1, {
      lines: [line("1", "A1", 1, { liveSession: "elsewhere" }), line("2", "A1", 1)],
    });
    expect(await figures(stage, "A1")).toMatchObject({ share: 2, free: 1, sold: 1 });
    await stage.world.expectClean();
  });
});

describe("an item that was taken out of the line-up", () => {
  it("keeps its open claims, which can be paid; the share goes back at the end", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    await stage.say(["ann", "A1"]);
    await db.query("update live_items set active = false where merchant_id = $1 and id = $2", [
      stage.world.merchant.id,
      itemId(stage, "A1"),
    ]);
    const [ann] = await stage.claims();
    if (!ann) throw new Error("no claim");
    expect((await stage.say(["ben", "A1"]))[0]).toMatchObject({ outcome: "nothing" });
    expect(await stage.orderClaim(ann, "O-1")).toMatchObject({ shortfall: 0 });
    await stage.change({ to: "end" });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 1, 0] });
    await stage.world.expectClean();
  });
});
