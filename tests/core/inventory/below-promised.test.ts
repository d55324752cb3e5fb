import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer, StockAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";
import { count, figures, receipt } from "./documents.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 100 });
  await world.sku("B", 5);
});
afterEach(() => world.expectClean());

describe("a figure below what is promised", () => {
  it("uses up what is held back first", async () => {
    await world.adjust("hb", { sku: "A", heldBack: 3, reason: "other" });
    await world.order({ externalId: "1", lines: [line("1", "A", 6)] });
    expect(figures(await world.adjust("c", count("A", 7)))).toEqual([["A", "MAIN", 7, 6, 1, 0, 700]]);
    expect(await world.openTasks()).toEqual([]);
  });

  it("turns the newest reservations into shortfalls, then ends holds, and raises a task", async () => {
    const { orderId: first } = await world.order({ externalId: "1", lines: [line("1", "A", 4)] });
    await world.runtime.advance(1000);
    await world.hold("h", [
      { sku: "A", quantity: 1 },
      { sku: "B", quantity: 5 },
    ]);
    await world.runtime.advance(1000);
    const { orderId: second } = await world.order({ externalId: "2", lines: [line("1", "A", 5)] });
    const six = (await world.adjust("six", count("A", 6))) as StockAnswer;
    expect(six.shortfalls).toEqual([{ orderId: second, lineNo: 1, quantity: 4 }]);
    expect(await world.levels("A")).toEqual({ MAIN: [6, 6, 0] });
    const none = (await world.adjust("none", count("A", 0))) as StockAnswer;
    expect(none.shortfalls).toEqual([
      { orderId: second, lineNo: 1, quantity: 1 },
      { orderId: first, lineNo: 1, quantity: 4 },
    ]);
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [0, 0, 0] },
      { MAIN: [5, 0, 0] },
    ]);
    expect(await world.openTasks()).toEqual(["reserved_units_missing", "reserved_units_missing"]);
    const [hold] = await db.query("select status from holds where merchant_id = $1", [world.merchant.id]);
    expect(hold).toEqual({ status: "released" });
  });

  it("a hold ends whole; what it had besides serves who waits", async () => {
    await world.hold("h", [
      { sku: "A", quantity: 10 },
      { sku: "B", quantity: 4 },
    ]);
    await world.order({ externalId: "1", lines: [line("1", "A", 3), line("2", "B", 3)] });
    const answer = (await world.adjust("c", count("A", 9))) as StockAnswer;
    expect(figures(answer)).toEqual([["A", "MAIN", 9, 3, 0, 6, 900]]);
    expect(await world.stored("1")).toMatchObject({ held: 6, lines: [{ shortfall: 0 }, { shortfall: 0 }] });
    expect(await world.openTasks()).toEqual(["reserved_units_missing"]);
    const [task] = await db.query<{ detail: object }>(
      "select detail from tasks where merchant_id = $1 and status = 'open'",
      [world.merchant.id],
    );
    expect(task?.detail).toEqual({ shortfalls: [], reservations: ["h"] });
  });

  it("another place with free units serves the line instead, and nobody is short", async () => {
    await world.order({ externalId: "1", lines: [line("1", "A", 8)] });
    await world.place("EAST");
    await world.adjust("east", { sku: "A", location: "EAST", delta: 3, reason: "receipt" });
    const answer = (await world.adjust("c", count("A", 6))) as StockAnswer;
    expect(answer.shortfalls).toEqual([]);
    expect(await world.levels("A")).toEqual({ MAIN: [6, 6, 0], EAST: [3, 2, 0] });
    expect(await world.openTasks()).toEqual([]);
    const more = (await world.adjust("c2", count("A", 4))) as StockAnswer;
    expect(more.shortfalls).toMatchObject([{ quantity: 1 }]);
    expect(await world.levels("A")).toEqual({ MAIN: [4, 4, 0], EAST: [3, 3, 0] });
  });

  it("a bundle that lost a component gives back the others", async () => {
    await world.sku("AB", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
    await world.order({ externalId: "1", lines: [line("1", "AB", 5)] });
    await world.order({ externalId: "2", lines: [line("1", "B", 1)] });
    const answer = (await world.adjust("c", count("A", 7))) as StockAnswer;
    expect(answer.shortfalls).toMatchObject([{ lineNo: 1, quantity: 2 }]);
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [7, 6, 0] },
      { MAIN: [5, 4, 0] },
    ]);
    expect(await world.stored("2")).toMatchObject({ held: 1 });
  });

  it("does so for more reservations than any limit", { timeout: 60_000 }, async () => {
    await world.adjust("in", receipt("A", 6000));
    await Promise.all(Array.from({ length: 6010 }, (_, index) => world.order({ externalId: `n${index}` })));
    expect(await world.levels("A")).toEqual({ MAIN: [6010, 6010, 0] });
    const answer = (await world.adjust("c", count("A", 2))) as StockAnswer;
    expect(answer.shortfalls).toHaveLength(6008);
    expect(await world.levels("A")).toEqual({ MAIN: [2, 2, 0] });
  });

  it("in one batch with what made the promises", async () => {
    const [order, counted] = await Promise.all([
      world.order({ externalId: "1", lines: [line("1", "A", 8)] }),
      world.adjust("c", count("A", 5)),
      world.adjust("r", receipt("A", 1)),
    ]);
    expect(order).toMatchObject({ shortfall: 0 });
    expect((counted as StockAnswer).shortfalls).toEqual([
      { orderId: (order as OrderAnswer).orderId, lineNo: 1, quantity: 3 },
    ]);
    expect(await world.stored("1")).toMatchObject({ held: 6, lines: [{ shortfall: 2 }] });
  });

  it("of other people's stock touches no promise", async () => {
    await world.place("SUP", "supplier");
    await world.adjust("s", { sku: "A", location: "SUP", delta: 9, reason: "receipt" });
    await world.order({ externalId: "1", lines: [line("1", "A", 10)] });
    expect(figures(await world.adjust("c", count("A", 2, "SUP")))).toEqual([["A", "SUP", 2, 0, 0, 0, 0]]);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 10, 0], SUP: [2, 0, 0] });
  });
});

describe("F012: a campaign", () => {
  it("of 500 orders on 100 units gives exactly 100 away", async () => {
    await world.sku("HOT", 100);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        world.manual({ externalId: `n${index}`, lines: [line("1", "HOT")], placedAt: at("08:00") }),
      ),
    );
    expect(answers.filter((answer) => answer.kind === "order")).toHaveLength(100);
    expect(answers.slice(0, 100).every((answer) => answer.kind === "order")).toBe(true);
    expect(await world.levels("HOT")).toEqual({ MAIN: [100, 100, 0] });
    expect((await world.counts()).orders).toBe(100);
  });
});
