import { describe, expect, it } from "vitest";
import { longAgo } from "../session.ts";
import { providers } from "./fake/orders.ts";
import type { FakeOrder } from "./fake/shop.ts";
import { kinds, openShop, write } from "./harness.ts";
import { second, warehouse } from "./subject.ts";

describe("stock", () => {
  it("code 0 is no success by itself: each SKU has its own outcome, and what TikTok keeps is unsupported", async () => {
    const { account, call, blue, red, bag, theirs } = openShop();
    red.isLocked = true;
    const gone = { ...write(blue, 3), externalVariantId: "1729592969712299999" };
    const outcomes = await account().stock!.push(
      [write(blue, 7), write(red, 5), gone, write(bag, 8), write(theirs, 9)],
      call(),
    );
    expect(kinds(outcomes)).toEqual(["ok", "conflict", "not_found", "ok", "unsupported"]);
    expect([blue, red, bag, theirs].map((sku) => Object.values(sku.stock)[0])).toEqual([7, 40, 8, 20]);
  });

  it("a SKU in several warehouses is written only where the settings say, and the others keep theirs", async () => {
    const without = openShop();
    const [refused] = await without.account().stock!.push([write(without.lamp, 3)], without.call());
    expect(refused).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringMatching(/warehouseId/),
    });
    expect(without.lamp.stock).toEqual({ [warehouse]: 7, [second]: 5 });
    const named = openShop({ settings: { warehouseId: second } });
    expect(
      kinds(await named.account().stock!.push([write(named.lamp, 3), write(named.blue, 1)], named.call())),
    ).toEqual(["ok", "invalid"]);
    expect([named.lamp.stock, named.blue.stock]).toEqual([
      { [warehouse]: 7, [second]: 3 },
      { [warehouse]: 50 },
    ]);
    const [figure] = await named.account().stock!.read!([write(named.lamp, 0)], named.call());
    expect(figure).toEqual({ ok: true, value: { quantity: 3 } });
  });

  it("units that may be sold beyond the stock are ended with every write, unless they shall stay", async () => {
    const sent = async (more: object) => {
      const { account, call, fake, blue } = openShop({ settings: more });
      await account().stock!.push([write(blue, 9)], call());
      return fake.calls.at(-1)?.body;
    };
    const row = { warehouse_id: warehouse, quantity: 9 };
    const skus = (inventory: object) => ({ skus: [{ id: "1729592969712207001", inventory: [inventory] }] });
    expect(await sent({})).toEqual(skus({ ...row, backorder_quantity: 0 }));
    expect(await sent({ backorders: "keep" })).toEqual(skus(row));
  });

  it("a figure beyond what TikTok takes is not sent, and zero that is refused says what to do", async () => {
    const { account, call, fake, blue } = openShop();
    expect(kinds(await account().stock!.push([write(blue, 100_000)], call()))).toEqual(["invalid"]);
    expect(fake.calls.map(({ path }) => path)).toEqual(["/product/202309/inventory/search"]);
    expect(Object.values(blue.stock)).toEqual([50]);
    fake.fail("/inventory/update", { code: 12052055 });
    const [zero] = await account().stock!.push([write(blue, 0)], call());
    expect(zero).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/does not take this figure/),
    });
  });

  it("TikTok's own stock is listed as such; it takes sales off when placed and puts them back when cancelled", async () => {
    const { account, call, shop, blue, theirs } = openShop();
    const listed = new Map<string, string | undefined>();
    for (let cursor: unknown = null, more = true; more; ) {
      const page = await account().listings!.pull({ cursor: cursor as never }, call());
      if (!page.ok) throw new Error(page.message);
      for (const one of page.value.listings) listed.set(one.sku ?? "", one.managedBy);
      ({ cursor, more } = page.value);
    }
    expect([...listed].filter(([, by]) => by === "platform")).toEqual([[theirs.code, "platform"]]);
    const order = shop.place(blue, 2, { status: "UNPAID" });
    expect(shop.available(blue)).toBe(48);
    shop.cancel(order.id);
    expect(shop.available(blue)).toBe(50);
  });
});

