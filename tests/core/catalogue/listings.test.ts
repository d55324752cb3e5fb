import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createConnection } from "../../../src/core/catalogue/connections.ts";
import {
  createListing,
  createListings,
  deleteListing,
  listListings,
  loadListing,
  updateListing,
} from "../../../src/core/catalogue/listings.ts";
import { createSkus } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { lastEventSeq, readEvents } from "../../../src/core/events/log.ts";
import { type ListingInput, listingInputSchema } from "../../../src/core/model/catalogue.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { insertWaitingOrder } from "../../support/orders.ts";
import { testRuntime } from "../../support/runtime.ts";

describe("listings", () => {
  const runtime = testRuntime();
  const vault = testVault(runtime);
  let db: Database;
  let merchantId: string;
  let shop: string;
  let otherShop: string;
  let skuIds: string[];
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    merchantId = (await testMerchant(db, runtime, { vault })).id;
    const connect = async (name: string) =>
      (
        await createConnection(db, { vault, runtime }, merchantId, {
          connector: "generic",
          name,
          settings: {},
          secrets: {},
        })
      ).id;
    shop = await connect("shop");
    otherShop = await connect("other shop");
    const skus = ["A", "B"].map((code) => ({ code, name: code, kind: "physical" as const }));
    skuIds = (await createSkus(db, runtime, merchantId, skus)).skus.map((sku) => sku.id);
  });

  const input = (more: Partial<ListingInput> = {}): ListingInput =>
    listingInputSchema.parse({ connection: shop, externalId: "item-1", sku: "A", ...more });

  it("maps an item to a SKU and says so", async () => {
    const seq = await lastEventSeq(db, merchantId);
    const { listing } = await createListing(
      db,
      runtime,
      merchantId,
      input({ externalVariantId: "v1", unitsPer: 6, buffer: 2, cap: 10 }),
    );
    expect(listing).toStrictEqual({
      id: listing.id,
      connectionId: shop,
      externalId: "item-1",
      externalVariantId: "v1",
      sku: "A",
      skuId: skuIds[0],
      unitsPer: 6,
      buffer: 2,
      cap: 10,
      share: { minimum: null, maximum: null, fixed: null, percentBp: null },
      publishedQuantity: null,
      publishedAt: null,
      managedBy: null,
      createdAt: "2026-11-22T08:00:00.000Z",
    });
    expect(await loadListing(db, merchantId, listing.id)).toStrictEqual(listing);
    expect(await readEvents(db, merchantId, seq, 10)).toMatchObject([
      {
        type: "listing.changed",
        subject: listing.id,
        data: { listingId: listing.id, connectionId: shop, skuId: skuIds[0] },
      },
    ]);
  });

  it("is refused when the item is mapped, the SKU or the connection is not there, and nothing changes", async () => {
    await createListing(db, runtime, merchantId, input());
    const seq = await lastEventSeq(db, merchantId);
    await expect(createListing(db, runtime, merchantId, input({ sku: "B" }))).rejects.toMatchObject({
      code: "already_exists",
      details: { externalId: "item-1", externalVariantId: "" },
    });
    await expect(
      createListings(db, runtime, merchantId, [input({ externalId: "new" }), input({ externalId: "new" })]),
    ).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(
      createListing(db, runtime, merchantId, input({ externalId: "x", sku: "GHOST" })),
    ).rejects.toMatchObject({ code: "unknown_sku" });
    await expect(
      createListing(db, runtime, merchantId, input({ connection: runtime.ids.next() })),
    ).rejects.toMatchObject({ code: "not_found" });
    expect((await listListings(db, merchantId, { limit: 10 })).items).toHaveLength(1);
    expect(await lastEventSeq(db, merchantId)).toBe(seq);
    await createListings(db, runtime, merchantId, [
      input({ connection: otherShop }),
      input({ externalVariantId: "v1" }),
    ]);
  });

  it("tells which orders of that connection waited for it", async () => {
    const wait = async (line: Parameters<typeof insertWaitingOrder>[3]) =>
      (await insertWaitingOrder(db, runtime, merchantId, { connectionId: shop, ...line })).orderId;
    const byItem = await wait({ externalItemId: "item-1" });
    const byItemAndVariant = await wait({ externalItemId: "item-1", externalVariantId: "v9" });
    const byVariantInItsPlace = await wait({ externalVariantId: "item-1" });
    const byVariant = await wait({ externalVariantId: "v1" });
    await wait({ externalItemId: "item-2" });
    await wait({ externalItemId: "item-1", connectionId: otherShop });
    expect((await createListing(db, runtime, merchantId, input())).waitingOrderIds).toStrictEqual([
      byItem,
      byItemAndVariant,
      byVariantInItsPlace,
    ]);
    expect(
      (await createListing(db, runtime, merchantId, input({ externalVariantId: "v1" }))).waitingOrderIds,
    ).toStrictEqual([byVariant]);
  });

  it("changes what is given", async () => {
    const { listing } = await createListing(db, runtime, merchantId, input({ cap: 5 }));
    const seq = await lastEventSeq(db, merchantId);
    expect(await updateListing(db, runtime, merchantId, listing.id, { buffer: 3 })).toStrictEqual({
      ...listing,
      buffer: 3,
    });
    const changed = await updateListing(db, runtime, merchantId, listing.id, {
      sku: "B",
      unitsPer: 2,
      cap: null,
    });
    expect(changed).toStrictEqual({
      ...listing,
      buffer: 3,
      sku: "B",
      skuId: skuIds[1],
      unitsPer: 2,
      cap: null,
    });
    await expect(updateListing(db, runtime, merchantId, listing.id, { sku: "GHOST" })).rejects.toMatchObject({
      code: "unknown_sku",
    });
    await expect(
      updateListing(db, runtime, merchantId, runtime.ids.next(), { buffer: 1 }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect(await loadListing(db, merchantId, listing.id)).toStrictEqual(changed);
    expect(await lastEventSeq(db, merchantId)).toBe(seq + 2);
  });

  it("can be deleted once, and says so", async () => {
    const { listing } = await createListing(db, runtime, merchantId, input());
    const seq = await lastEventSeq(db, merchantId);
    await deleteListing(db, runtime, merchantId, listing.id);
    await expect(deleteListing(db, runtime, merchantId, listing.id)).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await readEvents(db, merchantId, seq, 10)).toMatchObject([
      { type: "listing.removed", data: { listingId: listing.id, connectionId: shop, skuId: skuIds[0] } },
    ]);
    await createListing(db, runtime, merchantId, input({ sku: "B" }));
  });

  it("is listed page after page, by connection and by SKU", async () => {
    const make = (externalId: string, connection: string, sku: string) =>
      input({ externalId, connection, sku });
    await createListings(db, runtime, merchantId, [
      make("1", shop, "A"),
      make("2", otherShop, "A"),
      make("3", shop, "B"),
    ]);
    const ids = async (request: object) =>
      (await listListings(db, merchantId, { limit: 10, ...request })).items.map((item) => item.externalId);
    expect(await ids({})).toStrictEqual(["1", "2", "3"]);
    expect(await ids({ connectionId: shop })).toStrictEqual(["1", "3"]);
    expect(await ids({ sku: "A" })).toStrictEqual(["1", "2"]);
    expect(await ids({ sku: "A", connectionId: otherShop })).toStrictEqual(["2"]);
    const first = await listListings(db, merchantId, { limit: 2 });
    expect(await ids({ cursor: first.nextCursor })).toStrictEqual(["3"]);
    const other = (await testMerchant(db, runtime)).id;
    expect((await listListings(db, other, { limit: 10 })).items).toStrictEqual([]);
  });
});
