import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSku, createSkus, listSkus, loadSku, updateSku } from "../../../src/core/catalogue/skus.ts";
import { availableBySku, listStock } from "../../../src/core/catalogue/stock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { lastEventSeq, readEvents } from "../../../src/core/events/log.ts";
import { type SkuInput, skuInputSchema } from "../../../src/core/model/catalogue.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { insertWaitingOrder } from "../../support/orders.ts";
import { testRuntime } from "../../support/runtime.ts";

describe("SKUs", () => {
  const runtime = testRuntime();
  let db: Database;
  let merchantId: string;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    merchantId = (await testMerchant(db, runtime)).id;
  });

  const input = (code: string, more: Partial<SkuInput> = {}): SkuInput => ({
    code,
    name: `Name of ${code}`,
    kind: "physical",
    ...more,
  });
  const everything = async () => ({
    skus: (await listSkus(db, merchantId, { limit: 100 })).items,
    stock: (await listStock(db, merchantId, { limit: 100 })).items,
    seq: await lastEventSeq(db, merchantId),
  });

  it("gets an empty stock row at MAIN and an event", async () => {
    const { sku, waitingOrderIds } = await createSku(
      db,
      runtime,
      merchantId,
      input("TEE-M", { barcode: "690123", taxRateBp: 1300 }),
    );
    expect(sku).toStrictEqual({
      id: sku.id,
      code: "TEE-M",
      name: "Name of TEE-M",
      kind: "physical",
      components: [],
      barcode: "690123",
      taxRateBp: 1300,
      stockMode: null,
      createdAt: "2026-11-22T08:00:00.000Z",
    });
    expect(waitingOrderIds).toStrictEqual([]);
    expect(await loadSku(db, merchantId, "TEE-M")).toStrictEqual(sku);
    expect((await listStock(db, merchantId, { limit: 10 })).items).toStrictEqual([
      {
        sku: "TEE-M",
        location: "MAIN",
        onHand: 0,
        reserved: 0,
        heldBack: 0,
        inDoubt: 0,
        available: 0,
        valueMinor: 0,
      },
    ]);
    expect(await readEvents(db, merchantId, 0, 10)).toStrictEqual([
      {
        seq: 1,
        type: "sku.created",
        subject: sku.id,
        occurredAt: "2026-11-22T08:00:00.000Z",
        data: { skuId: sku.id, code: "TEE-M", kind: "physical" },
      },
    ]);
  });

  it("F126: a trailing space or another Unicode spelling does not make a second SKU", async () => {
    await createSku(db, runtime, merchantId, input("Café"));
    const before = await everything();
    for (const code of ["Café ", " Café", "Cafe\u0301"]) {
      expect(skuInputSchema.parse({ code, name: "n" }).code).toBe("Café");
      await expect(createSku(db, runtime, merchantId, input(code))).rejects.toMatchObject({
        code: "already_exists",
        details: { codes: ["Café"] },
      });
    }
    expect(await everything()).toStrictEqual(before);
    await createSku(db, runtime, merchantId, input("café"));
    expect((await everything()).skus).toHaveLength(2);
  });

  it("names every code that is taken and makes none of the set", async () => {
    await createSkus(db, runtime, merchantId, [input("A"), input("B")]);
    const before = await everything();
    await expect(
      createSkus(db, runtime, merchantId, [input("C"), input("B"), input("A")]),
    ).rejects.toMatchObject({
      code: "already_exists",
      message: 'SKU "B", "A" exists already; nothing was made. Leave it out or change the existing one.',
    });
    await expect(createSkus(db, runtime, merchantId, [input("D"), input("D ")])).rejects.toMatchObject({
      code: "duplicate_key",
      details: { code: "D" },
    });
    expect(await everything()).toStrictEqual(before);
  });

  it("is made by the thousand in one go, and no more than that", async () => {
    const many = Array.from({ length: 5000 }, (_, n) => input(`BULK-${String(n).padStart(4, "0")}`));
    const { skus } = await createSkus(db, runtime, merchantId, many);
    expect(skus).toHaveLength(5000);
    expect(await lastEventSeq(db, merchantId)).toBe(5000);
    expect(
      await db.query("select count(*) as n from stock_levels where merchant_id = $1", [merchantId]),
    ).toStrictEqual([{ n: 5000 }]);
    await expect(createSkus(db, runtime, merchantId, [...many, input("ONE-MORE")])).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  it("is listed by code, page after page, each once", async () => {
    await createSkus(
      db,
      runtime,
      merchantId,
      ["C", "A", "E", "B", "D"].map((code) => input(code)),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { code: string }[]; nextCursor: string | null } = await listSkus(db, merchantId, {
        limit: 2,
        cursor,
      });
      seen.push(...page.items.map((sku) => sku.code));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toStrictEqual(["A", "B", "C", "D", "E"]);
    await expect(listSkus(db, merchantId, { limit: 2, cursor: "made-up" })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  it("is not seen by another merchant", async () => {
    await createSku(db, runtime, merchantId, input("MINE"));
    const other = (await testMerchant(db, runtime)).id;
    await expect(loadSku(db, other, "MINE")).rejects.toMatchObject({ code: "unknown_sku" });
    expect((await listSkus(db, other, { limit: 10 })).items).toStrictEqual([]);
    await createSku(db, runtime, other, input("MINE"));
  });

  it("changes what is given and nothing else", async () => {
    await createSku(db, runtime, merchantId, input("P", { barcode: "1", taxRateBp: 600 }));
    expect(await updateSku(db, runtime, merchantId, "P", { name: "New name" })).toMatchObject({
      name: "New name",
      barcode: "1",
      taxRateBp: 600,
    });
    expect(await updateSku(db, runtime, merchantId, "P", { barcode: null, taxRateBp: 0 })).toMatchObject({
      name: "New name",
      barcode: null,
      taxRateBp: 0,
    });
    await expect(updateSku(db, runtime, merchantId, "NONE", { name: "x" })).rejects.toMatchObject({
      code: "unknown_sku",
    });
    await expect(
      updateSku(db, runtime, merchantId, "P", { components: [{ sku: "P", quantity: 1 }] }),
    ).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("tells which orders waited for the code", async () => {
    const waiting = await insertWaitingOrder(db, runtime, merchantId, { externalSku: "LATE" });
    await insertWaitingOrder(db, runtime, merchantId, { externalSku: "OTHER" });
    const { waitingOrderIds } = await createSkus(db, runtime, merchantId, [input("X"), input("LATE")]);
    expect(waitingOrderIds).toStrictEqual([waiting.orderId]);
  });

  describe("bundles", () => {
    const bundle = (code: string, components: [string, number][]) =>
      input(code, { kind: "bundle", components: components.map(([sku, quantity]) => ({ sku, quantity })) });

    it("has no stock row of its own", async () => {
      await createSkus(db, runtime, merchantId, [
        bundle("SET", [
          ["A", 2],
          ["B ", 1],
        ]),
        input("A"),
        input("B", { kind: "virtual" }),
      ]);
      expect((await loadSku(db, merchantId, "SET")).components).toStrictEqual([
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ]);
      const rows = await db.query(
        "select s.code from stock_levels l join skus s on s.id = l.sku_id where l.merchant_id = $1 order by 1",
        [merchantId],
      );
      expect(rows).toStrictEqual([{ code: "A" }, { code: "B" }]);
    });

    it.each([
      ["no components", () => input("SET", { kind: "bundle" }), "invalid_request"],
      [
        "components without being a bundle",
        () => input("SET", { components: [{ sku: "A", quantity: 1 }] }),
        "invalid_request",
      ],
      ["a component that does not exist", () => bundle("SET", [["GHOST", 1]]), "unknown_sku"],
      ["itself as a component", () => bundle("SET", [["SET", 1]]), "invalid_request"],
      ["a bundle as a component", () => bundle("SET", [["INNER", 1]]), "invalid_request"],
      [
        "a component twice",
        () =>
          bundle("SET", [
            ["A", 1],
            ["A ", 2],
          ]),
        "invalid_request",
      ],
    ])("is refused with %s", async (_, make, code) => {
      await createSkus(db, runtime, merchantId, [input("A"), bundle("INNER", [["A", 1]])]);
      const before = await everything();
      await expect(createSku(db, runtime, merchantId, make())).rejects.toMatchObject({ code });
      expect(await everything()).toStrictEqual(before);
    });

    it("changes its components for later orders and says so", async () => {
      const { skus } = await createSkus(db, runtime, merchantId, [
        input("A"),
        input("B"),
        bundle("SET", [["A", 1]]),
      ]);
      const changed = await updateSku(db, runtime, merchantId, "SET", {
        components: [{ sku: "B", quantity: 3 }],
      });
      expect(changed.components).toStrictEqual([{ sku: "B", quantity: 3 }]);
      expect(await loadSku(db, merchantId, "SET")).toStrictEqual(changed);
      expect(await readEvents(db, merchantId, 3, 10)).toMatchObject([
        { seq: 4, type: "bundle.changed", data: { skuId: skus[2]?.id } },
      ]);
      await expect(
        updateSku(db, runtime, merchantId, "SET", { components: [{ sku: "GHOST", quantity: 1 }] }),
      ).rejects.toMatchObject({ code: "unknown_sku" });
      expect(await loadSku(db, merchantId, "SET")).toStrictEqual(changed);
      expect(await lastEventSeq(db, merchantId)).toBe(4);
    });

    it("F080: two of A (7 there) and one of B (5 there) make 3", async () => {
      const { skus } = await createSkus(db, runtime, merchantId, [
        input("A"),
        input("B"),
        bundle("SET", [
          ["A", 2],
          ["B", 1],
        ]),
      ]);
      const [a, b, set] = skus;
      await db.query(
        "update stock_levels set on_hand = case when sku_id = $2 then 7 else 5 end where merchant_id = $1",
        [merchantId, a?.id ?? ""],
      );
      const available = await availableBySku(
        db,
        merchantId,
        skus.map((sku) => sku.id),
      );
      expect(available).toStrictEqual(
        new Map([
          [a?.id, 7],
          [b?.id, 5],
          [set?.id, 3],
        ]),
      );
      expect((await listStock(db, merchantId, { limit: 10, sku: "SET" })).items).toStrictEqual([
        {
          sku: "SET",
          location: "*",
          onHand: 3,
          reserved: 0,
          heldBack: 0,
          inDoubt: 0,
          available: 3,
          valueMinor: 0,
        },
      ]);
    });
  });
});
