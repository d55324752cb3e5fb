import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { runDoctor } from "../../../src/core/doctor.ts";
import type { StockAnswer } from "../../../src/core/engine/commands.ts";
import type { StockAdjustedData } from "../../../src/core/events/types.ts";
import { trialBalance } from "../../../src/core/ledger/journals.ts";
import { memoryDatabase } from "../../support/database.ts";
import { openWorld, type World } from "../engine/world.ts";
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

describe("an adjustment", () => {
  it("adds, takes away, counts and holds back, and answers the figures after it", async () => {
    expect(figures(await world.adjust("1", receipt("A", 5, 130)))).toEqual([
      ["A", "MAIN", 15, 0, 0, 15, 1650],
    ]);
    expect(figures(await world.adjust("2", { sku: "A", delta: -4, reason: "damage" }))).toEqual([
      ["A", "MAIN", 11, 0, 0, 11, 1210],
    ]);
    expect(figures(await world.adjust("3", count("A", 7)))).toEqual([["A", "MAIN", 7, 0, 0, 7, 770]]);
    expect(figures(await world.adjust("4", count("A", 9)))).toEqual([["A", "MAIN", 9, 0, 0, 9, 990]]);
    expect(figures(await world.adjust("5", { sku: "A", heldBack: 4, reason: "other" }))).toEqual([
      ["A", "MAIN", 9, 0, 4, 5, 990],
    ]);
    expect(figures(await world.adjust("6", { sku: "A", delta: 1, heldBack: 1, reason: "gain" }))).toEqual([
      ["A", "MAIN", 10, 0, 1, 9, 1100],
    ]);
    const told = (await world.events("stock.adjusted"))
      .slice(2)
      .map((event) =>
        (event.data as StockAdjustedData).lines.map(({ quantity, valueMinor, reason }) => [
          reason,
          quantity,
          valueMinor,
        ]),
      );
    expect(told).toEqual([
      [["receipt", 5, 650]],
      [["damage", -4, -440]],
      [["count", -4, -440]],
      [["count", 2, 220]],
      [],
      [["gain", 1, 110]],
    ]);
  });

  it("follows the worked example of the moving average", async () => {
    await world.sku("M");
    // 3 at 12.3456 is 37.04; a unit cost is a whole minor unit here, so it comes in two lines.
    await world.adjust("r1", receipt("M", 2, 1235), receipt("M", 1, 1234));
    const value = async () => (await world.stock("M")).valueMinor;
    const lose = async (reference: string, units: number) => {
      const before = await value();
      await world.adjust(reference, { sku: "M", delta: -units, reason: "loss" });
      return before - (await value());
    };
    expect(await value()).toBe(3704);
    expect(await lose("i1", 1)).toBe(1235);
    await world.adjust("r2", receipt("M", 10, 1300));
    expect(await value()).toBe(15_469);
    expect([await lose("i2", 5), await lose("i3", 7), await value()]).toEqual([6445, 9024, 0]);
  });

  it("S12: the same document is posted once, however many hand it in; with other lines it is a conflict", async () => {
    const answers = (await Promise.all(
      Array.from({ length: 5 }, () => world.adjust("doc", receipt("A", 5))),
    )) as StockAnswer[];
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      "applied",
      "duplicate",
      "duplicate",
      "duplicate",
      "duplicate",
    ]);
    expect(new Set(answers.map(({ lines }) => JSON.stringify(lines))).size).toBe(1);
    await world.adjust("later", receipt("A", 1));
    const before = await world.counts();
    expect(figures(await world.adjust("doc", receipt("A", 5)))).toEqual([["A", "MAIN", 15, 0, 0, 15, 1500]]);
    expect(await world.adjust("doc", receipt("A", 6))).toMatchObject({ kind: "refused", code: "conflict" });
    await world.place("EAST");
    expect(
      await world.submit({
        kind: "stock.transfer",
        input: { reference: "doc", from: "MAIN", to: "EAST", lines: [{ sku: "A", quantity: 1 }] },
      }),
    ).toMatchObject({ kind: "refused", code: "conflict" });
    expect(await world.counts()).toEqual(before);
    expect((await world.levels("A")).MAIN).toEqual([16, 0, 0]);
  });

  it.each<[string, Parameters<World["adjust"]>[1][], object]>([
    [
      "below nothing",
      [{ sku: "A", delta: -11, reason: "loss" }],
      { code: "insufficient_stock", details: { lines: [{ sku: "A", requested: 11, available: 10 }] } },
    ],
    [
      "below nothing in its second line",
      [
        { sku: "A", delta: -6, reason: "loss" },
        { sku: "A", delta: -5, reason: "loss" },
      ],
      { code: "insufficient_stock" },
    ],
    [
      "one line of two",
      [receipt("B", 1), { sku: "A", delta: -11, reason: "loss" }],
      { code: "insufficient_stock" },
    ],
    [
      "more held back than is free",
      [{ sku: "A", heldBack: 11, reason: "other" }],
      { code: "insufficient_stock", details: { lines: [{ requested: 11, available: 10 }] } },
    ],
    [
      "an unknown SKU",
      [receipt("A", 1), receipt("NO", 1)],
      { code: "unknown_sku", details: { lines: [{ sku: "NO" }] } },
    ],
    ["an unknown place", [{ ...receipt("A", 1), location: "MOON" }], { code: "unknown_location" }],
    ["a bundle", [receipt("AB", 1)], { code: "invalid_request" }],
  ])("%s is refused whole, and nothing moved", async (_, lines, refusal) => {
    await world.sku("AB", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 1 },
        { sku: "B", quantity: 1 },
      ],
    });
    const before = await world.counts();
    expect(await world.adjust("doc", ...lines)).toMatchObject({ kind: "refused", ...refusal });
    expect(await world.counts()).toEqual(before);
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [10, 0, 0] },
      { MAIN: [5, 0, 0] },
    ]);
  });

  it("a cost beyond counting is refused, and the rest of its batch is not", async () => {
    const [bad, good] = await Promise.allSettled([
      world.adjust("bad", receipt("A", 1_000_000_000, 90_071_992_547_409)),
      world.adjust("good", receipt("A", 1)),
    ]);
    expect(bad).toMatchObject({
      status: "fulfilled",
      value: { kind: "refused", code: "number_out_of_range" },
    });
    expect(good).toMatchObject({ status: "fulfilled", value: { outcome: "applied" } });
    expect(await world.levels("A")).toEqual({ MAIN: [11, 0, 0] });
  });
});

