import { describe, expect, it } from "vitest";
import type { ListingRef, StockWrite } from "../../../src/connectors/contract.ts";
import { locationId } from "./fake/server.ts";
import { type Opened, openMedusa } from "./session.ts";

const set = (externalId: string, quantity: number): StockWrite => ({
  externalId,
  quantity,
  mode: "set",
  writeId: `w-${externalId}`,
  asOf: "2026-11-22T08:00:00.000Z",
});

const push = ({ account, call }: Opened, ...writes: StockWrite[]) => account.stock!.push(writes, call());

const read = ({ account, call }: Opened, ...ids: string[]) =>
  account.stock!.read!(
    ids.map((externalId): ListingRef => ({ externalId })),
    call(),
  );

const levelOf = ({ fake }: Opened, variantId: string) => {
  const level = fake.inventory.level(`iitem_${variantId}`);
  return level && [level.stocked, level.reserved];
};

const isBatch = (request: Request) => request.url.endsWith("/location-levels/batch");

describe("stock writes", () => {
  it("adds what Medusa has reserved, so that exactly the target can still be sold", async () => {
    const session = openMedusa();
    session.fake.shop.place([{ variantId: "variant_1", quantity: 3 }]);
    expect(await push(session, set("variant_1", 20))).toEqual([{ ok: true, quantity: 20 }]);
    expect(levelOf(session, "variant_1")).toEqual([23, 3]);
    expect(await read(session, "variant_1")).toEqual([{ ok: true, value: { quantity: 20 } }]);
  });

  it("does not forget a sale between its reading and its writing", async () => {
    const session = openMedusa();
    session.intercept(isBatch, () => {
      session.fake.shop.place([{ variantId: "variant_1", quantity: 4 }]);
      return undefined;
    });
    expect(await push(session, set("variant_1", 20))).toEqual([{ ok: true, quantity: 16 }]);
    expect(levelOf(session, "variant_1")).toEqual([20, 4]);
  });

  it("does not put units back on sale that were packed between its reading and its writing", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const order = shop.place([{ variantId: "variant_1", quantity: 4 }]);
    session.intercept(isBatch, () => {
      shop.pack(
        order.id,
        order.items.map((item) => ({ lineId: item.id, quantity: 4 })),
      );
      return undefined;
    });
    expect(await push(session, set("variant_1", 20))).toEqual([{ ok: true, quantity: 20 }]);
    expect(levelOf(session, "variant_1")).toEqual([20, 0]);
    expect(session.fake.requests.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
      {
        create: [],
        update: [{ inventory_item_id: "iitem_variant_1", location_id: locationId, stocked_quantity: 24 }],
      },
      {
        create: [],
        update: [{ inventory_item_id: "iitem_variant_1", location_id: locationId, stocked_quantity: 20 }],
      },
    ]);
  });

  it("starts stocking a variant that has no level yet", async () => {
    const session = openMedusa();
    session.fake.inventory.add("variant_new", { sku: "NEW", price: 3, stock: null });
    expect(await read(session, "variant_new")).toEqual([{ ok: true, value: { quantity: 0 } }]);
    expect(await push(session, set("variant_new", 7), set("variant_1", 5))).toEqual([
      { ok: true, quantity: 7 },
      { ok: true, quantity: 5 },
    ]);
    expect(levelOf(session, "variant_new")).toEqual([7, 0]);
  });

  it("makes no level at a location that does not exist", async () => {
    const session = openMedusa({ stockLocationId: "sloc_typo" });
    const [outcome] = await push(session, set("variant_1", 7));
    expect(outcome).toMatchObject({
      ok: false,
      kind: "not_found",
      message: expect.stringContaining("sloc_typo"),
    });
    expect(session.fake.inventory.levelsOf("iitem_variant_1")).toHaveLength(1);
    expect(levelOf(session, "variant_1")).toEqual([50, 0]);
  });

  it("says why a kit and an unmanaged variant have no figure, and writes the others", async () => {
    const session = openMedusa();
    const parts = [{ inventoryItemId: "iitem_variant_1", required: 2 }];
    session.fake.inventory.addVariant({
      id: "variant_kit",
      sku: "SET",
      title: "Set",
      price: 40,
      managed: true,
      parts,
    });
    session.fake.inventory.addVariant({
      id: "variant_pdf",
      sku: "PDF",
      title: "Book",
      price: 9,
      managed: false,
      parts: [],
    });
    const outcomes = await push(session, set("variant_kit", 3), set("variant_2", 8), set("variant_pdf", 3));
    expect(outcomes).toEqual([
      {
        ok: false,
        kind: "unsupported",
        message: expect.stringContaining("is a kit: its stock follows from its parts"),
      },
      { ok: true, quantity: 8 },
      {
        ok: false,
        kind: "unsupported",
        message: expect.stringContaining("does not manage the stock of variant variant_pdf"),
      },
    ]);
    expect(levelOf(session, "variant_1")).toEqual([50, 0]);
  });

  it("writes the others when one row makes Medusa refuse the whole batch", async () => {
    const session = openMedusa();
    session.intercept(isBatch, () => {
      session.fake.inventory.removeLevel("iitem_variant_2");
      return undefined;
    });
    const outcomes = await push(session, set("variant_1", 11), set("variant_2", 12), set("variant_3", 13));
    expect(outcomes).toEqual([
      { ok: true, quantity: 11 },
      { ok: false, kind: "not_found", message: expect.stringContaining("not_stocked_at_location") },
      { ok: true, quantity: 13 },
    ]);
  });

  it("gives an inventory item that two variants share the lower of their figures", async () => {
    const session = openMedusa();
    const parts = [{ inventoryItemId: "iitem_variant_1", required: 1 }];
    session.fake.inventory.addVariant({
      id: "variant_twin",
      sku: "TWIN",
      title: "Twin",
      price: 25,
      managed: true,
      parts,
    });
    expect(await push(session, set("variant_1", 9), set("variant_twin", 6))).toEqual([
      { ok: true, quantity: 6 },
      { ok: true, quantity: 6 },
    ]);
    expect(levelOf(session, "variant_1")).toEqual([6, 0]);
  });

  it("finds the variant also where the listing names its product before it", async () => {
    const session = openMedusa();
    const write: StockWrite = { ...set("prod_1", 4), externalVariantId: "variant_3" };
    expect(await push(session, write)).toEqual([{ ok: true, quantity: 4 }]);
    expect(levelOf(session, "variant_3")).toEqual([4, 0]);
  });
});

