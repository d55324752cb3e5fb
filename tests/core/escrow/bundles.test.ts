import { describe, expect, it } from "vitest";
import { listListings } from "../../../src/core/catalogue/listings.ts";
import { updateSku } from "../../../src/core/catalogue/skus.ts";
import { readAllocations } from "../../../src/core/escrow/read-allocations.ts";
import { at, line } from "../engine/world.ts";
import {
  allocation,
  buy,
  charge,
  db,
  listings,
  look,
  skuId,
  splitUp,
  unlist,
  watermark,
  world,
} from "./split-units.ts";

describe("split units in bundles", () => {
  it("belong to both components of a bundle that a listing sells", async () => {
    const bId = await world.sku("B", 3);
    await world.sku("SET", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
    await world.listing("set-1", "SET");
    for (const listing of (await listListings(db, world.merchant.id, { limit: 10 })).items)
      listings.set(listing.externalId, listing.id);
    await look("set-1", 3, "08:00");
    await watermark("08:01");
    const [a, b] = await readAllocations(db, world.merchant.id, [skuId, bId]);
    expect([a?.possibleOversell, b?.possibleOversell]).toEqual([0, 0]);
    await world.adjust("damage", { sku: "B", delta: -2, reason: "damage" });
    const [, after] = await readAllocations(db, world.merchant.id, [skuId, bId]);
    expect(after?.possibleOversell).toBe(2);
    listings.delete("set-1");
    await updateSku(db, world.runtime, world.merchant.id, "SET", { components: [{ sku: "A", quantity: 1 }] });
  });
});

describe("split units in a bundle whose other part is missing", () => {
  let bId: string;
  const buySet = (id: string, quantity: number, more = {}) =>
    buy(id, "set-1", quantity, {
      lines: [line("1", "SET", quantity, { externalItemId: "set-1" })],
      ...more,
    });
  const heldParts = async (id: string): Promise<number[]> => {
    const rows = await db.query<{ skuId: string; units: number }>(
      `select r.sku_id as "skuId", sum(r.quantity)::int as units from reservations r join orders o on o.id = r.holder_id
       where r.merchant_id = $1 and o.external_id = $2 and r.status = 'held' group by 1`,
      [world.merchant.id, id],
    );
    return [skuId, bId].map((part) => rows.find((row) => row.skuId === part)?.units ?? 0);
  };
  const shortfallOf = async (id: string) => (await world.stored(id)).lines[0]?.shortfall;

  /** Ten of A, split; B is shared and has `others`. A set is two of A and one of B. */
  const bundled = async (others: number): Promise<void> => {
    bId = await world.sku("B", others);
    const components = [
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 1 },
    ];
    await world.sku("SET", 0, { kind: "bundle", components });
    await splitUp(6, 4);
  };

  it("are kept for the order: nobody else may take them, and it is served when the part comes", async () => {
    await bundled(0);
    await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
    expect(await buySet("set", 1)).toMatchObject({ shortfall: 1 });
    expect(await heldParts("set")).toEqual([2, 0]);
    expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({
      code: "insufficient_stock",
    });
    expect(await charge("item-1", "w", { quantity: 1 })).toMatchObject({ code: "insufficient_stock" });
    await world.adjust("late", { sku: "B", delta: 1, reason: "receipt" });
    expect(await shortfallOf("set")).toBe(0);
    expect(await heldParts("set")).toEqual([2, 1]);
  });

  it("are taken as they come, and given back with the cancel", async () => {
    await bundled(0);
    expect(await buySet("set", 2)).toMatchObject({ shortfall: 2 });
    expect(await heldParts("set")).toEqual([0, 0]);
    await world.adjust("more", { sku: "A", delta: 3, reason: "receipt" });
    expect(await heldParts("set")).toEqual([3, 0]);
    await world.adjust("late", { sku: "B", delta: 2, reason: "receipt" });
    expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[3, 1], 1]);
    await buySet("set", 2, { status: "cancelled", updatedAt: at("08:31") });
    expect(await heldParts("set")).toEqual([0, 0]);
  });

  it("stay with it when the other part is lost, and go with what it does not want any more", async () => {
    await bundled(2);
    await world.adjust("more", { sku: "A", delta: 4, reason: "receipt" });
    expect(await buySet("set", 2)).toMatchObject({ shortfall: 0 });
    await world.adjust("broken", { sku: "B", delta: -2, reason: "damage" });
    expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[4, 0], 2]);
    await buySet("set", 1, { updatedAt: at("08:31") });
    expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[2, 0], 1]);
  });

  it("leave the shelf when the platform sends what we do not have all of", async () => {
    await bundled(0);
    await world.adjust("more", { sku: "A", delta: 4, reason: "receipt" });
    await buySet("set", 2);
    await buySet("set", 2, { status: "shipped", paidAt: at("08:30"), updatedAt: at("08:31") });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
    expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
  });

  it("stay with the order whose others a parcel took, although the SKU has lost some", async () => {
    await bundled(1);
    await world.adjust("more", { sku: "A", delta: 6, reason: "receipt" });
    expect(await buySet("set", 3)).toMatchObject({ shortfall: 2 });
    expect(await heldParts("set")).toEqual([6, 1]);
    await world.adjust("damage", { sku: "A", delta: -2, reason: "damage" });
    await buySet("set", 3, {
      ...{ status: "partially_shipped", paidAt: at("08:30"), updatedAt: at("08:31") },
      shipments: [{ externalId: "p", shippedAt: at("08:31"), lines: [{ externalLineId: "1", quantity: 2 }] }],
    });
    expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[2, 0], 1]);
  });

  it("are no reason to take more of a manual order than there is", async () => {
    await bundled(1);
    await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
    const order = (updatedAt: string, more: number) =>
      world.manual({
        ...{ externalId: "m", updatedAt },
        lines: [line("1", "SET", 1), ...(more > 0 ? [line("2", "A", more)] : [])],
      });
    expect(await order(at("08:20"), 0)).toMatchObject({ shortfall: 0 });
    await world.adjust("broken", { sku: "B", delta: -1, reason: "damage" });
    expect([await heldParts("m"), await shortfallOf("m")]).toEqual([[2, 0], 1]);
    const before = await world.counts();
    expect(await order(at("08:21"), 2)).toMatchObject({
      ...{ kind: "refused", code: "insufficient_stock" },
      details: { lines: [{ sku: "A", requested: 4, available: 2 }] },
    });
    expect(await world.counts()).toEqual(before);
    await world.adjust("even more", { sku: "A", delta: 2, reason: "receipt" });
    expect(await order(at("08:21"), 2)).toMatchObject({ outcome: "updated", shortfall: 1 });
    expect(await heldParts("m")).toEqual([4, 0]);
  });

  it("are let go when the last listing is gone, to whoever waits for them", async () => {
    await bundled(0);
    await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
    await buySet("set", 1);
    await world.order({ externalId: "plain", lines: [line("1", "A", 11)] });
    await unlist("item-1");
    expect([await heldParts("set"), await heldParts("plain")]).toEqual([
      [2, 0],
      [6, 0],
    ]);
    await unlist("item-2");
    expect([await heldParts("set"), await heldParts("plain")]).toEqual([
      [0, 0],
      [11, 0],
    ]);
  });

  it("are let go when the SKU is shared again, to whoever waits for them", async () => {
    await bundled(0);
    await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
    await buySet("set", 1);
    await world.order({ externalId: "plain", lines: [line("1", "A", 3)] });
    expect(await shortfallOf("plain")).toBe(3);
    const { version } = await allocation();
    const listingIds = [...listings.values()];
    await world.submit({ kind: "exposure.mode", skuId, state: "shared", version, listingIds });
    expect(await heldParts("set")).toEqual([0, 0]);
    expect(await heldParts("plain")).toEqual([3, 0]);
    await world.adjust("late", { sku: "B", delta: 1, reason: "receipt" });
    expect(await heldParts("set")).toEqual([2, 1]);
  });
});
