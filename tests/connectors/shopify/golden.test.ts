import { describe, expect, it } from "vitest";
import { shopify } from "../../../src/connectors/shopify/index.ts";
import { readOrder } from "../../../src/connectors/shopify/map.ts";
import { createWebhooks } from "../../../src/connectors/shopify/webhook.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { leftOver } from "../left-over.ts";
import { orderView } from "./fake/view.ts";
import { secrets, settings, startShopify, variants } from "./subject.ts";

const options = { captureAtShipment: false, locationId: "124656943" };

function shopOf() {
  const runtime = testRuntime();
  const { fake } = startShopify(runtime);
  const { shop } = fake;
  const order = shop.place(variants[0]!.id, 2);
  const read = (change: object = {}, given = options) => {
    const result = readOrder({ ...orderView(shop, order), ...change } as never, given);
    if (result.kind !== "order") throw new Error(JSON.stringify(result));
    return result.order;
  };
  return { runtime, fake, shop, order, read };
}
const money = (amount: string) => ({ shopMoney: { amount, currencyCode: "USD" } });

describe("Shopify orders", () => {
  it("an ordinary one", () => {
    const { order, read } = shopOf();
    expect(read()).toEqual({
      externalId: String(order.id),
      updatedAt: "2026-11-22T08:00:00.000Z",
      placedAt: "2026-11-22T08:00:00.000Z",
      paidAt: "2026-11-22T08:00:00.000Z",
      status: "paid",
      currency: "USD",
      shippingMinor: 500,
      totalMinor: 5500,
      buyer: {
        externalId: "7",
        name: "Ana Ruiz",
        email: "ana@example.com",
        address: { line1: "1 Broadway", city: "Oakland", postalCode: "94607", country: "US" },
      },
      lines: [
        {
          externalLineId: String(order.lines[0]?.id),
          sku: "MUG-BLU-350",
          externalVariantId: "44100000001",
          title: "Stoneware mug",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 0,
        },
      ],
    });
  });

  it("discounts on lines and on freight, tax on top of both", () => {
    const { shop, order, read } = shopOf();
    const [line] = orderView(shop, order).lineItems.nodes;
    const nodes = [
      {
        ...line,
        discountAllocations: [{ allocatedAmountSet: money("10.0") }],
        taxLines: [{ priceSet: money("4.0") }],
      },
    ];
    const told = read({
      lineItems: { pageInfo: { hasNextPage: false }, nodes },
      totalDiscountsSet: money("12.0"),
      totalTaxSet: money("4.24"),
      totalPriceSet: money("47.24"),
    });
    expect(told).toMatchObject({
      shippingMinor: 524,
      discountMinor: 200,
      totalMinor: 4724,
      lines: [{ discountMinor: 1000, taxMinor: 400 }],
    });
    // 2 x 25.00 - 10.00 + 4.00, freight 5.00 + 0.24 - 2.00
    expect(5000 - 1000 + 400 + 524 - 200).toBe(told.totalMinor);
  });

  it("both hours of the night in which the shop sets its clocks back are told apart by their offset", () => {
    const { read } = shopOf();
    expect(read({ createdAt: "2026-11-01T01:30:00-04:00" }).placedAt).toBe("2026-11-01T05:30:00.000Z");
    expect(read({ createdAt: "2026-11-01T01:30:00-05:00" }).placedAt).toBe("2026-11-01T06:30:00.000Z");
  });

  it("a gift, a line of the staff, no buyer", () => {
    const { shop, order, read } = shopOf();
    const [line] = orderView(shop, order).lineItems.nodes;
    const nodes = [{ ...line, originalUnitPriceSet: money("0.0"), variant: null, sku: null }];
    const told = read({
      lineItems: { pageInfo: { hasNextPage: false }, nodes },
      totalPriceSet: money("5.0"),
      email: null,
      customer: null,
      shippingAddress: null,
    });
    expect(told.buyer).toBeUndefined();
    expect(told.lines[0]).toMatchObject({ unitPriceMinor: 0, externalItemId: `line-${order.lines[0]?.id}` });
  });

  // LineItemGroup of the Admin API and the changelog of 2023-10-02, read 2026-11-23.
  it("a bundle is its parts, which are lines; the group they name is none", () => {
    const { shop, order, read } = shopOf();
    const [line] = orderView(shop, order).lineItems.nodes;
    const lineItemGroup = {
      id: "gid://shopify/LineItemGroup/501",
      title: "Tea set",
      quantity: 1,
      productId: "gid://shopify/Product/99",
      variantId: "gid://shopify/ProductVariant/44100000009",
      variantSku: "TEA-SET",
      customAttributes: [],
    };
    const off = (amount: string) => [{ allocatedAmountSet: money(amount) }];
    const nodes = [
      { ...line, lineItemGroup, discountAllocations: off("5.0") },
      {
        ...line,
        id: "gid://shopify/LineItem/502",
        sku: "TEA-GRN-100",
        name: "Green tea",
        quantity: 1,
        currentQuantity: 1,
        variant: { id: "gid://shopify/ProductVariant/44100000002" },
        originalUnitPriceSet: money("19.99"),
        discountAllocations: off("2.0"),
        lineItemGroup,
      },
    ];
    const told = read({
      lineItems: { pageInfo: { hasNextPage: false }, nodes },
      totalDiscountsSet: money("7.0"),
      totalPriceSet: money("67.99"),
    });
    expect(
      told.lines.map(({ sku, externalVariantId, quantity }) => [sku, externalVariantId, quantity]),
    ).toEqual([
      ["MUG-BLU-350", "44100000001", 2],
      ["TEA-GRN-100", "44100000002", 1],
    ]);
    expect(leftOver(told)).toBe(0);
  });

  it("half of a line refunded and back on the shelf", () => {
    const { shop, order, read } = shopOf();
    shop.refund(order.id, 1, "RETURN");
    expect(read()).toMatchObject({
      status: "paid",
      totalMinor: 5500,
      lines: [{ quantity: 2 }],
      refunds: [{ amountMinor: 2500, lines: [{ amountMinor: 2500, quantity: 1, restock: true }] }],
    });
  });

  it("is as new as its newest refund and parcel, whether or not its own time moves", async () => {
    const { runtime, shop, order, read } = shopOf();
    const updatedAt = "2026-11-22T08:00:00Z";
    await runtime.advance(60_000);
    order.parcels.push({ id: 1, atMs: shop.now(), company: "UPS", number: "A", lines: [] });
    expect(read({ updatedAt }).updatedAt).toBe("2026-11-22T08:01:00.000Z");
    await runtime.advance(60_000);
    shop.refund(order.id, 1, "RETURN");
    expect(read({ updatedAt }).updatedAt).toBe("2026-11-22T08:02:00.000Z");
  });

  it.each([
    [
      "cancelled before it was paid",
      { cancelledAt: "2026-11-22T09:00:00Z", displayFinancialStatus: "VOIDED" },
      "cancelled",
    ],
    ["refunded", { displayFinancialStatus: "REFUNDED" }, "refunded"],
    ["coming back", { returnStatus: "IN_PROGRESS" }, "refunding"],
    ["authorised", { displayFinancialStatus: "AUTHORIZED" }, "pending_payment"],
    ["without a status", { displayFinancialStatus: null }, "pending_payment"],
    ["sent in part", { displayFulfillmentStatus: "PARTIALLY_FULFILLED" }, "partially_shipped"],
    ["sent", { displayFulfillmentStatus: "FULFILLED" }, "shipped"],
    [
      "sent and closed",
      { displayFulfillmentStatus: "FULFILLED", closedAt: "2026-11-22T09:00:00Z" },
      "completed",
    ],
  ])("%s", (_, change, status) => expect(shopOf().read(change).status).toBe(status));

  it("an authorised one may be shipped where money is taken at shipment", () => {
    expect(
      shopOf().read({ displayFinancialStatus: "AUTHORIZED" }, { ...options, captureAtShipment: true }).status,
    ).toBe("paid");
  });

  it("two parcels, one of them ours", () => {
    const { shop, order, read } = shopOf();
    const line = order.lines[0]!.id;
    const lines = [{ line, quantity: 1 }];
    order.parcels.push({ id: 1, atMs: shop.now(), company: "UPS", number: "A", lines });
    const note = {
      shipmentId: "ours",
      before: ["gid://shopify/Fulfillment/1"],
      lines: [{ id: String(line), quantity: 1 }],
      number: "B",
    };
    order.metafields.set("parcel_ours", JSON.stringify(note));
    order.parcels.push({ id: 2, atMs: shop.now(), company: "UPS", number: "B", lines });
    expect(read().shipments?.map((one) => [one.externalId, one.reference])).toEqual([
      ["1", undefined],
      ["2", "ours"],
    ]);
  });

  it("orders of the test gateway are none", () => {
    const { shop, order } = shopOf();
    expect(readOrder({ ...orderView(shop, order), test: true } as never, options)).toEqual({ kind: "test" });
  });
});

