import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { StockAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line, openWorld, type World } from "../engine/world.ts";
import { figures, receipt } from "./documents.ts";

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

describe("a transfer", () => {
  const transfer = (
    reference: string,
    from: string,
    to: string,
    ...lines: { sku: string; quantity: number }[]
  ) => world.submit({ kind: "stock.transfer", input: { reference, from, to, lines } });
  beforeEach(async () => {
    await world.place("EAST");
    await world.place("QUAR", "quarantine");
  });

  it("moves units and their value, conserved to the cent", async () => {
    await world.adjust("r", receipt("A", 1, 133));
    expect(
      figures(await transfer("t", "MAIN", "EAST", { sku: "A", quantity: 4 }, { sku: "A", quantity: 3 })),
    ).toEqual([
      ["A", "MAIN", 4, 0, 0, 4, 412],
      ["A", "EAST", 7, 0, 0, 7, 721],
    ]);
    await transfer("t2", "EAST", "MAIN", { sku: "A", quantity: 7 });
    expect(await world.stock("A")).toMatchObject({ onHand: 11, valueMinor: 1133 });
  });

  it("leaves what is reserved or held back where it is", async () => {
    await world.order({ externalId: "1", lines: [line("1", "A", 3)] });
    await world.adjust("hb", { sku: "A", heldBack: 2, reason: "other" });
    const before = await world.counts();
    expect(
      await transfer("t", "MAIN", "EAST", { sku: "A", quantity: 3 }, { sku: "A", quantity: 3 }),
    ).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 6, available: 5 }] },
    });
    expect(await transfer("t", "MAIN", "MAIN", { sku: "A", quantity: 1 })).toMatchObject({
      kind: "refused",
      code: "invalid_request",
    });
    expect(await transfer("t", "MAIN", "MOON", { sku: "A", quantity: 1 })).toMatchObject({
      kind: "refused",
      code: "unknown_location",
    });
    expect(await transfer("t", "MAIN", "EAST", { sku: "NO", quantity: 1 })).toMatchObject({
      kind: "refused",
      code: "unknown_sku",
    });
    expect(await world.counts()).toEqual(before);
    expect(await transfer("t", "MAIN", "EAST", { sku: "A", quantity: 5 })).toMatchObject({
      outcome: "applied",
    });
    expect(await transfer("t", "MAIN", "EAST", { sku: "A", quantity: 5 })).toMatchObject({
      outcome: "duplicate",
    });
    expect(await world.levels("A")).toEqual({ MAIN: [5, 3, 2], EAST: [5, 0, 0] });
  });

  it("out of quarantine serves who waits, and the answer says so", async () => {
    await transfer("in", "MAIN", "QUAR", { sku: "A", quantity: 10 });
    await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
    expect(await world.stored("1")).toMatchObject({ held: 0 });
    expect(figures(await transfer("out", "QUAR", "EAST", { sku: "A", quantity: 3 }))).toEqual([
      ["A", "QUAR", 7, 0, 0, 0, 700],
      ["A", "EAST", 3, 2, 0, 1, 300],
    ]);
    await world.adjust("hb", { sku: "A", location: "QUAR", heldBack: 6, reason: "other" });
    expect(await transfer("more", "QUAR", "EAST", { sku: "A", quantity: 2 })).toMatchObject({
      kind: "refused",
      details: { lines: [{ available: 1 }] },
    });
  });

  it("followed by a loss in one batch: both find their units or are refused", async () => {
    await world.order({ externalId: "1", lines: [line("1", "A", 5)] });
    const [moved, lost] = await Promise.all([
      transfer("t", "MAIN", "EAST", { sku: "A", quantity: 5 }),
      world.adjust("l", { sku: "A", delta: -3, reason: "loss" }),
    ]);
    expect(moved).toMatchObject({ outcome: "applied" });
    expect((lost as StockAnswer).shortfalls).toEqual([]);
    expect(await world.levels("A")).toEqual({ MAIN: [2, 2, 0], EAST: [5, 3, 0] });
  });
});
