import { describe, expect, it } from "vitest";
import { instantOf } from "../../../src/core/clock.ts";
import { successOf } from "../session.ts";
import type { FakeSku } from "./fake/shop.ts";
import { mug, type Started, shirt, started } from "./harness.ts";

describe("Kuaishou stock", () => {
  const write = ({ session }: Started, sku: FakeSku | undefined, quantity: number) => ({
    externalId: String(sku?.itemId),
    externalVariantId: String(sku?.skuId),
    writeId: session.runtime.ids.next(),
    asOf: instantOf(session.runtime.clock.nowMs()),
    mode: "delta" as const,
    quantity,
  });

  it("is deducted and restored as declared", async () => {
    const { shop, session } = await started();
    const { behaviour } = session.profile;
    const unpaid = shop.place(shirt!.skuId, 3);
    expect(shop.sku(shirt!.skuId).stock).toBe(behaviour.deducts === "placed" ? 47 : 50);
    shop.cancel(unpaid.oid);
    expect(shop.sku(shirt!.skuId).stock).toBe(behaviour.restoresOnUnpaidCancel ? 50 : 47);
    const paid = shop.place(shirt!.skuId, 3);
    shop.pay(paid.oid);
    shop.refund(paid.oid, shop.total(paid));
    expect(shop.sku(shirt!.skuId).stock).toBe(behaviour.restoresOnPaidRefund ? 50 : 47);
    expect((await started([], { stockDeducted: "paid" })).session.profile.behaviour.deducts).toBe("paid");
  });

  it("changes of one SKU count from each other, and nothing is sent for nothing", async () => {
    const all = await started();
    const stock = all.session.account.stock!;
    const outcomes = await stock.push(
      [write(all, mug, -20), write(all, mug, -20), write(all, mug, 0)],
      all.session.call(),
    );
    expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.kind))).toEqual(["ok", "conflict", "ok"]);
    expect(all.shop.sku(mug!.skuId).stock).toBe(10);
    expect(all.fake.called.filter((method) => method === "open.item.sku.stock.update")).toHaveLength(1);
  });

  it("a change the platform refuses for want of units is a conflict, no dead token", async () => {
    const all = await started();
    const { session, fake, shop } = all;
    session.wire.fault(async (request, pass) => {
      // Somebody buys between our reading and our writing.
      if (request.method === "POST") shop.sku(mug!.skuId).stock = 3;
      return pass();
    });
    const [outcome] = await session.account.stock!.push([write(all, mug, -20)], session.call());
    expect(outcome).toMatchObject({ ok: false, kind: "conflict" });
    expect(shop.sku(mug!.skuId).stock).toBe(3);
    expect(fake.called.at(-1)).toBe("open.item.sku.stock.update");
  });

  it("of goods by warehouse is the platform's to keep", async () => {
    const kept = {
      ...mug!,
      itemId: 20_000_000_000_009,
      skuId: 30_000_000_000_091,
      code: "SCM-1",
      byWarehouse: true,
    };
    const all = await started([kept]);
    const [outcome] = await all.session.account.stock!.push([write(all, kept, 1)], all.session.call());
    expect(outcome).toMatchObject({ ok: false, kind: "unsupported" });
    expect(all.shop.sku(kept.skuId).stock).toBe(30);
    const page = successOf(await all.session.account.listings!.pull({ cursor: null }, all.session.call()));
    expect(page.listings.find(({ sku }) => sku === "SCM-1")).toMatchObject({ managedBy: "platform" });
  });
});
