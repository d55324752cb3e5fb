import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { runDoctor } from "../../../src/core/doctor.ts";
import type { OrderAnswer, StockAnswer } from "../../../src/core/engine/commands.ts";
import type { StockAdjustedData } from "../../../src/core/events/types.ts";
import { trialBalance } from "../../../src/core/ledger/journals.ts";
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
  await world.sku("A", 10, { unitCostMinor: 100 });
  await world.sku("B", 5);
});
afterEach(() => world.expectClean());

const figures = (answer: unknown) =>
  (answer as StockAnswer).lines.map(
    ({ sku, location, onHand, reserved, heldBack, available, valueMinor }) => [
      sku,
      location,
      onHand,
      reserved,
      heldBack,
      available,
      valueMinor,
    ],
  );
const receipt = (sku: string, delta: number, unitCostMinor?: number) => ({
  sku,
  delta,
  reason: "receipt" as const,
  ...(unitCostMinor === undefined ? {} : { unitCostMinor }),
});
const count = (sku: string, units: number, location?: string) => ({
  sku,
  count: units,
  reason: "count" as const,
  ...(location === undefined ? {} : { location }),
});

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
  const receipt = (sku: string, delta: number, unitCostMinor?: number) => ({
    sku,
    delta,
    reason: "receipt" as const,
    ...(unitCostMinor === undefined ? {} : { unitCostMinor }),
  });
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
