import { describe, expect, it } from "vitest";
import { woocommerce } from "../../../src/connectors/woocommerce/index.ts";
import { readOrder } from "../../../src/connectors/woocommerce/map.ts";
import { createWebhooks } from "../../../src/connectors/woocommerce/webhook.ts";
import { testRuntime } from "../../support/runtime.ts";
import { secrets, settings, startWooCommerce } from "./subject.ts";

const options = { paidStatuses: ["packing"], shippedStatuses: ["shipped"] };

/** The sample of the reference documentation, abridged. */
const sample = {
  id: 727,
  status: "processing",
  currency: "USD",
  date_created_gmt: "2026-11-01T05:30:11",
  date_modified_gmt: "2026-11-01T06:30:15",
  date_paid_gmt: "2026-11-01T05:30:14",
  shipping_total: "5.00",
  shipping_tax: "0.00",
  total: "59.90",
  customer_id: 26,
  transaction_id: "pi_demo",
  billing: { first_name: "Ana", last_name: "Ruiz", email: "ana@example.com", phone: "555-0100" },
  shipping: { first_name: "Ana", last_name: "Ruiz", address_1: "1 Broadway", city: "Oakland" },
  line_items: [
    {
      id: 315,
      name: "Stoneware mug",
      product_id: 93,
      variation_id: 94,
      quantity: 2,
      subtotal: "50.00",
      total: "50.00",
      total_tax: "4.90",
      sku: "MUG-BLU-350",
      price: 25,
    },
  ],
  fee_lines: [],
  refunds: [],
  meta_data: [],
};
const read = (change: object = {}, refunds: Parameters<typeof readOrder>[1] = []) => {
  const result = readOrder({ ...sample, ...change } as never, refunds, options);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

describe("WooCommerce orders", () => {
  it("an ordinary one, in the hour the clocks show twice", () => {
    expect(read()).toEqual({
      externalId: "727",
      updatedAt: "2026-11-01T06:30:15.000Z",
      placedAt: "2026-11-01T05:30:11.000Z",
      status: "paid",
      currency: "USD",
      shippingMinor: 500,
      totalMinor: 5990,
      paidAt: "2026-11-01T05:30:14.000Z",
      paymentId: "pi_demo",
      buyer: {
        externalId: "26",
        name: "Ana Ruiz",
        phone: "555-0100",
        email: "ana@example.com",
        address: { line1: "1 Broadway", city: "Oakland" },
      },
      lines: [
        {
          externalLineId: "315",
          sku: "MUG-BLU-350",
          externalItemId: "93",
          externalVariantId: "94",
          title: "Stoneware mug",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 490,
        },
      ],
    });
  });

  it("a gift, a discount that does not divide, a fee, and no buyer", () => {
    const line = sample.line_items[0];
    const order = read({
      billing: {},
      shipping: {},
      customer_id: 0,
      total: "16.90",
      line_items: [
        { ...line, quantity: 3, subtotal: "10.00", total: "9.90", total_tax: "0" },
        { ...line, id: 316, quantity: 1, subtotal: "0.00", total: "0.00", total_tax: "0" },
      ],
      fee_lines: [{ total: "2.00", total_tax: "0" }],
    });
    expect(order.buyer).toBeUndefined();
    expect(
      order.lines.map((one) => [
        one.unitPriceMinor * one.quantity - (one.discountMinor ?? 0),
        one.unitPriceMinor,
      ]),
    ).toEqual([
      [990, 334],
      [0, 0],
    ]);
    expect(order.shippingMinor).toBe(700);
  });

  it.each([
    ["pending", "pending_payment"],
    ["on-hold", "pending_payment"],
    ["failed", "pending_payment"],
    ["processing", "paid"],
    ["packing", "paid"],
    ["shipped", "shipped"],
    ["completed", "completed"],
    ["cancelled", "cancelled"],
    ["trash", "cancelled"],
    ["refunded", "refunded"],
    ["wc-of-a-plugin", "paid"],
  ])("status %s is %s", (status, expected) => expect(read({ status }).status).toBe(expected));

  it("cancelled before it was paid", () => {
    const order = read({ status: "cancelled", date_paid_gmt: null });
    expect([order.status, order.paidAt]).toEqual(["cancelled", undefined]);
  });

  it("half of a line refunded", () => {
    const refund = {
      id: 9,
      date_created_gmt: "2026-11-22T09:00:00.000Z",
      amount: "25.00",
      reason: "broken",
      line_items: [
        {
          quantity: -1,
          total: "-25.00",
          total_tax: "-2.45",
          meta_data: [{ key: "_refunded_item_id", value: "315" }],
        },
      ],
    };
    const order = read({}, [refund]);
    expect(order.updatedAt, "its own time is three weeks older").toBe("2026-11-22T09:00:00.000Z");
    const [told] = order.refunds ?? [];
    expect(told).toMatchObject({
      externalId: "9",
      amountMinor: 2500,
      lines: [{ externalLineId: "315", quantity: 1, amountMinor: 2500 }],
    });
  });

  it("two parcels, under our ids", () => {
    const parcel = (id: string, quantity: number) => ({
      key: `_sluice_parcel_${id}`,
      value: JSON.stringify({
        shipmentId: id,
        shippedAt: "2026-11-22T09:00:00.000Z",
        lines: [{ externalLineId: "315", quantity }],
      }),
    });
    const order = read({ meta_data: [parcel("a", 1), parcel("b", 1), { key: "x", value: {} }] });
    expect(order.shipments?.map((one) => one.reference)).toEqual(["a", "b"]);
    expect(order.updatedAt, "our own time is not the shop's").toBe("2026-11-01T06:30:15.000Z");
  });

  it("a checkout that was begun is no order; one that cannot be read says which field", () => {
    expect(readOrder({ ...sample, status: "checkout-draft" } as never, [], options).kind).toBe("draft");
    expect(readOrder({ ...sample, total: "5,00" } as never, [], options)).toMatchObject({
      kind: "rejected",
      externalId: "727",
    });
  });
});

describe("a shop whose PHP gives 17 digits, with a plugin that keeps long numbers", () => {
  const long = '"price":19.899999999999999,"meta_data":[{"key":"_feed_id","value":1234567890123456789}]';

  it("its orders are pulled", async () => {
    const runtime = testRuntime();
    const { fake, platform } = startWooCommerce(runtime);
    const placed = await platform.orders!.place(platform.listings[0]!, 1);
    const account = woocommerce.open({
      ...runtime,
      settings: woocommerce.manifest.settings.parse(settings),
      secrets: woocommerce.manifest.secrets.parse(secrets),
      fetch: async (input, init) => {
        const answer = await fake.fetch(input, init);
        const text = await answer.text();
        return new Response(text.replace(/"price":[\d.]+/g, long), answer);
      },
    });
    const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 };
    const page = await account.orders!.pull({ cursor: null, since: "2026-11-22T07:00:00.000Z" }, call);
    expect(page.ok && page.value.orders.map((order) => order.externalId)).toEqual([placed.externalId]);
  });

  it("its deliveries name their order", () => {
    const body = new TextEncoder().encode(`{"id":727,${long}}`);
    expect(createWebhooks({ webhookSecret: "woo_secret_demo" }).interpret("order.updated", body)).toEqual({
      kind: "fetch",
      externalIds: ["727"],
    });
  });
});