describe("parcels", () => {
  const parcelOf = (order: FakeOrder, quantity: number, more: object = {}) => ({
    shipmentId: "0197a5b4-0000-7000-8000-000000000001",
    orderExternalId: order.id,
    shippedAt: longAgo,
    lines: [{ externalLineId: order.units[0]!.id, quantity }],
    carrier: "顺丰",
    trackingNumber: "SF1",
    ...more,
  });

  it("a part of an order, then the rest: each unit goes once, and a repeat finds its own parcel", async () => {
    const { shop, account, call, fetched, blue } = openShop();
    const order = shop.place(blue, 3);
    const push = (parcel: object) => account().fulfilments!.push(parcel as never, call());
    const first = await push(parcelOf(order, 2));
    expect(await push(parcelOf(order, 2))).toEqual(first);
    expect((await fetched(order)).orders[0]?.status).toBe("partially_shipped");
    expect(kinds([await push(parcelOf(order, 2, { trackingNumber: "SF2" }))])).toEqual(["invalid"]);
    expect(order.units.map((unit) => unit.tracking)).toEqual(["SF1", "SF1", null]);
    expect((await push(parcelOf(order, 1, { trackingNumber: "SF2", carrier: providers[0]!.id }))).ok).toBe(
      true,
    );
    expect(order.units.map((unit) => unit.provider)).toEqual(["SF Express", "SF Express", "USPS"]);
  });

  it("packages that are there already are shipped as such: by the own carrier with its number, else as TikTok hands them over", async () => {
    const { shop, account, call, fake, blue } = openShop();
    for (const shippingType of ["SELLER", "TIKTOK"] as const) {
      const order = shop.place(blue, 2, { shippingType });
      const [one, two] = order.units;
      Object.assign(one!, { packageId: `1152130000000001${order.id.slice(-3)}` });
      Object.assign(two!, { packageId: `1152130000000009${order.id.slice(-3)}` });
      const push = (more: object = {}) =>
        account().fulfilments!.push(
          parcelOf(order, 1, { trackingNumber: shippingType, ...more }) as never,
          call(),
        );
      const sent = await push();
      expect(sent).toEqual({ ok: true, value: { externalId: one!.packageId } });
      expect(order.units.map((unit) => unit.status)).toEqual(["AWAITING_COLLECTION", "AWAITING_SHIPMENT"]);
      expect(await push()).toEqual(sent);
      expect(order.units[1]!.status, "a repeat ships no other").toBe("AWAITING_SHIPMENT");
    }
    const bodies = fake.calls.filter(({ path }) => path.endsWith("/ship")).map(({ body }) => body);
    expect(bodies).toEqual([
      { self_shipment: { tracking_number: "SELLER", shipping_provider_id: providers[1]!.id } },
      { handover_method: "PICKUP" },
    ]);
  });

  it.each([
    ["on hold", { status: "ON_HOLD" }, {}, "invalid", /hold/],
    ["cancelled", { status: "CANCELLED" }, {}, "invalid", /CANCELLED/],
    ["a label of TikTok's that is not bought", { shippingType: "TIKTOK" }, {}, "unsupported", /label/],
    ["a carrier TikTok does not list", {}, { carrier: "Pigeon" }, "invalid", /it takes USPS, SF Express/],
    ["no tracking number", {}, { trackingNumber: undefined }, "invalid", /tracking number/],
  ] as const)("%s: refused, and nothing is shipped", async (_, change, more, kind, why) => {
    const { shop, account, call, blue } = openShop();
    const order = shop.place(blue, 1, change);
    const refused = await account().fulfilments!.push(parcelOf(order, 1, more) as never, call());
    expect(refused).toMatchObject({ ok: false, kind, message: expect.stringMatching(why) });
    expect(order.units.map(({ packageId }) => packageId)).toEqual([null]);
  });

  it("orders TikTok ships itself take no parcel", async () => {
    const { shop, account, call, theirs } = openShop();
    const order = shop.place(theirs, 1);
    expect(await account().fulfilments!.push(parcelOf(order, 1), call())).toMatchObject({
      kind: "unsupported",
    });
    expect(order.units[0]!.packageId).toBeNull();
  });
});
