import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listStock } from "../../../src/core/catalogue/stock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer, StockAnswer } from "../../../src/core/engine/commands.ts";
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
  await world.sku("A", 2);
});
afterEach(() => world.expectClean());

/** A platform tells of an order only when it has sent it. */
const sent = (id: string, units: number, time = "08:30", more: object = {}): Promise<OrderAnswer> =>
  world.order({
    ...{ externalId: id, placedAt: at(time), paidAt: at(time), updatedAt: at(time), status: "shipped" },
    lines: [line("1", "A", units)],
    ...more,
  });

const stock = async (sku = "A") =>
  (await listStock(db, world.merchant.id, { sku, limit: 10 })).items.map(
    ({ location, onHand, inDoubt, available }) => ({ location, onHand, inDoubt, available }),
  );

const main = (onHand: number, inDoubt: number) => [
  { location: "MAIN", onHand, inDoubt, available: onHand - inDoubt },
];

const callBack = async (orderId: string) => {
  const [parcel] = await db.query<{ id: string }>("select id from shipments where order_id = $1", [orderId]);
  return world.recall(orderId, parcel?.id ?? "");
};

const hold = (units: number) => world.hold(`h${units}`, [{ sku: "A", quantity: units }]);

describe("units that leave although there are none", () => {
  it("put as many in doubt: what comes is theirs until somebody counts", async () => {
    await sent("1", 5);
    expect(await stock()).toEqual(main(0, 3));
    await world.adjust("receipt", { sku: "A", delta: 4, reason: "receipt" });
    expect(await stock()).toEqual(main(4, 3));
    const before = await world.counts();
    expect(await hold(2)).toMatchObject({
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 2, available: 1 }] },
    });
    expect(await world.counts()).toEqual(before);
    expect(await hold(1)).toMatchObject({ outcome: "created" });
  });

  it.each([
    ["a count that differs", { count: 3, reason: "count" as const }, 3],
    ["a count that agrees", { count: 4, reason: "count" as const }, 4],
    ["the difference of a count", { delta: -1, reason: "count" as const }, 3],
  ])("are found or lost by %s, and who waits is served at once", async (_, counted, onHand) => {
    await sent("1", 5);
    await world.adjust("receipt", { sku: "A", delta: 4, reason: "receipt" });
    await world.order({ externalId: "waits", lines: [line("1", "A", 3)] });
    expect(await world.stored("waits")).toMatchObject({ held: 1, lines: [{ shortfall: 2 }] });
    const answer = (await world.adjust("count", { sku: "A", ...counted })) as StockAnswer;
    expect(answer.lines).toMatchObject([{ onHand, reserved: 3, inDoubt: 0, available: onHand - 3 }]);
    expect(await world.stored("waits")).toMatchObject({ held: 3, lines: [{ shortfall: 0 }] });
  });

  it("stay in doubt whatever else a person posts", async () => {
    await sent("1", 3);
    await world.adjust("loss", { sku: "A", delta: 1, reason: "gain" });
    await world.adjust("held", { sku: "A", heldBack: 0, reason: "other" });
    // What a file says that has a column for it and none for counts.
    await world.adjust("held, by file", { sku: "A", heldBack: 0, reason: "count" });
    expect(await stock()).toEqual(main(1, 1));
  });

  it("are no doubt where the place was counted after they left, or where nobody ever posted anything", async () => {
    await sent("1", 5, "07:59");
    expect(await stock()).toEqual(main(0, 0));
    await world.sku("B", 0);
    await sent("2", 5, "08:30", { lines: [line("1", "B", 5)] });
    expect(await world.openTasks()).toEqual(["shipped_without_stock", "shipped_without_stock"]);
    await world.adjust("receipt", { sku: "B", delta: 4, reason: "receipt" });
    expect(await stock("B")).toEqual(main(4, 0));
  });

  it("may have gone from any place of ours, and are not moved before a count", async () => {
    await world.place("SHELF");
    await sent("1", 3);
    await world.adjust("shelf", { sku: "A", location: "SHELF", delta: 2, reason: "receipt" });
    expect(await hold(2)).toMatchObject({ code: "insufficient_stock" });
    await world.adjust("main", { sku: "A", delta: 1, reason: "receipt" });
    const move = (quantity: number) =>
      world.submit({
        kind: "stock.transfer",
        input: { reference: `t${quantity}`, from: "MAIN", to: "SHELF", lines: [{ sku: "A", quantity }] },
      });
    expect(await move(1)).toMatchObject({ code: "insufficient_stock" });
    await world.adjust("count", { sku: "A", count: 1, reason: "count" });
    expect(await move(1)).toMatchObject({ outcome: "applied" });
    expect(await hold(3)).toMatchObject({ outcome: "created" });
  });

  it("are of a bundle's parts each, as far as it is missing", async () => {
    await world.sku("B", 5);
    const components = [
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 1 },
    ];
    await world.sku("SET", 0, { kind: "bundle", components });
    await sent("1", 2, "08:30", { lines: [line("1", "SET", 2)] });
    expect(await stock()).toEqual(main(0, 2));
    expect(await stock("B")).toEqual(main(3, 0));
    await world.adjust("receipt", { sku: "A", delta: 3, reason: "receipt" });
    expect(await stock("SET")).toEqual([{ location: "*", onHand: 0, inDoubt: 0, available: 0 }]);
  });

  it("take no unit that somebody held before from the order it was held for", async () => {
    await hold(2);
    await sent("1", 3);
    await world.order({ externalId: "waits", placedAt: at("07:00"), lines: [line("1", "A", 2)] });
    const snapshot = { externalId: "W-1", lines: [line("1", "A", 2)] };
    expect(await world.manual(snapshot, { holdReference: "h2" })).toMatchObject({ shortfall: 0 });
    expect(await world.stored("W-1")).toMatchObject({ held: 2, lines: [{ shortfall: 0 }] });
    expect(await stock()).toEqual([{ location: "MAIN", onHand: 2, inDoubt: 3, available: -3 }]);
  });

  it("are none of a hold's that its order does not want: what is left of it is not sold", async () => {
    await hold(2);
    await sent("1", 3);
    await world.manual({ externalId: "W-1", lines: [line("1", "A", 1)] }, { holdReference: "h2" });
    expect(await world.stored("W-1")).toMatchObject({ held: 1 });
    expect(await hold(1)).toMatchObject({ code: "insufficient_stock" });
  });

  it.each([
    ["told as another line", ["new"]],
    ["told as two lines", ["1", "new"]],
    ["told as two lines, the new one first", ["new", "1"]],
  ])("take no unit from the order that holds it where it is %s", async (_, lines) => {
    await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
    await sent("2", 1);
    await world.order({
      externalId: "1",
      updatedAt: at("08:40"),
      lines: lines.map((id) => line(id, "A", 2 / lines.length)),
    });
    expect(await world.stored("1")).toMatchObject({ held: 2 });
  });

  it("take nothing back from an order whose parcel is called back", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
    const parcel = world.runtime.ids.next();
    await world.ship(orderId, {}, parcel);
    await sent("2", 1);
    expect(await world.recall(orderId, parcel)).toMatchObject({ shortfall: 0 });
    expect(await world.stored("1")).toMatchObject({ held: 2 });
  });

  it("are no doubt where a count after they left has found what the hub had", async () => {
    await world.runtime.advance(3_600_000);
    const before = (await world.events()).length;
    await world.adjust("count", { sku: "A", count: 2, reason: "count" });
    expect(await world.events("stock.changed")).toHaveLength(1);
    expect((await world.events()).length).toBe(before + 1);
    await sent("1", 5);
    expect(await stock()).toEqual(main(0, 0));
    await sent("2", 1, "09:30");
    expect(await stock()).toEqual(main(0, 1));
  });

  it("never left where their parcel is called back, and the others of it are the order's own", async () => {
    const { orderId } = await sent("1", 5);
    await sent("2", 1, "08:31");
    expect(await stock()).toEqual(main(0, 4));
    await callBack(orderId);
    expect(await stock()).toEqual([{ location: "MAIN", onHand: 2, inDoubt: 1, available: -1 }]);
    expect(await world.stored("1")).toMatchObject({ held: 2, lines: [{ shortfall: 3 }] });
    expect(await world.openTasks()).toEqual(["shipped_without_stock", "short_order"]);
  });

  it("of another parcel stay in doubt when one is called back that left before the last count", async () => {
    const { orderId } = await sent("1", 5);
    await world.runtime.advance(3_600_000);
    await world.adjust("count", { sku: "A", count: 0, reason: "count" });
    await sent("2", 1, "09:30");
    await callBack(orderId);
    expect(await stock()).toEqual([{ location: "MAIN", onHand: 2, inDoubt: 1, available: -1 }]);
  });

  it("do not keep the next parcel from leaving: it is a fact as well", async () => {
    await sent("1", 3);
    await world.adjust("receipt", { sku: "A", delta: 1, reason: "receipt" });
    await sent("2", 1, "08:31");
    expect(await stock()).toEqual(main(0, 1));
    expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
  });
});
