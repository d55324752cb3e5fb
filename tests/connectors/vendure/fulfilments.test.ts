import { describe, expect, it } from "vitest";
import type { FulfilmentPush } from "../../../src/connectors/contract.ts";
import { fetchOne, type Opened, openVendure } from "./session.ts";

const placed = ({ fake }: Opened) =>
  fake.shop.place([
    { variantId: "1", quantity: 3 },
    { variantId: "2", quantity: 1 },
  ]);
type Placed = ReturnType<typeof placed>;

const parcelOf = (
  session: Opened,
  order: Placed,
  quantities: number[],
  more: Partial<FulfilmentPush> = {},
): FulfilmentPush => ({
  shipmentId: session.runtime.ids.next(),
  orderExternalId: order.id,
  shippedAt: "2026-11-22T08:00:00.000Z",
  lines: unitsOf(order, quantities).map(({ id, quantity }) => ({ externalLineId: id, quantity })),
  carrier: "SEUR",
  trackingNumber: "SEUR123456",
  ...more,
});

const unitsOf = (order: Placed, quantities: number[]) =>
  order.lines.flatMap(({ id }, index) => {
    const quantity = quantities[index] ?? 0;
    return quantity === 0 ? [] : [{ id, quantity }];
  });

const push = ({ account, call }: Opened, parcel: FulfilmentPush) => account.fulfilments!.push(parcel, call());

const parcelsOf = (order: Placed) =>
  order.fulfillments.map(({ lines, method, trackingCode, state }) => [
    lines.map((line) => line.quantity),
    method,
    trackingCode,
    state,
  ]);

const written = ({ fake }: Opened) =>
  fake.requests.map(({ name }) => name).filter((name) => name !== "HubParcelOrder" && name !== "HubOrders");

