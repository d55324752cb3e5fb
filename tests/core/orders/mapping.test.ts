import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deleteListing, listListings } from "../../../src/core/catalogue/listings.ts";
import type { Database } from "../../../src/core/db/database.ts";
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
  await world.sku("A", 10, { unitCostMinor: 600 });
  await world.sku("B", 5);
});
afterEach(() => world.expectClean());

const named = (names: { item?: string; variant?: string; sku?: string }, quantity = 1) => ({
  externalLineId: "1",
  quantity,
  unitPriceMinor: 10_000,
  ...(names.item === undefined ? {} : { externalItemId: names.item }),
  ...(names.variant === undefined ? {} : { externalVariantId: names.variant }),
  ...(names.sku === undefined ? {} : { sku: names.sku }),
});

describe("which SKU a line means", () => {
  beforeEach(async () => {
    await world.listing("SHIRT", "A");
    await world.listing("SHIRT", "B", { variant: "RED" });
    await world.listing("MUG", "B", { variant: "BIG" });
    await world.listing("CUP", "A", { variant: "BIG" });
    await world.listing("V1", "B");
  });

  it.each<[string, Parameters<typeof named>[0], string | null]>([
    ["item and variant", { item: "SHIRT", variant: "RED" }, "B"],
    [
      "F042: a variant without a listing is not taken for its parent",
      { item: "SHIRT", variant: "BLUE" },
      null,
    ],
    ["the item alone, where no variant is named", { item: "SHIRT" }, "A"],
    ["the variant alone", { variant: "RED" }, "B"],
    ["a variant id that two items share names neither", { variant: "BIG" }, null],
    ["... with its item it does", { item: "CUP", variant: "BIG" }, "A"],
    ["a variant that is listed as an item of its own", { variant: "V1" }, "B"],
    ["the seller's code, when it is a SKU", { sku: "B" }, "B"],
    ["the listing before the seller's code", { item: "SHIRT", variant: "RED", sku: "A" }, "B"],
    ["the seller's code before nothing", { item: "OTHER", variant: "X", sku: "A" }, "A"],
    ["a code in other letters is another code", { sku: "b" }, null],
    ["F074: an internal id nobody mapped", { item: "gid://draft/17" }, null],
  ])("%s", async (_, names, sku) => {
    const answer = await world.order({ externalId: "1", lines: [named(names)] });
    expect((await world.stored("1")).lines.map((row) => row.sku)).toEqual([sku]);
    expect(answer).toMatchObject({ outcome: "created", unmapped: sku === null ? 1 : 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, sku === "A" ? 1 : 0, 0] });
    expect(await world.levels("B")).toEqual({ MAIN: [5, sku === "B" ? 1 : 0, 0] });
    expect(await world.openTasks()).toEqual(sku === null ? ["unmapped_line"] : []);
  });

  it("F074: after its listing was deleted and made anew under another id, orders wait", async () => {
    const page = await listListings(db, world.merchant.id, { limit: 10 });
    const red = page.items.find((one) => one.externalVariantId === "RED");
    await deleteListing(db, world.runtime, world.merchant.id, red?.id ?? "");
    await world.listing("SHIRT-2", "B", { variant: "RED-2" });
    expect(
      await world.order({ externalId: "1", lines: [named({ item: "SHIRT", variant: "RED" })] }),
    ).toMatchObject({ unmapped: 1 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
  });

  it("an order keeps the SKU it was mapped to when its listing changes", async () => {
    await world.order({ externalId: "1", lines: [named({ item: "SHIRT" })] });
    await db.query(
      "update listings set sku_id = (select id from skus where merchant_id = $1 and code = 'B') where merchant_id = $1 and external_id = 'SHIRT' and external_variant_id = ''",
      [world.merchant.id],
    );
    await world.order({ externalId: "1", lines: [named({ item: "SHIRT" }, 2)], updatedAt: at("09:00") });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
    await world.order({ externalId: "2", lines: [named({ item: "SHIRT" })] });
    expect(await world.levels("B")).toEqual({ MAIN: [5, 1, 0] });
  });
});

describe("a line without a SKU", () => {
  it("waits with a task while the rest of its order goes on; mapped, it takes its units", async () => {
    const { orderId } = await world.order({
      externalId: "1",
      lines: [line("1", "A", 2), line("2", "LATER", 3)],
    });
    expect(await world.stored("1")).toMatchObject({ status: "paid", held: 2 });
    expect(await world.openTasks()).toEqual(["unmapped_line"]);
    expect(await world.map(orderId)).toMatchObject({ outcome: "unchanged" });
    await world.sku("LATER", 2);
    expect(await world.map(orderId)).toMatchObject({ outcome: "updated", unmapped: 0, shortfall: 1 });
    expect(await world.levels("LATER")).toEqual({ MAIN: [2, 2, 0] });
    expect(await world.openTasks()).toEqual(["short_order"]);
    expect(await world.map(orderId)).toMatchObject({ outcome: "unchanged" });
  });

  it("that has left already still needs a SKU, and its units are counted then", async () => {
    const { orderId } = await world.order({
      externalId: "1",
      status: "shipped",
      lines: [line("1", "A", 2), line("2", "LATER", 3)],
      shippingMinor: 600,
    });
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect(await world.openTasks()).toEqual(["unmapped_line"]);
    await world.sku("LATER", 5, { unitCostMinor: 100 });
    expect(await world.map(orderId)).toMatchObject({ outcome: "updated", status: "shipped", unmapped: 0 });
    expect(await world.levels("LATER")).toEqual({ MAIN: [2, 0, 0] });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 50_600,
      cogs: 1500,
      freight_income: -600,
      inventory: -1500,
      revenue: -50_000,
    });
  });

  it("of a cancelled order needs none", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "LATER", 3)] });
    await world.order({
      externalId: "1",
      lines: [line("1", "LATER", 3)],
      status: "cancelled",
      updatedAt: at("09:00"),
    });
    expect(await world.openTasks()).toEqual([]);
    await world.sku("LATER", 5);
    await world.map(orderId);
    expect(await world.levels("LATER")).toEqual({ MAIN: [5, 0, 0] });
  });

  it("mapped to virtual goods is earned as such, at their rate of tax", async () => {
    const { orderId } = await world.order({
      externalId: "1",
      lines: [line("1", "CODE", 1, { unitPriceMinor: 10_600 })],
    });
    await world.sku("CODE", 1, { kind: "virtual", taxRateBp: 600 });
    await world.map(orderId);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 10_600,
      contract_liab: -10_000,
      vat_out_pending: -600,
    });
    await world.ship(orderId);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 10_600,
      revenue_digital: -10_000,
      vat_out: -600,
    });
  });

  it("reserves from payment on where its platform deducts at payment", async () => {
    const { orderId } = await world.order(
      { externalId: "1", status: "pending_payment", lines: [line("1", "LATER")] },
      { reserveFrom: "paid" },
    );
    await world.sku("LATER", 5);
    await world.submit({ kind: "order.map", orderId, reserveFrom: "paid" });
    expect(await world.levels("LATER")).toEqual({ MAIN: [5, 0, 0] });
  });

  it("by hand is refused", async () => {
    const before = await world.counts();
    expect(await world.manual({ externalId: "1", lines: [line("1", "NO"), line("2", "A")] })).toMatchObject({
      kind: "refused",
      code: "unknown_sku",
      details: { lines: [{ externalLineId: "1", sku: "NO" }] },
    });
    expect(await world.counts()).toEqual(before);
  });
});

