import { describe, expect, it } from "vitest";
import { instantOf } from "../../../src/core/clock.ts";
import { failureOf, pullAll, successOf } from "../session.ts";
import type { FakeSku } from "./fake/shop.ts";
import { mug, type Started, shirt, started } from "./harness.ts";

const write = ({ session }: Started, sku: FakeSku | undefined, mode: "set" | "delta", quantity: number) => ({
  externalId: sku?.itemId ?? "",
  externalVariantId: sku?.skuId ?? "",
  writeId: session.runtime.ids.next(),
  asOf: instantOf(session.runtime.clock.nowMs()),
  mode,
  quantity,
});

describe("Xiaohongshu stock", () => {
  it("is deducted and restored as declared", async () => {
    const { shop, session } = await started();
    const { behaviour } = session.profile;
    const unpaid = shop.place({ skuId: shirt!.skuId, quantity: 3 });
    expect(shop.sku(shirt!.skuId).available).toBe(behaviour.deducts === "placed" ? 47 : 50);
    shop.cancel(unpaid.id);
    expect(shop.sku(shirt!.skuId).available).toBe(behaviour.restoresOnUnpaidCancel ? 50 : 47);
    const paid = shop.place({ skuId: shirt!.skuId, quantity: 3 });
    shop.pay(paid.id);
    shop.refund(paid.id, shirt!.skuId, 3, shop.total(paid) / 100);
    expect(shop.sku(shirt!.skuId).available).toBe(behaviour.restoresOnPaidRefund ? 50 : 47);
  });

  it("in several warehouses: only ours is set, changes are refused, the platform's is left alone", async () => {
    const both = {
      ...mug!,
      skuId: "65000000000000000000d001",
      code: "TWO",
      warehouses: { OURS: 7, XHS1: 5 },
    };
    const kept = { ...mug!, skuId: "65000000000000000000d002", code: "KEPT", warehouses: { XHS1: 5 } };
    const all = await started([both, kept], { warehouse: "OURS", platformWarehouses: ["XHS1"] });
    const outcomes = await all.session.account.stock!.push(
      [write(all, both, "set", 9), write(all, both, "delta", 1), write(all, kept, "set", 1)],
      all.session.call(),
    );
    expect(outcomes).toEqual([
      { ok: true, quantity: 9 },
      expect.objectContaining({ kind: "unsupported" }),
      expect.objectContaining({ kind: "unsupported" }),
    ]);
    expect(all.shop.sku(both.skuId).warehouses).toEqual({ OURS: 9, XHS1: 5 });
    expect(all.shop.sku(kept.skuId).warehouses).toEqual({ XHS1: 5 });
    const page = successOf(await all.session.account.listings!.pull({ cursor: null }, all.session.call()));
    expect(page.listings.find(({ sku }) => sku === "KEPT")).toMatchObject({ managedBy: "platform" });
    const lost = await started([both]);
    const [nameless] = await lost.session.account.stock!.push(
      [write(lost, both, "set", 1)],
      lost.session.call(),
    );
    expect(nameless).toMatchObject({
      kind: "unsupported",
      message: expect.stringContaining("warehouse in the settings"),
    });
  });

  it("a warning beside a success is a success", async () => {
    const all = await started();
    all.session.wire.fault(async (_request, pass) => {
      const text = await (await pass()).text();
      return new Response(text.replace('"message":"","code":0', '"message":"占用库存未扣减","code":-9028'));
    });
    const [outcome] = await all.session.account.stock!.push(
      [write(all, mug, "delta", 2)],
      all.session.call(),
    );
    expect(outcome).toEqual({ ok: true, quantity: 32 });
  });
});