describe("check", () => {
  it("refuses a stock location that does not exist, or that the channel does not sell from", async () => {
    const typo = openMedusa({ stockLocationId: "sloc_typo" });
    expect(await typo.account.check(typo.call())).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("no stock location sloc_typo"),
    });
    const unlinked = openMedusa({ salesChannelId: "sc_till" });
    expect(await unlinked.account.check(unlinked.call())).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("not linked to sales channel sc_till"),
    });
    const sound = openMedusa({ salesChannelId: "sc_web" });
    expect(await sound.account.check(sound.call())).toEqual({
      ok: true,
      value: { account: "Teapots & Co, Main warehouse" },
    });
  });
});

describe("listings", () => {
  it("are variants by their id, with the figure where there is one", async () => {
    const session = openMedusa();
    session.fake.shop.place([{ variantId: "variant_1", quantity: 3 }]);
    session.fake.inventory.addVariant({
      id: "variant_pdf",
      sku: "",
      title: "Book",
      price: 9,
      managed: false,
      parts: [],
    });
    const result = await session.account.listings!.pull({ cursor: null }, session.call());
    if (!result.ok) throw new Error(result.message);
    expect(result.value.listings).toEqual([
      { externalId: "variant_1", sku: "MUG-BLU-350", title: "MUG-BLU-350", quantity: 47 },
      { externalId: "variant_2", sku: "TEA-GRN-100", title: "TEA-GRN-100", quantity: 40 },
      { externalId: "variant_3", sku: "BAG-1", title: "BAG-1", quantity: 30 },
      { externalId: "variant_4", sku: "POT-RED-1", title: "POT-RED-1", quantity: 10 },
      { externalId: "variant_pdf", title: "Book" },
    ]);
  });
});
