import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/medusa/map.ts";
import { golden } from "./golden.ts";
import { differenceOf, locations, mapped, recordedOrder, summaryOf } from "./orders.ts";

describe("recorded orders", () => {
  it.each(Object.entries(golden))("%s", (name, expected) => {
    const order = mapped(recordedOrder(name));
    expect(summaryOf(order)).toEqual(expected);
    expect(differenceOf(order), "what the core finds missing").toBe(0);
  });

  it("is an order of the model in every field", () => {
    expect(mapped(recordedOrder("order-fulfilled-shipped"))).toEqual({
      externalId: "order_01M81YG55NGMNHJQ568XBESENY",
      updatedAt: "2026-11-22T15:37:55.636Z",
      placedAt: "2026-11-22T15:37:51.034Z",
      status: "shipped",
      currency: "EUR",
      lines: [
        {
          externalLineId: "ordli_01M81YG55Q704XWKF60VGRW2M8",
          sku: "MUG-BLU-350",
          externalVariantId: "variant_01M81YG0VR7FQ21KPN21TYT2VH",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 868,
          title: "Stoneware mug",
        },
        {
          externalLineId: "ordli_01M81YG55RXRAJ94VMKRSXW362",
          sku: "TEA-GRN-100",
          externalVariantId: "variant_01M81YG148W58NV49PP1V507PA",
          quantity: 1,
          unitPriceMinor: 1999,
          taxMinor: 347,
          title: "Green tea",
        },
      ],
      shippingMinor: 490,
      totalMinor: 7489,
      paidAt: "2026-11-22T15:37:52.654Z",
      buyer: {
        email: "ana@example.com",
        name: "Ana Ruiz",
        phone: "+34600000000",
        address: { line1: "Calle Mayor 1", city: "Madrid", postalCode: "28013", country: "ES" },
      },
      shipments: [
        {
          externalId: "ful_01M81YG85PVG2D49DE4TBQ98R0",
          shippedAt: "2026-11-22T15:37:55.595Z",
          lines: [
            { externalLineId: "ordli_01M81YG55Q704XWKF60VGRW2M8", quantity: 2 },
            { externalLineId: "ordli_01M81YG55RXRAJ94VMKRSXW362", quantity: 1 },
          ],
          trackingNumber: "SEUR123456",
          reference: "019aabcd-0000-7000-8000-000000000001",
        },
      ],
    });
  });

  it("gives the same order whatever the order of its lines", () => {
    const order = recordedOrder("order-captured");
    const items = order.items as unknown[];
    expect(mapped({ ...order, items: items.toReversed() })).toEqual(mapped(order));
  });

  it("takes a line that comes twice once, in its later state", () => {
    const order = recordedOrder("order-fulfilled-shipped");
    const [mug, tea] = order.items as [{ detail: object }, unknown];
    const earlier = { ...mug, detail: { ...mug.detail, fulfilled_quantity: 0, shipped_quantity: 0 } };
    expect(mapped({ ...order, items: [earlier, tea, mug] })).toEqual(mapped(order));
  });

  it.each([
    ["no name", { first_name: null, last_name: "" }, "ana@example.com", ["address", "email", "phone"]],
    ["no address and no e-mail", null, null, []],
  ])("takes a buyer with %s", (_, change, email, known) => {
    const order = recordedOrder("order-captured");
    const address = change === null ? null : { ...(order.shipping_address as object), ...change };
    const nobody = { ...order, shipping_address: address, email, customer_id: null };
    const { buyer } = mapped(nobody);
    expect(Object.keys(buyer ?? {}).sort()).toEqual(known);
    expect(buyer === undefined).toBe(known.length === 0);
  });

  it("counts an authorised order as paid where money is taken at shipment", () => {
    const order = mapped(recordedOrder("order-placed"), { captureAtShipment: true });
    expect(order.status).toBe("paid");
    expect(order.paidAt).toBe("2026-11-22T15:37:51.163Z");
  });

  it("puts no units back that came to another location", () => {
    const order = mapped(recordedOrder("order-return-received"), { stockLocationId: locations[0] });
    expect(order.refunds).toBeUndefined();
  });

  it("leaves out a cancelled return", () => {
    const order = recordedOrder("order-return-received");
    const [row] = order.returns as [object];
    const cancelled = { ...row, canceled_at: "2026-11-22T16:11:00.000Z" };
    expect(mapped({ ...order, returns: [cancelled] }).refunds).toBeUndefined();
  });

  it("is refunded when all payments are, shipped or not", () => {
    const order = recordedOrder("order-fulfilled-shipped");
    expect(mapped({ ...order, payment_status: "refunded" }).status).toBe("refunded");
  });

  it.each([
    ["order", {}, { updated_at: "2026-11-22T20:00:00.000Z" }],
    ["payment", { updated_at: "2026-11-22T20:00:00.000Z" }, {}],
    ["capture", { captures: [{ created_at: "2026-11-22T20:00:00.000Z" }] }, {}],
    ["refund", { refunds: [{ id: "ref_1", amount: 1, created_at: "2026-11-22T20:00:00.000Z" }] }, {}],
  ])("is as new as its newest part: the %s", (_, payment, change) => {
    const order = recordedOrder("order-captured");
    const [collection] = order.payment_collections as [{ payments: [object] }];
    const payments = [{ ...collection.payments[0], ...payment }];
    const changed = { ...order, ...change, payment_collections: [{ ...collection, payments }] };
    expect(mapped(changed).updatedAt).toBe("2026-11-22T20:00:00.000Z");
  });

  it.each(["packed_at", "shipped_at", "delivered_at", "canceled_at"])(
    "is as new as its newest part: %s of a parcel",
    (field) => {
      const order = recordedOrder("order-fulfilled-shipped");
      const [parcel] = order.fulfillments as [object];
      const fulfillments = [{ ...parcel, [field]: "2026-11-22T20:00:00.000Z" }];
      expect(mapped({ ...order, fulfillments }).updatedAt).toBe("2026-11-22T20:00:00.000Z");
    },
  );

  it("leaves out a cancelled parcel", () => {
    const order = recordedOrder("order-partially-shipped");
    const [parcel] = order.fulfillments as [object];
    const cancelled = { ...parcel, canceled_at: "2026-11-22T15:39:00.000Z" };
    expect(mapped({ ...order, fulfillments: [cancelled] }).shipments).toBeUndefined();
  });

  it("names a line without variant by itself, so that it waits for a person", () => {
    const order = recordedOrder("order-completed-unshipped");
    const [tea] = order.items as [{ id: string }];
    const typedIn = { ...tea, variant_id: null, variant_sku: null, product_id: null };
    expect(mapped({ ...order, items: [typedIn] }).lines).toEqual([
      expect.objectContaining({ externalItemId: tea.id, externalLineId: tea.id }),
    ]);
  });
});

describe("orders that cannot be read", () => {
  const options = { stockLocationId: locations[0], captureAtShipment: false };
  const read = (change: Record<string, unknown>) =>
    readOrder({ ...recordedOrder("order-captured"), ...change } as Json, options);

  it.each([
    ["without its payments", { payment_collections: undefined }, /^payment_collections: /],
    ["without totals of its lines", { items: [{ id: "ordli_1", quantity: 1 }] }, /^items\.0\./],
    ["without lines", { items: [] }, /^lines: needs at least one line$/],
    ["in a currency nobody knows", { currency_code: "xyz" }, /^currency_code: is no ISO 4217 currency$/],
    ["with an amount that is none", { shipping_total: "free" }, /^shipping_total: must be a decimal number$/],
    ["that is no order", { id: 5 }, /^id: /],
  ])("an order %s is refused with the field", (_, change, reason) => {
    const result = read(change);
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  it("names no value in the reason", () => {
    const result = read({ email: 5, shipping_address: { phone: 600_000_000 } });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/600|ana@/);
  });
});