describe("Shopify deliveries", () => {
  it("take the vector that the official package accepts", () => {
    const body = new TextEncoder().encode(
      '{"id":5551234567890,"admin_graphql_api_id":"gid://shopify/Order/5551234567890","name":"#1042","currency":"USD","total_price":"59.90"}',
    );
    const headers = {
      "x-shopify-hmac-sha256": "/10LcvU1x4PS0+JH2SEvtp2FqXI1ZI/rsHsZrhZ2hYY=",
      "x-shopify-topic": "orders/updated",
      "x-shopify-webhook-id": "1",
    };
    const webhooks = createWebhooks({ clientSecret: "hush_client_secret_2026" });
    expect(webhooks.verify({ body, headers, url: "https://hub.example" }, instantOf(0)).verified).toBe(true);
    expect(webhooks.interpret("orders/updated", body)).toEqual({
      kind: "fetch",
      externalIds: ["5551234567890"],
    });
  });
});

describe("testing a Shopify connection", () => {
  const test = async (
    spoil: (fake: ReturnType<typeof startShopify>["fake"]) => void,
    more = {},
    own = secrets,
  ) => {
    const runtime = testRuntime();
    const { fake } = startShopify(runtime);
    spoil(fake);
    const account = shopify.open({
      ...runtime,
      fetch: fake.fetch,
      settings: shopify.manifest.settings.parse({ ...settings, ...more }),
      secrets: own,
    });
    const result = await account.check({
      signal: new AbortController().signal,
      deadlineMs: runtime.clock.nowMs() + 30_000,
    });
    return result.ok
      ? result.value.account
      : `${result.kind}: ${result.message}${result.retryAfterMs ? ` ${result.retryAfterMs}` : ""}`;
  };
  it("says exactly what is wrong", async () => {
    const nothing = () => undefined;
    expect(await test(nothing)).toBe("Tea House, Warehouse");
    expect(await test(nothing, { locationId: "1" })).toMatch(/^invalid: The shop has no location 1/);
    expect(await test(nothing, { shop: "other.myshopify.com" })).toMatch(
      /^invalid: There is no shop at other/,
    );
    expect(await test(nothing, {}, { ...secrets, accessToken: "shpat_somebody_else" })).toMatch(/^auth: /);
    expect(
      await test((fake) => {
        fake.scopes = "read_orders read_products read_locations write_inventory";
      }),
    ).toMatch(/^invalid: The app lacks the permissions write_orders, /);
    expect(
      await test((fake) => {
        fake.points = 10;
      }),
    ).toMatch(/^rate_limited: .*THROTTLED.* 100$/);
  });
});
