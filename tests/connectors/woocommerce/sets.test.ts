import { describe, expect, it } from "vitest";
import { woocommerce } from "../../../src/connectors/woocommerce/index.ts";
import { readOrder } from "../../../src/connectors/woocommerce/map.ts";
import { testRuntime } from "../../support/runtime.ts";
import { leftOver } from "../left-over.ts";
import { secrets, settings, startWooCommerce } from "./subject.ts";

/**
 * Sets as the plugins show them in `line_items`: `bundled_by` and `bundled_items` of Product Bundles 6.15, `composite_parent` and
 * `composite_children` of Composite Products (their REST sources and the references on woocommerce.com, read 2026-11-23).
 */
const plain = { bundled_by: "", bundled_items: [], composite_parent: "", composite_children: [] };
const line = (id: number, sku: string, quantity: number, total: string, more: object = {}) => ({
  ...plain,
  id,
  name: sku,
  product_id: id + 1000,
  variation_id: 0,
  quantity,
  subtotal: total,
  total,
  total_tax: "0.00",
  sku,
  price: Number(total) / quantity,
  ...more,
});

const teaSet = (more: object = {}) => [
  line(315, "TEA-SET", 2, "80.00", { total_tax: "7.01", bundled_items: [316, 317], ...more }),
  line(316, "MUG-BLU-350", 4, "0.00", { bundled_by: 315, bundled_item_title: "A mug each" }),
  line(317, "TEA-GRN-100", 2, "0.00", { bundled_by: "315", bundled_item_title: "" }),
];