describe("a listing that sells packs", () => {
  beforeEach(async () => {
    await world.listing("SIX", "A", { unitsPer: 6 });
  });
  const packs = (quantity: number) => ({
    externalLineId: "1",
    externalItemId: "SIX",
    quantity,
    unitPriceMinor: 10_000,
  });

  it("takes its units, whole lines count in packs", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [packs(1)] });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 6, 0] });
    expect(await world.order({ externalId: "2", lines: [packs(1)] })).toMatchObject({ shortfall: 2 });
    expect(await world.ship(orderId, { lines: [{ line: 1, quantity: 2 }] })).toMatchObject({
      kind: "refused",
      code: "illegal_transition",
      details: { open: 1 },
    });
    expect(await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] })).toMatchObject({
      status: "shipped",
    });
    expect(await world.levels("A")).toEqual({ MAIN: [4, 4, 0] });
  });

  it("a platform's parcel counts in packs too", async () => {
    await world.adjust("in", { sku: "A", delta: 2, reason: "receipt" });
    const told = { externalId: "1", lines: [packs(2)] };
    await world.order(told);
    await world.order({
      ...told,
      updatedAt: at("09:00"),
      status: "partially_shipped",
      shipments: [{ externalId: "p", shippedAt: at("09:00"), lines: [{ externalLineId: "1", quantity: 1 }] }],
    });
    expect(await world.levels("A")).toEqual({ MAIN: [6, 6, 0] });
  });
});

