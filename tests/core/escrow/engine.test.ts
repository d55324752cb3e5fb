import { describe, expect, it } from "vitest";
import { deleteListing, loadListing, updateListing } from "../../../src/core/catalogue/listings.ts";
import type { PlatformTraits } from "../../../src/core/escrow/exposure.ts";
import { at, line } from "../engine/world.ts";
import {
  allocation,
  buy,
  charge,
  db,
  idOf,
  look,
  parts,
  settle,
  skuId,
  splitUp,
  traits,
  unlist,
  watermark,
  world,
} from "./split-units.ts";

const returned = {
  refunds: [
    {
      ...{ externalId: "r", refundedAt: at("08:40"), amountMinor: 10_000 },
      lines: [{ externalLineId: "1", quantity: 1, amountMinor: 10_000, restock: true }],
    },
  ],
};

describe("split units in the engine", () => {
  it("are set aside only as far as they are there, and a refusal changes nothing", async () => {
    await splitUp(6, 0);
    const before = await world.counts();
    expect(await charge("item-2", "w", { quantity: 5 })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 5, available: 4 }] },
    });
    expect(await parts("item-2")).toEqual([0, 0, 0]);
    expect(await world.counts()).toEqual(before);
    expect(await charge("item-2", "w", { quantity: 4 })).toMatchObject({ outcome: "charged" });
    expect(await charge("item-2", "w", { quantity: 4 })).toMatchObject({ outcome: "repeated" });
    expect(await parts("item-2")).toEqual([0, 0, 4]);
  });

  it("stay set aside for a write in doubt when it is made again and not let in, and only then", async () => {
    await splitUp(6, 0);
    await charge("item-2", "w", { quantity: 4 });
    await settle("item-2", "w", "untaken");
    expect(await parts("item-2"), "the first try").toEqual([0, 0, 0]);
    await charge("item-2", "x", { quantity: 4 });
    await settle("item-2", "x", "unknown");
    await settle("item-2", "x", "untaken");
    expect(await parts("item-2"), "after one in doubt").toEqual([0, 0, 4]);
    await settle("item-2", "x", "failed");
    expect(await parts("item-2"), "the platform refused it").toEqual([0, 0, 0]);
    await charge("item-2", "y", { quantity: 4 });
    await charge("item-2", "y", { quantity: 4 });
    await settle("item-2", "y", "untaken");
    expect(await parts("item-2"), "after one of which nobody told").toEqual([0, 0, 4]);
  });

  it("give an order its own listing's units, however late, and nobody else's", async () => {
    await splitUp(6, 4);
    expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({ code: "insufficient_stock" });
    const refused = await world.manual({ externalId: "m", lines: [line("1", "A", 1)] });
    expect(refused).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 0 });
    expect(await buy("two", "item-2", 4)).toMatchObject({ shortfall: 0 });
    expect(await parts("item-1")).toEqual([0, 0, 0]);
  });

  it("let a unit that the platform put back be sold early: the order waits and takes it with the cancel", async () => {
    await splitUp(10, 0);
    await buy("one", "item-1", 10, { status: "pending_payment" });
    expect(await buy("early", "item-1", 1)).toMatchObject({ shortfall: 1 });
    expect(await parts("item-1")).toEqual([-1, 0, 0]);
    await buy("one", "item-1", 10, { status: "cancelled", updatedAt: at("08:31") });
    expect((await world.stored("early")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    expect(await parts("item-1")).toEqual([9, 0, 0]);
  });

  it.each([1, 501])(
    "put back and sold again go to who bought them there, not to one of %i orders of the hub's own that waited before",
    async (ahead) => {
      await splitUp(10, 0);
      await buy("one", "item-1", 10, { status: "pending_payment" });
      // Paid links are facts too, whatever is left.
      const own = Array.from({ length: ahead }, (_, index) =>
        world.manual(
          { externalId: `own-${index}`, paidAt: at("08:29"), lines: [line("1", "A", 1)] },
          { mayRefuse: false },
        ),
      );
      expect((await Promise.all(own)).map((answer) => "shortfall" in answer && answer.shortfall)).toEqual(
        own.map(() => 1),
      );
      await buy("early", "item-1", 1, { paidAt: at("08:30") });
      expect(await parts("item-1")).toEqual([-1, 0, 0]);
      await buy("one", "item-1", 10, { status: "cancelled", updatedAt: at("08:31") });
      expect((await world.stored("early")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
      expect((await world.stored("own-0")).lines[0]).toMatchObject({ reserved: 0, shortfall: 1 });
      expect(await parts("item-1")).toEqual([9, 0, 0]);
      // What nobody was promised goes to who waits longest.
      await world.adjust("more", { sku: "A", delta: 1, reason: "receipt" });
      expect((await world.stored("own-0")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    },
  );

  type Told = { status: string; paidAt?: string };
  const pending = { status: "pending_payment" };
  const paid = { status: "paid", paidAt: at("08:31") };
  const cancelled = { status: "cancelled" };
  it.each<[string, Partial<PlatformTraits>, Told[], number]>([
    ["an unpaid order takes nothing", {}, [pending], 6],
    ["its payment takes the units, once", {}, [pending, paid, paid], 4],
    ["heard of when paid", {}, [paid], 4],
    ["cancelled unpaid: nothing was taken", {}, [pending, cancelled], 6],
    ["heard of when cancelled, nothing told of a payment", {}, [cancelled], 6],
    ["the same where it may have been put back", { restoresPaid: true }, [cancelled], 6],
    ["paid and cancelled, put back", { restoresPaid: true }, [pending, paid, { ...paid, ...cancelled }], 6],
    ["paid and cancelled, not put back", {}, [pending, { ...paid, ...cancelled }], 4],
  ])("where payment takes the unit: %s", async (_, habits, told, after) => {
    const none = { restoresUnpaid: false, restoresPaid: false };
    await splitUp(6, 0, { ...traits, deducts: "paid", ...none, ...habits });
    for (const [index, one] of told.entries())
      await buy("one", "item-1", 2, { ...one, updatedAt: at(`08:3${index}`) });
    expect(await parts("item-1")).toEqual([after, 0, 0]);
  });

  it("offer returned goods again where the platform puts them back", async () => {
    await splitUp(6, 0);
    const shipped = { status: "shipped", paidAt: at("08:30") };
    await buy("one", "item-1", 2, shipped);
    expect(await parts("item-1")).toEqual([4, 0, 0]);
    const refund = { externalId: "r", refundedAt: at("08:40"), amountMinor: 10_000 };
    const refunds = [
      { ...refund, lines: [{ externalLineId: "1", quantity: 1, amountMinor: 10_000, restock: true }] },
    ];
    await buy("one", "item-1", 2, { ...shipped, refunds, updatedAt: at("08:40") });
    expect(await parts("item-1")).toEqual([5, 0, 0]);
    expect(await world.openTasks()).toEqual([]);
  });

  it("leave the shelf with a parcel that is told together with the order", async () => {
    await splitUp(6, 4);
    const shipped = { status: "shipped", paidAt: at("08:30") };
    expect(await buy("one", "item-1", 2, shipped)).toMatchObject({ shortfall: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect(await parts("item-1")).toEqual([4, 0, 0]);
    expect((await allocation()).deficit).toBe(0);
    expect(await world.openTasks()).toEqual([]);
  });

  it.each<[string, object, object]>([
    ["the goods of its parcel are heard of late", { status: "shipped", paidAt: at("08:30") }, returned],
    ["its cancel is heard of late", { status: "paid", paidAt: at("08:30") }, { status: "cancelled" }],
  ])("put back, sold again and sent are not sold a third time when %s", async (_, first, back) => {
    await splitUp(1, 9);
    const sent = { status: "shipped", paidAt: at("08:30") };
    await buy("one", "item-1", 1, first);
    await buy("two", "item-1", 1, sent);
    await buy("rest", "item-2", 9, sent);
    expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
    await buy("one", "item-1", 1, { ...first, ...back, updatedAt: at("08:40") });
    // Ten units were there, and ten have left.
    expect(await allocation()).toMatchObject({ available: 0, deficit: 0 });
    expect(await charge("item-2", "w", { quantity: 1 })).toMatchObject({ code: "insufficient_stock" });
    expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({ code: "insufficient_stock" });
    await world.adjust("count", { sku: "A", count: 0, reason: "count" });
    expect(await world.levels("A")).toEqual({ MAIN: [0, 0, 0] });
    await world.adjust("more", { sku: "A", delta: 1, reason: "receipt" });
    expect(await allocation()).toMatchObject({ available: 1, deficit: 0 });
  });

  it("leave it with a parcel of an order that was cancelled here", async () => {
    await splitUp(6, 4);
    const { orderId } = await buy("one", "item-1", 2);
    await world.submit({ kind: "order.cancel", orderId });
    await buy("one", "item-1", 2, { status: "shipped", paidAt: at("08:30"), updatedAt: at("08:40") });
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect((await world.stored("one")).lines[0]).toMatchObject({ shipped: 2 });
  });

  it("keep an unknown write charged until a look after its time", async () => {
    await splitUp(0, 0);
    await charge("item-1", "w", { quantity: 7 });
    await settle("item-1", "w", "unknown");
    expect(await look("item-1", 0, "08:04")).toMatchObject({ kind: "refused", code: "conflict" });
    expect(await parts("item-1")).toEqual([0, 0, 7]);
    expect(await look("item-1", 0, "08:06")).toMatchObject({ outcome: "unchanged" });
    expect(await parts("item-1")).toEqual([0, 7, 0]);
    expect(await charge("item-2", "x", { quantity: 4 })).toMatchObject({ kind: "refused" });
    await watermark("08:07");
    expect(await parts("item-1")).toEqual([0, 0, 0]);
    expect(await charge("item-2", "x", { quantity: 10 })).toMatchObject({ outcome: "charged" });
  });

  it("of a deleted listing go to whoever waits, once", async () => {
    await splitUp(6, 4);
    await world.adjust("damage", { sku: "A", delta: -5, reason: "damage" });
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 1 });
    await world.adjust("found", { sku: "A", delta: 3, reason: "gain" });
    await world.order({ externalId: "two", lines: [line("1", "A", 2)] });
    const short = async () => (await world.stored("two")).lines.map(({ shortfall }) => shortfall);
    expect(await short()).toEqual([2]);
    await deleteListing(db, world.runtime, world.merchant.id, idOf("item-2"));
    expect(await short()).toEqual([2]);
    const release = () => world.submit({ kind: "exposure.release", skuIds: [skuId] });
    await release();
    expect(await short()).toEqual([0]);
    const before = await world.levels("A");
    await release();
    expect(await world.levels("A")).toEqual(before);
  });

  it("are shared again when nothing sells them any more, and everybody may have them", async () => {
    await splitUp(6, 4);
    await unlist("item-1");
    expect((await allocation()).state).toBe("split");
    await unlist("item-2");
    expect(await allocation()).toMatchObject({ state: "shared", possibleOversell: 0, deficit: 0 });
    const told = (await world.events("allocation.changed")).at(-1);
    expect(told).toMatchObject({ subject: skuId, data: { state: "shared" } });
    expect(await world.hold("h", [{ sku: "A", quantity: 10 }])).toMatchObject({ outcome: "created" });
    await world.listing("item-3", "A");
    expect((await allocation()).state).toBe("shared");
  });

  it("go back to converging when another listing sells them", async () => {
    await splitUp(5, 5);
    await world.listing("item-3", "A");
    expect((await allocation()).state).toBe("converging");
  });

  it("F088: percentages of one SKU above 100 % are refused, and nothing changes", async () => {
    const share = (percentBp: number) => ({ minimum: null, maximum: null, fixed: null, percentBp });
    const { merchant, runtime } = world;
    await updateListing(db, runtime, merchant.id, idOf("item-1"), { share: share(8000) });
    const second = updateListing(db, runtime, merchant.id, idOf("item-2"), { share: share(5000) });
    await expect(second).rejects.toMatchObject({ code: "invalid_request" });
    expect((await loadListing(db, merchant.id, idOf("item-2"))).share.percentBp).toBeNull();
  });
});