describe("parcels", () => {
  it("are noted, packed and shipped; the note is not for the buyer", async () => {
    const session = openVendure();
    const order = placed(session);
    expect(await push(session, parcelOf(session, order, [2, 1]))).toMatchObject({ ok: true });
    expect(written(session)).toEqual(["HubNote", "HubFulfil", "HubShip"]);
    expect(session.fake.requests.find(({ name }) => name === "HubNote")?.variables.input).toMatchObject({
      isPublic: false,
    });
    expect(parcelsOf(order)).toEqual([[[2, 1], "SEUR", "SEUR123456", "Shipped"]]);
  });

  it("without carrier and number still name both, as Vendure's database wants them", async () => {
    const session = openVendure();
    const order = placed(session);
    const { carrier: _carrier, trackingNumber: _number, ...parcel } = parcelOf(session, order, [3, 1]);
    expect(await push(session, parcel)).toMatchObject({ ok: true });
    expect(parcelsOf(order)).toEqual([[[3, 1], "", "", "Shipped"]]);
  });

  it.each(["HubFulfil", "HubShip"])("go on where an earlier attempt stopped, at %s", async (name) => {
    const session = openVendure();
    const order = placed(session);
    const parcel = parcelOf(session, order, [1, 0]);
    session.intercept(name, () => new Response("", { status: 503 }));
    expect(await push(session, parcel)).toMatchObject({ ok: false, kind: "unavailable" });
    expect(await push(session, parcel)).toMatchObject({ ok: true });
    expect(parcelsOf(order)).toEqual([[[1], "SEUR", "SEUR123456", "Shipped"]]);
    expect(order.history.filter(({ type }) => type === "ORDER_NOTE")).toHaveLength(1);
  });

  it("of one order that look alike wait for each other, and each is one", async () => {
    const session = openVendure();
    const order = placed(session);
    const alike = { trackingNumber: "SEUR1" };
    const parcels = [parcelOf(session, order, [1], alike), parcelOf(session, order, [1], alike)];
    const results = await Promise.all(parcels.map((parcel) => push(session, parcel)));
    const again = await Promise.all(parcels.map((parcel) => push(session, parcel)));
    expect(again).toEqual(results);
    expect(new Set(results.map((result) => result.ok && result.value.externalId)).size).toBe(2);
    expect(parcelsOf(order)).toHaveLength(2);
    const { shipments } = await fetchOne(session, order.id);
    expect(shipments?.map(({ reference }) => reference)).toEqual(parcels.map(({ shipmentId }) => shipmentId));
  });

  it("take over what the staff has packed of the same units under the same number", async () => {
    const session = openVendure();
    const order = placed(session);
    const packed = session.fake.shop.pack(order, unitsOf(order, [3, 1]), { trackingCode: "SEUR123456" });
    const parcel = parcelOf(session, order, [3, 1]);
    expect(await push(session, parcel)).toEqual({ ok: true, value: { externalId: packed.id } });
    expect(await push(session, parcel), "again").toEqual({ ok: true, value: { externalId: packed.id } });
    expect(parcelsOf(order)).toEqual([[[3, 1], "", "SEUR123456", "Shipped"]]);
    const { shipments } = await fetchOne(session, order.id);
    expect(shipments?.[0]?.reference).toBe(parcel.shipmentId);
  });

  const refusals: [string, (session: Opened, order: Placed) => void, string, string][] = [
    [
      "packed by the staff in another way",
      ({ fake }, order) => void fake.shop.pack(order, unitsOf(order, [1, 0])),
      "invalid",
      "ITEMS_ALREADY_FULFILLED_ERROR",
    ],
    [
      "not on hand in Vendure",
      ({ fake }) => {
        const mug = fake.shop.variants.get("1");
        if (mug) mug.onHand = 1;
      },
      "conflict",
      "fewer units on hand",
    ],
    [
      "cancelled",
      ({ fake }, order) => {
        for (const line of order.lines) fake.shop.cancel(order, line.id, line.quantity);
      },
      "invalid",
      "is cancelled in Vendure",
    ],
    [
      "being modified",
      (_session, order) => {
        order.state = "Modifying";
      },
      "invalid",
      "is being changed in Vendure (Modifying)",
    ],
  ];
  it.each(refusals)(
    "%s are refused with the reason, and nothing moves",
    async (_what, before, kind, text) => {
      const session = openVendure();
      const order = placed(session);
      before(session, order);
      const parcels = parcelsOf(order);
      const levels = [...session.fake.shop.variants.values()].map(({ onHand, allocated }) => [
        onHand,
        allocated,
      ]);
      expect(await push(session, parcelOf(session, order, [3, 1]))).toEqual({
        ok: false,
        kind,
        message: expect.stringContaining(text),
      });
      expect(parcelsOf(order)).toEqual(parcels);
      expect(
        [...session.fake.shop.variants.values()].map(({ onHand, allocated }) => [onHand, allocated]),
      ).toEqual(levels);
    },
  );

  it("with another handler than the server's are refused with the setting to change", async () => {
    const session = openVendure({ settings: { fulfillmentHandler: "my-handler" } });
    const order = placed(session);
    expect(await push(session, parcelOf(session, order, [3, 1]))).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("fulfillmentHandler of the settings"),
    });
    expect(parcelsOf(order)).toEqual([]);
  });
});

describe("the bridge's deliveries", () => {
  const interpret = ({ account }: Opened, body: unknown) =>
    account.webhooks!.interpret("order.state", new TextEncoder().encode(JSON.stringify(body)));

  it("name an order, as text or number; others are of no use", () => {
    const session = openVendure();
    expect(interpret(session, { type: "order.state", data: { orderId: "512" } })).toEqual({
      kind: "fetch",
      externalIds: ["512"],
    });
    expect(interpret(session, { type: "order.state", data: { orderId: 512 } })).toEqual({
      kind: "fetch",
      externalIds: ["512"],
    });
    expect(interpret(session, { type: "stock.moved", data: {} })).toMatchObject({ kind: "ignore" });
    expect(interpret(session, { type: "order.state", data: { orderId: "5e2" } })).toMatchObject({
      kind: "ignore",
    });
    expect(interpret(session, { data: { orderId: "512" } })).toMatchObject({ kind: "unusable" });
  });
});
