import { describe, expect, it } from "vitest";
import type { FulfilmentPush } from "../../../src/connectors/contract.ts";
import { pinduoduo } from "../../../src/connectors/pinduoduo/index.ts";
import { instantOf } from "../../../src/core/clock.ts";
import type { FakeOrder } from "./fake/shop.ts";
import { red, shopOf } from "./session.ts";
import { settings } from "./subject.ts";

describe("parcels of Pinduoduo", () => {
  const push = (made: ReturnType<typeof shopOf>, order: FakeOrder, more: Partial<FulfilmentPush> = {}) =>
    made.account.fulfilments!.push(
      {
        shipmentId: "s1",
        orderExternalId: order.order_sn,
        shippedAt: instantOf(0),
        lines: [{ externalLineId: String(red[1]), quantity: 2 }],
        carrier: "顺丰",
        trackingNumber: "SF1",
        ...more,
      },
      made.call(),
    );

  it.each([
    ["a common name", "顺丰速运", 44],
    ["the platform's number", "384", 384],
  ])("carry the platform's number of the carrier for %s", async (_, carrier, company) => {
    const made = shopOf();
    const order = made.sell(2);
    expect(await push(made, order, { carrier })).toEqual({
      ok: true,
      value: { externalId: `${order.order_sn}-SF1` },
    });
    expect(order).toMatchObject({ order_status: 2, company, waybill: "SF1" });
  });

  it.each<
    [string, (made: ReturnType<typeof shopOf>, order: FakeOrder) => void, Partial<FulfilmentPush>, string]
  >([
    [
      "part of the order",
      () => undefined,
      { lines: [{ externalLineId: String(red[1]), quantity: 1 }] },
      "unsupported",
    ],
    ["a parcel without a number", () => undefined, { trackingNumber: "" }, "invalid"],
    ["a carrier nobody knows", () => undefined, { carrier: "Uncle Wang" }, "invalid"],
    ["an order under review", (_, order) => Object.assign(order, { underReview: true }), {}, "invalid"],
    [
      "an order whose money is asked back",
      ({ shop }, order) => shop.refund(order.order_sn, 100, true),
      {},
      "invalid",
    ],
    ["a cancelled order", ({ shop }, order) => shop.cancel(order.order_sn), {}, "invalid"],
    [
      "an order sent under another number",
      ({ shop }, order) => void shop.ship(order.order_sn, 85, "YT1"),
      {},
      "invalid",
    ],
  ])("refuses %s and sends nothing", async (_, spoil, more, kind) => {
    const made = shopOf();
    const order = made.sell(2);
    spoil(made, order);
    expect(await push(made, order, more)).toMatchObject({ ok: false, kind });
    expect(made.fake.calls).not.toContain("pdd.logistics.online.send");
  });
});

describe("grants of Pinduoduo", () => {
  it("renewed without putting off their end need a person; those of another shop are refused", async () => {
    const { fake, context, call } = shopOf();
    const authorization = pinduoduo.authorization!(context);
    const renewed = await authorization.refresh!(fake.authorization.tokens(), call());
    expect(renewed).toMatchObject({ ok: true, value: { accessExpiresAt: "2026-11-23T08:00:00.000Z" } });
    fake.renewedForMs = -1000;
    if (!renewed.ok) throw new Error(renewed.message);
    expect(await authorization.refresh!(renewed.value, call())).toMatchObject({
      kind: "auth",
      message: expect.stringContaining("grant access again"),
    });
    const other = pinduoduo.authorization!({ ...context, settings: { ...settings, mallId: "7" } });
    const redirectUrl = "https://hub.example/cb";
    const parameters = fake.authorization.grant(other.address!({ redirectUrl, state: "s" }));
    expect(await other.exchange!({ parameters, redirectUrl }, call())).toMatchObject({ kind: "invalid" });
  });
});
