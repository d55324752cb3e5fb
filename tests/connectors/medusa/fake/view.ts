import type { FakeVariant, Inventory, Level } from "./inventory.ts";
import {
  cents,
  type FakeItem,
  type FakeOrder,
  keptUnits,
  paidOf,
  pendingOf,
  refundedOf,
  totalOf,
} from "./order.ts";

/** The fake's rows as Medusa writes them, with its habits about `fields`. */

type Row = Record<string, unknown>;

const vatPercent = 21;

const number = (value: number): number => Number(value.toFixed(10));

const twin = (value: number): Row => ({ value: String(number(value)), precision: 20 });

/** `x` and `raw_x`. */
const amounts = (values: Record<string, number>, exact: boolean): Row =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => [
      [name, number(value)],
      ...(exact ? [[`raw_${name}`, twin(value)]] : []),
    ]),
  );

export function orderRow(order: FakeOrder, fields: string, turn: number): Row {
  const asked = new Set(fields.split(","));
  const has = (relation: string) =>
    [...asked].some((field) => field === `*${relation}` || field.startsWith(`${relation}.`));
  const totals = asked.has("total");
  const exact = totals && asked.has("raw_total");
  // Single fields below returns.items break the order's own quantities.
  const broken = [...asked].some((field) => field.startsWith("returns.items."));
  const items = order.items.map((item) => itemRow(item, { totals, exact, broken }));
  const row: Row = {
    id: order.id,
    status: order.status,
    version: order.version,
    items: rotated(items, turn),
    payment_status: paymentStatus(order),
    fulfillment_status: fulfillmentStatus(order),
  };
  for (const [name, value] of Object.entries(plainFields(order))) if (asked.has(name)) row[name] = value;
  for (const [name, value] of Object.entries(orderAmounts(order))) {
    if (asked.has(name)) row[name] = number(value);
    if (asked.has(name) && asked.has(`raw_${name}`)) row[`raw_${name}`] = twin(value);
  }
  if (has("summary")) row.summary = summaryRow(order);
  if (has("shipping_address")) row.shipping_address = address;
  if (has("credit_lines"))
    row.credit_lines = order.creditLines.map(({ amount, reference }) => ({
      ...amounts({ amount }, true),
      reference,
    }));
  if (has("fulfillments")) row.fulfillments = order.fulfillments.map(fulfillmentRow);
  if (has("payment_collections")) row.payment_collections = [collectionRow(order)];
  if (has("returns")) row.returns = order.returns.map(returnRow);
  return row;
}

const plainFields = (order: FakeOrder): Row => ({
  currency_code: "eur",
  email: "ana@example.com",
  customer_id: "cus_ana",
  sales_channel_id: order.salesChannelId,
  created_at: order.createdAt,
  updated_at: order.updatedAt,
});

const orderAmounts = (order: FakeOrder): Record<string, number> => ({
  total: totalOf(order),
  shipping_total: order.shipping,
  credit_line_total: order.creditLines.reduce((sum, line) => sum + line.amount, 0),
});

const summaryRow = (order: FakeOrder): Row =>
  amounts(
    {
      paid_total: paidOf(order),
      refunded_total: refundedOf(order),
      transaction_total: cents(paidOf(order) - refundedOf(order)),
      current_order_total: totalOf(order),
      pending_difference: pendingOf(order),
    },
    true,
  );

/** Medusa does not keep the lines of an order in any order. */
const rotated = <Value>(values: readonly Value[], turn: number): Value[] => {
  const at = values.length === 0 ? 0 : turn % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
};

function itemRow(
  item: FakeItem,
  { totals, exact, broken }: { totals: boolean; exact: boolean; broken: boolean },
): Row {
  const total = keptUnits(item) * item.unitPrice;
  const computed = {
    total,
    tax_total: (total * vatPercent) / (100 + vatPercent),
    return_received_total: item.returnReceived * item.unitPrice,
    return_dismissed_total: item.returnDismissed * item.unitPrice,
  };
  return {
    id: item.id,
    title: item.title,
    product_title: item.title,
    variant_title: item.title,
    variant_id: item.variantId,
    variant_sku: item.sku,
    product_id: `prod_${item.variantId}`,
    requires_shipping: true,
    is_tax_inclusive: true,
    ...amounts({ unit_price: item.unitPrice }, true),
    ...(broken ? {} : amounts({ quantity: item.quantity }, true)),
    ...(totals ? amounts(computed, exact) : {}),
    tax_lines: [{ rate: vatPercent }],
    adjustments: [],
    detail: {
      quantity: item.quantity,
      fulfilled_quantity: item.fulfilled,
      shipped_quantity: item.shipped,
      delivered_quantity: 0,
      return_requested_quantity: item.returnRequested,
      return_received_quantity: item.returnReceived,
      return_dismissed_quantity: item.returnDismissed,
      written_off_quantity: item.returnDismissed,
    },
  };
}

