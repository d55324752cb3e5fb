import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocation, listLocations, loadLocation } from "../../../src/core/catalogue/locations.ts";
import { createSkus } from "../../../src/core/catalogue/skus.ts";
import { availableBySku, listStock, type StockRequest } from "../../../src/core/catalogue/stock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";

describe("reading stock", () => {
  const runtime = testRuntime();
  let db: Database;
  let merchantId: string;
  const skuIds = new Map<string, string>();
  beforeAll(async () => {
    db = await memoryDatabase();
    merchantId = (await testMerchant(db, runtime)).id;
    await createLocation(db, runtime, merchantId, { code: "SHELF", name: "Second shelf", kind: "own" });
    await createLocation(db, runtime, merchantId, { code: "CN", name: "Supplier", kind: "supplier" });
    const plain = ["A", "B", "C"].map((code) => ({ code, name: code, kind: "physical" as const }));
    const { skus } = await createSkus(db, runtime, merchantId, [
      ...plain,
      {
        code: "SET",
        name: "Set",
        kind: "bundle",
        components: [
          { sku: "A", quantity: 2 },
          { sku: "B", quantity: 1 },
        ],
      },
      { code: "SET-C", name: "Set", kind: "bundle", components: [{ sku: "C", quantity: 1 }] },
    ]);
    for (const sku of skus) skuIds.set(sku.code, sku.id);
    await put("A", "MAIN", true, [6, 2, 1, 600]);
    await put("A", "SHELF", true, [4, 0, 0, 400]);
    await put("A", "CN", false, [1000, 0, 0, 0]);
    await put("B", "MAIN", true, [5, 0, 0, 50]);
  });
  afterAll(() => db.close());

  const put = async (
    sku: string,
    location: string,
    own: boolean,
    figures: [number, number, number, number],
  ) => {
    const { id } = await loadLocation(db, merchantId, location);
    await db.query(
      `insert into stock_levels (merchant_id, sku_id, location_id, own, on_hand, reserved, held_back, value_minor)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (merchant_id, sku_id, location_id) do update set on_hand = excluded.on_hand, reserved = excluded.reserved,
         held_back = excluded.held_back, value_minor = excluded.value_minor`,
      [merchantId, skuIds.get(sku) ?? "", id, own, ...figures],
    );
  };

  const all = [
    {
      sku: "A",
      location: "CN",
      onHand: 1000,
      reserved: 0,
      heldBack: 0,
      inDoubt: 0,
      available: 1000,
      valueMinor: 0,
    },
    {
      sku: "A",
      location: "MAIN",
      onHand: 6,
      reserved: 2,
      heldBack: 1,
      inDoubt: 0,
      available: 3,
      valueMinor: 600,
    },
    {
      sku: "A",
      location: "SHELF",
      onHand: 4,
      reserved: 0,
      heldBack: 0,
      inDoubt: 0,
      available: 4,
      valueMinor: 400,
    },
    {
      sku: "B",
      location: "MAIN",
      onHand: 5,
      reserved: 0,
      heldBack: 0,
      inDoubt: 0,
      available: 5,
      valueMinor: 50,
    },
    {
      sku: "C",
      location: "MAIN",
      onHand: 0,
      reserved: 0,
      heldBack: 0,
      inDoubt: 0,
      available: 0,
      valueMinor: 0,
    },
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
    {
      sku: "SET-C",
      location: "*",
      onHand: 0,
      reserved: 0,
      heldBack: 0,
      inDoubt: 0,
      available: 0,
      valueMinor: 0,
    },
  ];

  async function pages(request: Omit<StockRequest, "cursor">) {
    const found: (typeof all)[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listStock>> = await listStock(db, merchantId, {
        ...request,
        cursor,
      });
      found.push(page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }

  it.each([1, 2, 3, 7, 100])("lists every row once, by SKU and location, %d to a page", async (limit) => {
    const found = await pages({ limit });
    expect(found.flat()).toStrictEqual(all);
    expect(found).toHaveLength(Math.ceil(all.length / limit));
  });

  it("lists one SKU, one location, or what is short", async () => {
    expect((await pages({ limit: 2, sku: "A" })).flat()).toStrictEqual(all.slice(0, 3));
    expect((await pages({ limit: 2, location: "MAIN" })).flat()).toStrictEqual(
      all.filter((row) => row.location === "MAIN"),
    );
    expect((await pages({ limit: 2, sku: "A", location: "SHELF" })).flat()).toStrictEqual([all[2]]);
    expect((await pages({ limit: 2, below: 4 })).flat()).toStrictEqual(
      all.filter((row) => row.available < 4),
    );
    expect((await pages({ limit: 2, below: 4, location: "MAIN" })).flat()).toStrictEqual(
      all.filter((row) => row.available < 4 && row.location === "MAIN"),
    );
    expect((await pages({ limit: 2, sku: "GHOST" })).flat()).toStrictEqual([]);
    await expect(listStock(db, merchantId, { limit: 2, location: "NOWHERE" })).rejects.toMatchObject({
      code: "unknown_location",
    });
    await expect(listStock(db, merchantId, { limit: 2, cursor: "x" })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  it("sums what can be sold over our own locations; bundles follow from their components (F080)", async () => {
    const ids = [...skuIds.values()];
    const available = await availableBySku(db, merchantId, [...ids, runtime.ids.next()]);
    expect(Object.fromEntries([...skuIds].map(([code, id]) => [code, available.get(id)]))).toStrictEqual({
      A: 7,
      B: 5,
      C: 0,
      SET: 3,
      "SET-C": 0,
    });
    expect(available.size).toBe(5);
    expect(await availableBySku(db, merchantId, [])).toStrictEqual(new Map());
    const other = (await testMerchant(db, runtime)).id;
    expect(await availableBySku(db, other, ids)).toStrictEqual(new Map());
    expect((await listStock(db, other, { limit: 10 })).items).toStrictEqual([]);
  });

  it("finds every short row of a large catalogue, though a page looks at a part of it only", async () => {
    const large = (await testMerchant(db, runtime)).id;
    for (const part of [0, 1, 2]) {
      const codes = Array.from({ length: 4000 }, (_, n) => `S-${String(part * 4000 + n).padStart(5, "0")}`);
      await createSkus(
        db,
        runtime,
        large,
        codes.map((code) => ({ code, name: code, kind: "physical" })),
      );
    }
    await db.query("update stock_levels set on_hand = 10 where merchant_id = $1", [large]);
    const short = ["S-00000", "S-02499", "S-02500", "S-02501", "S-05000", "S-11999"];
    await db.query(
      "update stock_levels set on_hand = 1 where merchant_id = $1 and sku_id in (select id from skus where merchant_id = $1 and code = any($2::text[]))",
      [large, short],
    );
    for (const request of [{ below: 5 }, { below: 5, location: "MAIN" }]) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof listStock>> = await listStock(db, large, {
          ...request,
          limit: 2,
          cursor,
        });
        found.push(...page.items.map((item) => item.sku));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(found).toStrictEqual(short);
    }
  });
});

describe("locations", () => {
  const runtime = testRuntime();
  let db: Database;
  let merchantId: string;
  beforeAll(async () => {
    db = await memoryDatabase();
    merchantId = (await testMerchant(db, runtime)).id;
  });
  afterAll(() => db.close());

  it("is made once, listed by code and read by code", async () => {
    const east = await createLocation(db, runtime, merchantId, { code: "EAST ", name: "East", kind: "own" });
    expect(east).toMatchObject({ code: "EAST", kind: "own" });
    for (const code of ["EAST", " EAST", "MAIN"]) {
      await expect(
        createLocation(db, runtime, merchantId, { code, name: "x", kind: "own" }),
      ).rejects.toMatchObject({ code: "already_exists" });
    }
    await expect(
      createLocation(db, runtime, merchantId, { code: "*", name: "x", kind: "own" }),
    ).rejects.toMatchObject({ code: "invalid_request" });
    const first = await listLocations(db, merchantId, { limit: 1 });
    expect(first.items).toStrictEqual([east]);
    const second = await listLocations(db, merchantId, { limit: 1, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ code: "MAIN" }], nextCursor: null });
    expect(await loadLocation(db, merchantId, "EAST")).toStrictEqual(east);
  });
});