describe("a line of which a part has left, and of which the shop now says more", () => {
  it("keeps its pack size, whatever the listing says today", async () => {
    await world.listing("PACK", "A", { unitsPer: 3 });
    const { orderId } = await world.order({ externalId: "1", lines: [named({ item: "PACK" }, 2)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await db.query("update listings set units_per = 1 where merchant_id = $1", [world.merchant.id]);
    await world.order({
      externalId: "1",
      updatedAt: at("08:10"),
      lines: [named({ item: "PACK", sku: "SHOP-CODE" }, 2)],
    });
    expect(await world.stored("1")).toMatchObject({ status: "partially_shipped", held: 3 });
    expect(await world.levels("A")).toEqual({ MAIN: [7, 3, 0] });
    expect(await world.balancesOf(orderId)).toMatchObject({ revenue: -10_000, contract_liab: -10_000 });
  });

  it("keeps what its bundle was made of", async () => {
    await world.sku("SET", 0, { kind: "bundle", components: [{ sku: "A", quantity: 1 }] });
    const { orderId } = await world.order({ externalId: "1", lines: [named({ sku: "SET" }, 2)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await world.rebundle("SET", [{ sku: "B", quantity: 1 }]);
    const back = { externalLineId: "1", amountMinor: 10_000, quantity: 1, restock: true };
    await world.order({
      externalId: "1",
      updatedAt: at("08:10"),
      lines: [named({ sku: "SET", item: "I-1" }, 2)],
      refunds: [{ externalId: "r", refundedAt: at("08:10"), amountMinor: 10_000, lines: [back] }],
    });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 1, 0] });
    expect(await world.levels("B")).toEqual({ MAIN: [5, 0, 0] });
  });

  it("keeps its SKU when its listing is gone", async () => {
    await world.listing("PACK", "A", { unitsPer: 3 });
    const { orderId } = await world.order({ externalId: "1", lines: [named({ item: "PACK" }, 2)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await db.query("delete from listings where merchant_id = $1", [world.merchant.id]);
    await world.order({
      externalId: "1",
      updatedAt: at("08:10"),
      lines: [named({ item: "PACK", sku: "SHOP-CODE" }, 2)],
    });
    expect(await world.stored("1")).toMatchObject({ status: "partially_shipped", held: 3 });
  });

  it("in another pack of the same SKU it is another article", async () => {
    await world.listing("SIX", "A", { unitsPer: 3 });
    await world.listing("TWO", "A", { unitsPer: 2 });
    const { orderId } = await world.order({ externalId: "1", lines: [named({ item: "SIX" }, 2)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await world.order({ externalId: "1", updatedAt: at("08:10"), lines: [named({ item: "TWO" }, 2)] });
    expect((await world.stored("1")).lines).toMatchObject([
      { key: "1#was-1", shipped: 3, quantity: 0 },
      { key: "1", shipped: 0, reserved: 4 },
    ]);
  });
});

describe("lines with one id", () => {
  it("stay as many as they are, also where another has the name a second one would get", async () => {
    const one = (externalLineId: string, unitPriceMinor: number) => ({
      ...named({ sku: "A" }),
      externalLineId,
      unitPriceMinor,
    });
    const lines = [one("1", 1000), one("1", 0), one("1#2", 500)];
    await world.order({ externalId: "1", lines });
    expect((await world.stored("1")).lines.map(({ key }) => key)).toEqual(["1", "1#3", "1#2"]);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 3, 0] });
    await world.order({ externalId: "1", lines, updatedAt: at("08:10"), note: "again" });
    expect((await world.stored("1")).lines).toHaveLength(3);
  });
});