const read = (line_items: object[], total: string, refunds: object[] = []) => {
  const order = {
    id: 727,
    status: "processing",
    currency: "USD",
    date_created_gmt: "2026-11-01T05:30:11",
    date_modified_gmt: "2026-11-01T06:30:15",
    date_paid_gmt: "2026-11-01T05:30:14",
    total,
    line_items,
  };
  const options = { paidStatuses: [], shippedStatuses: [] };
  const result = readOrder(order as never, refunds as never, options);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

type Order = ReturnType<typeof read>;
const soldUnits = (order: Order) =>
  Object.fromEntries(order.lines.map((one) => [`${one.externalLineId} ${one.sku}`, one.quantity]));
const cost = (order: Order) =>
  order.lines.map(
    (one) => one.unitPriceMinor * one.quantity - (one.discountMinor ?? 0) + (one.taxMinor ?? 0),
  );

describe("sets of goods in WooCommerce", () => {
  it("a set at one price: its parts are sold once, the set itself is no unit, and every cent stays", () => {
    const order = read([...teaSet(), line(318, "BAG-1", 1, "5.00")], "92.01");
    expect(soldUnits(order)).toEqual({ "316 MUG-BLU-350": 4, "317 TEA-GRN-100": 2, "318 BAG-1": 1 });
    // Tax comes on top here.
    expect(cost(order)).toEqual([5333 + 467, 2667 + 234, 500]);
    expect(cost(order).reduce((sum, one) => sum + one)).toBe(order.totalMinor);
  });

  it("parts with prices of their own take of the set's by them, and a coupon's discount with it", () => {
    const order = read(
      [
        line(315, "TEA-SET", 1, "10.00", { total: "9.00", bundled_items: [316, 317] }),
        line(316, "MUG-BLU-350", 2, "30.00", { bundled_by: 315 }),
        line(317, "TEA-GRN-100", 1, "10.00", { bundled_by: 315 }),
      ],
      "49.00",
    );
    expect(soldUnits(order)).toEqual({ "316 MUG-BLU-350": 2, "317 TEA-GRN-100": 1 });
    expect(order.lines).toMatchObject([
      { unitPriceMinor: 1875, discountMinor: 75 },
      { unitPriceMinor: 1250, discountMinor: 25 },
    ]);
    expect(leftOver(order)).toBe(0);
  });

  it("a composite product, one of whose components is a set: only what lies in the box is sold", () => {
    const order = read(
      [
        line(310, "HAMPER", 1, "20.00", { composite_children: [311, 315] }),
        line(311, "BASKET", 1, "12.00", { composite_parent: 310 }),
        line(315, "TEA-SET", 1, "30.00", { composite_parent: 310, bundled_items: [316, 317] }),
        line(316, "MUG-BLU-350", 2, "0.00", { bundled_by: 315 }),
        line(317, "TEA-GRN-100", 1, "0.00", { bundled_by: 315 }),
      ],
      "62.00",
    );
    expect(soldUnits(order)).toEqual({ "311 BASKET": 1, "316 MUG-BLU-350": 2, "317 TEA-GRN-100": 1 });
    expect(leftOver(order)).toBe(0);
  });

  it("parts of the core's grouped products are lines without any reference", () => {
    const order = read([line(1, "MUG-BLU-350", 1, "25.00"), line(2, "TEA-GRN-100", 2, "10.00")], "35.00");
    expect(soldUnits(order)).toEqual({ "1 MUG-BLU-350": 1, "2 TEA-GRN-100": 2 });
  });

  it.each<[string, object[]]>([
    ["whose set is not in the order", [line(1, "A", 1, "5.00", { bundled_by: 99 }), line(2, "B", 1, "5.00")]],
    [
      "that name each other",
      [line(1, "A", 1, "5.00", { bundled_by: 2 }), line(2, "B", 1, "5.00", { bundled_by: 1 })],
    ],
    [
      "that are no units, beside their set",
      [
        line(1, "A", 1, "5.00"),
        line(2, "B", 1, "5.00"),
        line(3, "C", 0, "0.00", { bundled_by: 1, price: 0 }),
      ],
    ],
    [
      "that name their set in a way nobody knows",
      [line(1, "A", 1, "5.00"), line(2, "B", 1, "5.00", { bundled_by: { id: 1 } })],
    ],
  ])("parts %s are taken as they stand: no unit is lost", (_, lines) => {
    const order = read(lines, "10.00");
    expect(soldUnits(order)).toMatchObject({ "1 A": 1, "2 B": 1 });
    expect(leftOver(order)).toBe(0);
  });

  const refundOf = (amount: string, rows: [line: number, quantity: number, total: string][]) => ({
    id: 9,
    date_created_gmt: "2026-11-22T09:00:00.000Z",
    amount,
    line_items: rows.map(([id, quantity, total]) => ({
      quantity: -quantity,
      total: `-${total}`,
      total_tax: "0.00",
      meta_data: [{ key: "_refunded_item_id", value: String(id) }],
    })),
  });
  const refunded = (refund: object) => read(teaSet(), "87.01", [refund]).refunds?.[0]?.lines;

  it("one of two sets refunded takes back half of each part", () =>
    expect(refunded(refundOf("40.00", [[315, 1, "40.00"]]))).toEqual([
      { externalLineId: "316", amountMinor: 2667, quantity: 2 },
      { externalLineId: "317", amountMinor: 1333, quantity: 1 },
    ]));

  it("named with its parts, it takes them back once; money alone takes nothing back", () => {
    const both = refundOf("40.00", [
      [315, 1, "40.00"],
      [316, 2, "0.00"],
      [317, 1, "0.00"],
    ]);
    expect(refunded(both)?.map(({ quantity }) => quantity)).toEqual([2, 1]);
    expect(refunded(refundOf("4.00", [[315, 0, "4.00"]]))?.map(({ quantity }) => quantity)).toEqual([0, 0]);
  });

  it("an order is completed with the last of the parts: the set itself is never sent", async () => {
    const runtime = testRuntime();
    const { fake, platform } = startWooCommerce(runtime);
    const { shop } = fake;
    const order = shop.place(93, 1);
    const [set] = order.lines;
    const product = shop.products.get(95)!;
    order.lines.push({ id: shop.nextId(), product, quantity: 2, bundledBy: set!.id });
    const account = woocommerce.open({
      ...runtime,
      fetch: platform.fetch,
      settings: woocommerce.manifest.settings.parse(settings),
      secrets,
    });
    const call = () => ({
      signal: new AbortController().signal,
      deadlineMs: runtime.clock.nowMs() + 30_000,
    });
    const fetched = await account.orders?.fetch([String(order.id)], call());
    const [part, ...others] = fetched?.ok ? fetched.value.orders.flatMap(({ lines }) => lines) : [];
    expect([part?.quantity, others]).toEqual([2, []]);
    for (const shipmentId of ["first", "second"]) {
      expect(order.status, "before its last parcel").toBe("processing");
      await account.fulfilments?.push(
        {
          shipmentId,
          orderExternalId: String(order.id),
          shippedAt: "2026-11-22T09:00:00.000Z",
          lines: [{ externalLineId: part!.externalLineId, quantity: 1 }],
        },
        call(),
      );
    }
    expect(order.status).toBe("completed");
  });
});