describe("WooCommerce deliveries", () => {
  it("take the published vector", () => {
    const body = new TextEncoder().encode(
      '{"id":727,"number":"727","status":"processing","currency":"USD","total":"59.90"}',
    );
    const headers = {
      "x-wc-webhook-signature": "GG9tNSJ6oI6/gISA1FWO8KVywABloEQLTmmyvGPiZEo=",
      "x-wc-webhook-topic": "order.updated",
      "x-wc-webhook-delivery-id": "1",
    };
    const webhooks = createWebhooks({ webhookSecret: "woo_secret_demo" });
    expect(
      webhooks.verify({ body, headers, url: "https://hub.example" }, "2026-11-22T08:00:00.000Z").verified,
    ).toBe(true);
  });
});

describe("testing a WooCommerce connection", () => {
  const test = async (spoil: (fake: ReturnType<typeof startWooCommerce>["fake"]) => void, more = {}) => {
    const runtime = testRuntime();
    const { fake } = startWooCommerce(runtime);
    spoil(fake);
    const account = woocommerce.open({
      ...runtime,
      fetch: fake.fetch,
      settings: woocommerce.manifest.settings.parse({ ...settings, ...more }),
      secrets,
    });
    const result = await account.check({
      signal: new AbortController().signal,
      deadlineMs: runtime.clock.nowMs() + 30_000,
    });
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };
  it("says exactly what is wrong", async () => {
    expect(await test(() => undefined)).toBe("tea.example");
    expect(await test(() => undefined, { keysInAddress: true })).toBe("tea.example");
    expect(await test((fake) => fake.keys.clear())).toMatch(
      /^auth: .*woocommerce_rest_authentication_error, the keys are wrong/,
    );
    expect(
      await test((fake) => {
        for (const key of fake.keys.keys()) fake.keys.set(key, "read");
      }),
    ).toMatch(/^auth: .*not write products/);
    expect(await test(() => undefined, { baseUrl: "https://tea.example/blog" })).toMatch(/^not_found: .*404/);
  });
});