describe("a slip in a cost column", () => {
  const huge = 1_000_000_000_000;

  it.each([
    ["in one line", [receipt("B", 1001, huge)]],
    ["in two lines of one SKU", [receipt("B", 600, huge), receipt("B", 600, huge)]],
    ["in lines of two SKUs", [receipt("A", 600, huge), receipt("B", 600, huge)]],
    ["in a count", [{ sku: "B", count: 5000, reason: "count" as const, unitCostMinor: huge }]],
    ["at the average of what a line before brought", [receipt("A", 600, huge), receipt("A", 600)]],
  ])("that makes more than can be shown is refused: %s", async (_, lines) => {
    const before = await world.counts();
    expect(await world.adjust("slip", ...lines)).toMatchObject({
      kind: "refused",
      code: "number_out_of_range",
    });
    expect(await world.counts()).toEqual(before);
    expect(await world.adjust("next", receipt("B", 1, 100))).toMatchObject({ outcome: "applied" });
  });

  it("in two documents: the second is refused, and what the first brought can be taken off again", async () => {
    expect(await world.adjust("one", receipt("B", 900, huge))).toMatchObject({ outcome: "applied" });
    expect(await world.adjust("two", receipt("B", 900, huge))).toMatchObject({ kind: "refused" });
    expect(await world.adjust("off", { sku: "B", count: 0, reason: "count" })).toMatchObject({
      outcome: "applied",
    });
    expect(await world.stock("B")).toMatchObject({ onHand: 0, valueMinor: 0 });
    await world.adjust("on", receipt("B", 5, 100));
    expect(await world.stock("B")).toMatchObject({ onHand: 5, valueMinor: 500 });
  });

  it("over many SKUs ends in sums that the checks and the books still tell", async () => {
    for (const code of Array.from({ length: 12 }, (_, index) => `S${index}`)) {
      await world.sku(code);
      await world.adjust(code, receipt(code, 1000, huge));
    }
    await world.expectClean();
    const { id } = world.merchant;
    expect(
      (await trialBalance(db, id)).map((row) => [row.accountCode, row.debitMinor, row.creditMinor]),
    ).toEqual([
      ["1405.01", "12000000000001000", 0],
      ["2202.02", 0, "12000000000000000"],
      ["4001", 0, 1000],
    ]);
  });

  it("that an older version let in is named by the doctor, who lives through it", async () => {
    const worth = "9007199254740993";
    await db.query(
      `update stock_levels set value_minor = $2::bigint where merchant_id = $1 and sku_id = (select id from skus where merchant_id = $1 and code = 'A')`,
      [world.merchant.id, worth],
    );
    const { checks } = await runDoctor(db, { merchantId: world.merchant.id });
    const rows = checks.find(({ name }) => name === "stock_figures_are_exact")?.rows;
    expect(rows).toEqual([{ sku: "A", location: "MAIN", onHand: 10, valueMinor: worth }]);
    await db.query(
      "update stock_levels set value_minor = 1000 where merchant_id = $1 and value_minor > 5000",
      [world.merchant.id],
    );
  });
});