const fulfillmentRow = (row: FakeOrder["fulfillments"][number]): Row => ({
  id: row.id,
  metadata: row.metadata,
  requires_shipping: true,
  packed_at: row.packedAt,
  shipped_at: row.shippedAt,
  delivered_at: null,
  canceled_at: row.canceledAt,
  items: row.items.map((item) => ({
    line_item_id: item.lineId,
    inventory_item_id: item.inventoryItemId,
    quantity: item.quantity,
  })),
  labels: row.trackingNumbers.map((tracking_number) => ({ tracking_number })),
});

const collectionRow = ({ payment }: FakeOrder): Row => ({
  id: `pay_col_${payment.id}`,
  updated_at: payment.collectionUpdatedAt,
  payments: [
    {
      id: payment.id,
      created_at: payment.createdAt,
      updated_at: payment.updatedAt,
      captured_at: payment.capturedAt,
      captures: payment.capturedAt === null ? [] : [{ created_at: payment.capturedAt }],
      refunds: payment.refunds.map(({ id, amount, createdAt }) => ({
        id,
        ...amounts({ amount }, true),
        note: null,
        created_at: createdAt,
      })),
    },
  ],
});

const returnRow = (row: FakeOrder["returns"][number]): Row => ({
  id: row.id,
  location_id: "sloc_main",
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  canceled_at: null,
  items: row.items.map(({ id, lineId, quantity, received, damaged }) => ({
    id,
    item_id: lineId,
    quantity,
    received_quantity: received,
    damaged_quantity: damaged,
  })),
});

const address: Row = {
  first_name: "Ana",
  last_name: "Ruiz",
  company: null,
  address_1: "Calle Mayor 1",
  address_2: null,
  city: "Madrid",
  province: null,
  country_code: "es",
  postal_code: "28013",
  phone: "+34600000000",
};

function paymentStatus(order: FakeOrder): string {
  const refunded = refundedOf(order);
  if (refunded > 0) return refunded >= order.payment.amount ? "refunded" : "partially_refunded";
  if (order.payment.canceledAt !== null) return "canceled";
  return order.payment.capturedAt === null ? "authorized" : "captured";
}

function fulfillmentStatus(order: FakeOrder): string {
  const whole = order.items.every((item) => item.fulfilled >= item.quantity);
  const shipped = order.fulfillments.some((row) => row.shippedAt !== null);
  if (order.fulfillments.length === 0) return "not_fulfilled";
  return `${whole ? "" : "partially_"}${shipped ? "shipped" : "fulfilled"}`;
}

export const paymentRow = (order: FakeOrder): Row => ({
  id: order.payment.id,
  updated_at: order.payment.updatedAt,
  payment_collection: {
    id: `pay_col_${order.payment.id}`,
    order: { id: order.id, updated_at: order.updatedAt },
  },
});

export const variantRow = (variant: FakeVariant, inventory: Inventory): Row => ({
  id: variant.id,
  sku: variant.sku,
  title: variant.title,
  manage_inventory: variant.managed,
  product: { id: `prod_${variant.id}`, title: variant.title },
  inventory_items: variant.parts.map(({ inventoryItemId, required }) => ({
    inventory_item_id: inventoryItemId,
    required_quantity: required,
    inventory: { id: inventoryItemId, location_levels: inventory.levelsOf(inventoryItemId).map(levelRow) },
  })),
});

export const levelRow = (level: Level): Row => ({
  inventory_item_id: level.inventoryItemId,
  location_id: level.locationId,
  stocked_quantity: level.stocked,
  reserved_quantity: level.reserved,
});
