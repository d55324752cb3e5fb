import { describe, expect, it } from "vitest";
import type { FulfilmentPush } from "../../../src/connectors/contract.ts";
import { type Opened, openMedusa } from "./session.ts";

function placed(session: Opened, quantity = 3) {
  const order = session.fake.shop.place([
    { variantId: "variant_1", quantity },
    { variantId: "variant_2", quantity: 1 },
  ]);
  session.fake.shop.capture(order.id);
  return order;
}

const parcelOf = (
  session: Opened,
  order: ReturnType<typeof placed>,
  quantities: number[],
  more: Partial<FulfilmentPush> = {},
): FulfilmentPush => ({
  shipmentId: session.runtime.ids.next(),
  orderExternalId: order.id,
  shippedAt: "2026-11-22T08:00:00.000Z",
  lines: order.items.flatMap((item, index) => {
    const quantity = quantities[index] ?? 0;
    return quantity === 0 ? [] : [{ externalLineId: item.id, quantity }];
  }),
  trackingNumber: "SEUR123456",
  ...more,
});

const push = ({ account, call }: Opened, parcel: FulfilmentPush) => account.fulfilments!.push(parcel, call());

const parcelsOf = ({ fake }: Opened, order: { id: string }) =>
  fake.shop.order(order.id).fulfillments.map(({ items, trackingNumbers, shippedAt }) => ({
    units: items.map((item) => item.quantity),
    trackingNumbers,
    shipped: shippedAt !== null,
  }));

const posts = ({ fake }: Opened) => fake.requests.filter(({ method }) => method === "POST");

describe("parcels", () => {
  it("are packed from the location of the settings and shipped with their number", async () => {
    const session = openMedusa();
    const order = placed(session);
    const parcel = parcelOf(session, order, [2, 1]);
    expect(await push(session, parcel)).toMatchObject({ ok: true });
    const items = [
      { id: order.items[0]?.id, quantity: 2 },
      { id: order.items[1]?.id, quantity: 1 },
    ];
    expect(posts(session).map(({ body }) => body)).toEqual([
      {
        items,
        location_id: "sloc_main",
        no_notification: true,
        metadata: { sluice_shipment_id: parcel.shipmentId },
      },
      { items, labels: [{ tracking_number: "SEUR123456", tracking_url: "#", label_url: "#" }] },
    ]);
    expect(parcelsOf(session, order)).toEqual([
      { units: [2, 1], trackingNumbers: ["SEUR123456"], shipped: true },
    ]);
  });

  it("go without a label when there is no number", async () => {
    const session = openMedusa();
    const order = placed(session);
    const { trackingNumber: _, ...parcel } = parcelOf(session, order, [3, 1]);
    expect(await push(session, parcel)).toMatchObject({ ok: true });
    expect(parcelsOf(session, order)).toEqual([{ units: [3, 1], trackingNumbers: [], shipped: true }]);
  });

  it("go on where an earlier attempt stopped after packing", async () => {
    const session = openMedusa();
    const order = placed(session);
    const parcel = parcelOf(session, order, [1, 0]);
    session.intercept(
      (request) => request.url.endsWith("/shipments"),
      () => new Response("", { status: 503 }),
    );
    expect(await push(session, parcel)).toMatchObject({ ok: false, kind: "unavailable" });
    expect(parcelsOf(session, order)).toEqual([{ units: [1], trackingNumbers: [], shipped: false }]);
    expect(await push(session, parcel)).toMatchObject({ ok: true });
    expect(parcelsOf(session, order)).toEqual([
      { units: [1], trackingNumbers: ["SEUR123456"], shipped: true },
    ]);
  });

  it("are done when Medusa says the shipment is there already", async () => {
    const session = openMedusa();
    const order = placed(session);
    const parcel = parcelOf(session, order, [3, 1]);
    session.intercept(
      (request) => request.url.endsWith("/shipments"),
      () => {
        const [packed] = session.fake.shop.order(order.id).fulfillments;
        session.fake.shop.ship(order.id, packed?.id ?? "", ["SEUR123456"]);
        return undefined;
      },
    );
    expect(await push(session, parcel)).toEqual({
      ok: true,
      value: { externalId: session.fake.shop.order(order.id).fulfillments[0]?.id },
    });
    expect(parcelsOf(session, order)).toEqual([
      { units: [3, 1], trackingNumbers: ["SEUR123456"], shipped: true },
    ]);
  });

  it("of one order wait for each other; both arrive", async () => {
    const session = openMedusa();
    const order = placed(session);
    const parcels = [
      parcelOf(session, order, [1, 0]),
      parcelOf(session, order, [2, 1], { trackingNumber: "SEUR2" }),
    ];
    const results = await Promise.all(parcels.map((parcel) => push(session, parcel)));
    expect(results.map((result) => result.ok)).toEqual([true, true]);
    expect(posts(session).map(({ path }) => path.split("/").at(-1))).toEqual([
      "fulfillments",
      "shipments",
      "fulfillments",
      "shipments",
    ]);
    expect(parcelsOf(session, order)).toEqual([
      { units: [1], trackingNumbers: ["SEUR123456"], shipped: true },
      { units: [2, 1], trackingNumbers: ["SEUR2"], shipped: true },
    ]);
  });

  it("give their number to a parcel the staff has packed with the same units", async () => {
    const session = openMedusa();
    const order = placed(session);
    const packed = session.fake.shop.pack(
      order.id,
      order.items.map((item) => ({ lineId: item.id, quantity: item.quantity })),
    );
    const parcel = parcelOf(session, order, [3, 1]);
    expect(await push(session, parcel)).toEqual({ ok: true, value: { externalId: packed.id } });
    expect(await push(session, parcel), "again").toEqual({ ok: true, value: { externalId: packed.id } });
    expect(parcelsOf(session, order)).toEqual([
      { units: [3, 1], trackingNumbers: ["SEUR123456"], shipped: true },
    ]);
  });

  it("are refused with the reason when the staff has packed otherwise, and nothing moves", async () => {
    const session = openMedusa();
    const order = placed(session);
    session.fake.shop.pack(
      order.id,
      order.items.map((item) => ({ lineId: item.id, quantity: 1 })),
    );
    const result = await push(session, parcelOf(session, order, [3, 1]));
    expect(result).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringMatching(/packed in Medusa by hand.*not_enough_reserved/),
    });
    expect(parcelsOf(session, order)).toEqual([{ units: [1, 1], trackingNumbers: [], shipped: false }]);
  });

  it("of a cancelled order are refused before anything is written", async () => {
    const session = openMedusa();
    const order = placed(session);
    session.fake.shop.cancel(order.id);
    const result = await push(session, parcelOf(session, order, [3, 1]));
    expect(result).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("is cancelled in Medusa"),
    });
    expect(posts(session)).toEqual([]);
  });
});
