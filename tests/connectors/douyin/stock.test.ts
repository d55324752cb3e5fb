import { describe, expect, it } from "vitest";
import { pullAll, successOf } from "../session.ts";
import { mug, regional, shirt, started, write } from "./harness.ts";

describe("Douyin stock", () => {
  it("is deducted and restored as declared", async () => {
    const all = await started([{ ...mug!, skuId: "1700000000000000029", reduce: 2 }]);
    const { shop, session } = all;
    const { behaviour } = session.profile;
    const unpaid = shop.place(shirt!.skuId, 3);
    expect(shop.sku(shirt!.skuId).stock, "at the order").toBe(behaviour.deducts === "placed" ? 47 : 50);
    shop.cancel(unpaid.id);
    expect(shop.sku(shirt!.skuId).stock, "unpaid and cancelled").toBe(
      behaviour.restoresOnUnpaidCancel ? 50 : 47,
    );
    const paid = shop.place(shirt!.skuId, 3);
    shop.pay(paid.id);
    shop.refund(paid.id, 1, 9900);
    expect(shop.sku(shirt!.skuId).stock, "refunded").toBe(behaviour.restoresOnPaidRefund ? 48 : 47);
    const later = shop.place("1700000000000000029", 2);
    expect(shop.sku("1700000000000000029").stock).toBe(30);
    shop.pay(later.id);
    expect(shop.sku("1700000000000000029").stock).toBe(28);
    const warnings = (await pullAll(session)).pages.flatMap((page) => page.warnings ?? []);
    expect(warnings, "goods that are deducted at payment").toEqual([
      expect.stringContaining("stockDeducted"),
    ]);
    const told = await started([], { stockDeducted: "paid" });
    expect(told.session.profile.behaviour.deducts).toBe("paid");
  });

  it("a change that comes again under its id is done once", async () => {
    const all = await started();
    const change = write(all, shirt, { mode: "delta", quantity: -5 });
    const stock = all.session.account.stock!;
    expect(await stock.push([change], all.session.call())).toEqual([{ ok: true, quantity: 45 }]);
    expect(await stock.push([change], all.session.call())).toEqual([{ ok: true }]);
    expect(all.shop.sku(shirt!.skuId).stock).toBe(45);
  });

  it("goods by warehouse: only ours are written, the platform's never", async () => {
    const cloud = { ...regional, skuId: "1700000000000000092", code: "CLOUD-1", warehouses: { CLOUD: 5 } };
    const silent = await started([regional, cloud]);
    const [nameless] = await silent.session.account.stock!.push(
      [write(silent, regional, { mode: "set", quantity: 1 })],
      silent.session.call(),
    );
    expect(nameless).toMatchObject({ kind: "unsupported", message: expect.stringContaining("warehouseId") });
    const all = await started([regional, cloud], { warehouseId: "OURS", platformWarehouses: ["CLOUD"] });
    const outcomes = await all.session.account.stock!.push(
      [write(all, cloud, { mode: "set", quantity: 1 }), write(all, regional, { mode: "delta", quantity: 2 })],
      all.session.call(),
    );
    expect(outcomes).toEqual([
      expect.objectContaining({ ok: false, kind: "unsupported" }),
      { ok: true, quantity: 9 },
    ]);
    expect(all.shop.sku(cloud.skuId).warehouses).toEqual({ CLOUD: 5 });
    expect(all.shop.sku(regional.skuId).warehouses).toEqual({ OURS: 9, CLOUD: 5 });
    const page = successOf(await all.session.account.listings!.pull({ cursor: null }, all.session.call()));
    const shown = page.listings.filter(({ externalId }) => externalId === regional.productId);
    expect(shown.map(({ sku, quantity, managedBy }) => [sku, quantity, managedBy])).toEqual([
      ["REG-1", 9, undefined],
      ["CLOUD-1", undefined, "platform"],
    ]);
  });
});