describe("Xiaohongshu orders on the wire", () => {
  it("receivers come as ciphertexts while the order waits, and orders come without where that is not allowed", async () => {
    const { session, shop, fake } = await started();
    const order = shop.place({ skuId: shirt!.skuId, quantity: 1 });
    shop.pay(order.id);
    const fetched = async () => successOf(await session.account.orders!.fetch([order.id], session.call()));
    expect((await fetched()).orders[0]?.buyer?.encrypted).toMatchObject({
      name: "#name#",
      phone: "#phone#",
      address: "#address#",
    });
    fake.failNext("order.getOrderReceiverInfo", -5, "没有权限");
    const without = await fetched();
    expect(without.orders[0]?.buyer?.encrypted).toEqual({ openAddressId: `addr-${order.id}` });
    expect(without.warnings).toEqual([expect.stringContaining("without their receivers")]);
    order.status = 6;
    expect((await fetched()).orders[0]?.buyer?.encrypted).toEqual({ openAddressId: `addr-${order.id}` });
  });

  it("a partial refund is read from its case", async () => {
    const { session, shop } = await started();
    const order = shop.place({ skuId: shirt!.skuId, quantity: 2 });
    shop.pay(order.id);
    shop.refund(order.id, shirt!.skuId, 1, 39.5);
    const [read] = successOf(await session.account.orders!.fetch([order.id], session.call())).orders;
    expect(read).toMatchObject({
      status: "paid",
      totalMinor: 8300,
      refunds: [
        { amountMinor: 3950, lines: [{ externalLineId: shirt!.skuId, amountMinor: 3950, quantity: 1 }] },
      ],
    });
  });

  it("a case that is taken back makes the order newer, whether or not its own time moves", async () => {
    const { session, shop } = await started();
    const order = shop.place({ skuId: shirt!.skuId, quantity: 2 });
    shop.pay(order.id);
    order.afterSales = 2;
    const fetched = async () =>
      successOf(await session.account.orders!.fetch([order.id], session.call())).orders[0];
    expect(await fetched()).toMatchObject({ status: "refunding", updatedAt: "2026-11-22T08:00:00.000Z" });
    await session.runtime.advance(60_000);
    order.afterSales = 7;
    order.cases.push({ id: "R1", type: 5, skuId: shirt!.skuId, count: 2, yuan: 0, at: shop.now() });
    const free = await fetched();
    expect(free).toMatchObject({ status: "paid", updatedAt: "2026-11-22T08:01:00.000Z" });
    expect(free?.refunds).toBeUndefined();
  });

  it("no window is longer than half an hour, and a week's rest costs few pulls", async () => {
    const { session, shop, fake } = await started();
    const early = shop.place({ skuId: shirt!.skuId, quantity: 1 });
    const first = await pullAll(session, { since: "2026-11-22T07:59:59.500Z" });
    await session.runtime.advance(7 * 86_400_000 + 777);
    const late = shop.place({ skuId: shirt!.skuId, quantity: 1 });
    const asked = fake.called.length;
    const second = await pullAll(session, { cursor: first.cursor });
    expect([...first.orders.keys()]).toEqual([early.id]);
    expect(second.orders.has(late.id)).toBe(true);
    expect(second.pages.length).toBeLessThan(10);
    expect(
      fake.called.slice(asked).filter((method) => method === "order.getOrderList").length,
    ).toBeGreaterThan(335);
  });
});

describe("Xiaohongshu parcels", () => {
  const parcelOf = (orderExternalId: string, lines: [string, number][], more: object = {}) => ({
    shipmentId: "01a20244-e800-7000-8000-000000000001",
    orderExternalId,
    shippedAt: "2026-11-22T08:00:00.000Z",
    lines: lines.map(([externalLineId, quantity]) => ({ externalLineId, quantity })),
    carrier: "ZTO",
    trackingNumber: "ZT1042",
    ...more,
  });
  const placed = async () => {
    const all = await started();
    const order = all.shop.place({ skuId: shirt!.skuId, quantity: 2 }, { skuId: mug!.skuId, quantity: 1 });
    all.shop.pay(order.id);
    return { ...all, order };
  };

  it.each<[string, (all: Awaited<ReturnType<typeof placed>>) => void, object, string]>([
    ["without a number", () => {}, { trackingNumber: undefined }, "invalid"],
    ["of a carrier that is not in the platform's list", () => {}, { carrier: "UPS" }, "invalid"],
    [
      "in checks",
      ({ order }) => {
        order.status = 2;
      },
      {},
      "conflict",
    ],
    [
      "at customs",
      ({ order }) => {
        order.status = 3;
      },
      {},
      "conflict",
    ],
    [
      "of a closed order",
      ({ order }) => {
        order.status = 8;
      },
      {},
      "invalid",
    ],
    [
      "while the buyer asks for the money",
      ({ order }) => {
        order.afterSales = 2;
      },
      {},
      "conflict",
    ],
  ])("%s are not sent", async (_, spoil, more, kind) => {
    const all = await placed();
    spoil(all);
    const { trackingNumber, ...rest } = parcelOf(all.order.id, [[shirt!.skuId, 2]], more);
    const parcel = trackingNumber === undefined ? rest : { ...rest, trackingNumber };
    expect(failureOf(await all.session.account.fulfilments!.push(parcel, all.session.call())).kind).toBe(
      kind,
    );
    expect(all.order.packs).toEqual([]);
  });

  it("are split by SKU, never within one", async () => {
    const { session, order } = await placed();
    const { fulfilments, orders } = session.account;
    const half = parcelOf(order.id, [[shirt!.skuId, 1]]);
    expect(failureOf(await fulfilments!.push(half, session.call()))).toMatchObject({ kind: "unsupported" });
    expect(order.packs).toEqual([]);
    successOf(await fulfilments!.push(parcelOf(order.id, [[shirt!.skuId, 2]]), session.call()));
    successOf(
      await fulfilments!.push(
        parcelOf(order.id, [[mug!.skuId, 1]], { trackingNumber: "ZT1043" }),
        session.call(),
      ),
    );
    expect(order.packs.map(({ company, number, skuIds }) => [company, number, skuIds])).toEqual([
      ["zto", "ZT1042", [shirt!.skuId]],
      ["zto", "ZT1043", [mug!.skuId]],
    ]);
    const [read] = successOf(await orders!.fetch([order.id], session.call())).orders;
    expect(read?.status).toBe("shipped");
    expect(read?.shipments?.map(({ externalId }) => externalId)).toEqual(["ZT1042", "ZT1043"]);
  });
});
