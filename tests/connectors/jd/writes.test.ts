import { describe, expect, it } from "vitest";
import type { StockWrite } from "../../../src/connectors/contract.ts";
import { openJd } from "./session.ts";
import { skus } from "./subject.ts";

const [shirt, mug] = skus;
const asOf = "2026-11-22T08:00:00.000Z";
const set = (skuId: number, quantity: number): StockWrite => ({
  externalId: String(skuId),
  writeId: `w-${skuId}-${quantity}`,
  asOf,
  mode: "set",
  quantity,
});

describe("stock of JD", () => {
  it("one SKU twice in one push: the later figure stands", async () => {
    const { account, shop, call } = openJd();
    const outcomes = await account.stock!.push(
      [set(shirt!.skuId, 3), set(mug!.skuId, 4), set(shirt!.skuId, 5)],
      call(),
    );
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, true]);
    expect([shop.free(shirt!.skuId), shop.free(mug!.skuId)]).toEqual([5, 4]);
  });

  it("a row that JD refuses fails alone, although the call is a success", async () => {
    const { account, shop, call } = openJd();
    const outcomes = await account.stock!.push([set(999, 3), set(mug!.skuId, 4)], call());
    expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.kind))).toEqual(["not_found", "ok"]);
    expect(shop.free(mug!.skuId)).toBe(4);
  });

  it("where booked units are in JD's figure, they are written along and read off", async () => {
    const { account, shop, call } = openJd({ bookedInFigure: true });
    shop.bookedInFigure = true;
    shop.place([{ skuId: shirt!.skuId, quantity: 6 }]);
    expect(shop.free(shirt!.skuId)).toBe(44);
    const [outcome] = await account.stock!.push([set(shirt!.skuId, 20)], call());
    expect(outcome).toEqual({ ok: true, quantity: 20 });
    expect(shop.free(shirt!.skuId)).toBe(20);
    expect(await account.stock!.read!([{ externalId: String(shirt!.skuId) }], call())).toEqual([
      { ok: true, value: { quantity: 20 } },
    ]);
  });

  it("a warehouse the shop does not have is named", async () => {
    const { account, call } = openJd({ storeId: 7 });
    const [figure] = await account.stock!.read!([{ externalId: String(shirt!.skuId) }], call());
    expect(figure).toMatchObject({
      ok: false,
      kind: "not_found",
      message: expect.stringContaining("storeId"),
    });
  });
});

describe("parcels of JD", () => {
  const ship = async (
    parcel: { carrier?: string; trackingNumber?: string; quantity?: number },
    prepare: (opened: ReturnType<typeof openJd>, id: string) => void = () => undefined,
  ) => {
    const opened = openJd();
    const order = opened.shop.place([{ skuId: mug!.skuId, quantity: 2 }]);
    prepare(opened, order.id);
    const before = { ...order };
    const { quantity = 2, ...rest } = parcel;
    const result = await opened.account.fulfilments!.push(
      {
        shipmentId: "s1",
        orderExternalId: order.id,
        shippedAt: asOf,
        lines: [{ externalLineId: String(mug!.skuId), quantity }],
        ...rest,
      },
      opened.call(),
    );
    if (!result.ok) expect(order, "nothing moved").toEqual(before);
    return { text: result.ok ? "ok" : `${result.kind}: ${result.message}`, order };
  };

  it.each([
    ["by its name", { carrier: "中通快递", trackingNumber: "Z1" }, "1499", "Z1"],
    ["by JD's number", { carrier: "773574", trackingNumber: "A1" }, "773574", "A1"],
    ["several numbers", { carrier: "SF", trackingNumber: "A1,A2" }, "467", "A1,A2"],
    ["brought by the shop", {}, "1274", ""],
  ])("a carrier %s", async (_, parcel, logisticsId, waybill) => {
    const { text, order } = await ship(parcel);
    expect(text).toBe("ok");
    expect(order).toMatchObject({ logisticsId, waybill, state: "WAIT_GOODS_RECEIVE_CONFIRM" });
  });

  it.each([
    [
      "an unknown carrier",
      { carrier: "Owl Post", trackingNumber: "A1" },
      /^invalid: .*"Owl Post" is not known/,
    ],
    ["a carrier without a number", { carrier: "SF" }, /^invalid: .*tracking number/],
    ["a number without a carrier", { trackingNumber: "A1" }, /^invalid: .*the carrier/],
    [
      "a part of the order",
      { carrier: "SF", trackingNumber: "A1", quantity: 1 },
      /^unsupported: .*as a whole/,
    ],
  ])("%s is refused", async (_, parcel, message) => expect((await ship(parcel)).text).toMatch(message));

  const parcel = { carrier: "SF", trackingNumber: "A1" };
  it.each([
    ["asked to be cancelled", "lock", /^conflict: The buyer asks to cancel/],
    ["cancelled", "cancel", /^conflict: .*TRADE_CANCELED/],
    ["shipped under another number", "ship", /^invalid: .*already shipped/],
  ])("an order %s is not shipped", async (_, what, message) => {
    const { text } = await ship(parcel, ({ shop }, id) => {
      if (what === "ship") shop.ship(id, "463", "Y9");
      else shop.lock(id);
      if (what === "cancel") shop.grantCancel(id);
    });
    expect(text).toMatch(message);
  });
});
