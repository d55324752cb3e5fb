/** What is asked for in `fields`; without it Medusa leaves out most of what is needed. The answers are in `wire.ts`. */

const parcels = [
  "fulfillments.id,fulfillments.metadata,fulfillments.requires_shipping,fulfillments.packed_at",
  "fulfillments.shipped_at,fulfillments.delivered_at,fulfillments.canceled_at",
  "fulfillments.items.line_item_id,fulfillments.items.inventory_item_id,fulfillments.items.quantity",
  "fulfillments.labels.tracking_number",
];

/**
 * Naming single fields below `returns.items` makes Medusa 2.21.2 leave out the order's own quantities and add its totals up
 * wrong, so that relation is asked for as a whole.
 */
export const orderFields = [
  "id,status,currency_code,email,customer_id,created_at,updated_at",
  // Totals of the items come only when totals of the order are asked for, exact ones only with both spellings.
  "total,raw_total,shipping_total,raw_shipping_total,credit_line_total,raw_credit_line_total",
  "*summary,*items,*items.detail,*shipping_address,*credit_lines,*returns,*returns.items",
  "payment_collections.updated_at,payment_collections.payments.created_at",
  "payment_collections.payments.updated_at,payment_collections.payments.captured_at",
  "payment_collections.payments.captures.created_at,payment_collections.payments.refunds.id",
  "payment_collections.payments.refunds.amount,payment_collections.payments.refunds.raw_amount",
  "payment_collections.payments.refunds.note,payment_collections.payments.refunds.created_at",
  ...parcels,
].join(",");

/** What is read of an order before and after a parcel is written. */
export const parcelFields = ["id,status,*items,*items.detail", ...parcels].join(",");

export const paymentFields = "id,updated_at,payment_collection.order.id,payment_collection.order.updated_at";

export const variantFields = [
  "id,sku,title,manage_inventory,product.title",
  "inventory_items.inventory_item_id,inventory_items.required_quantity",
  "inventory_items.inventory.location_levels.location_id",
  "inventory_items.inventory.location_levels.stocked_quantity",
  "inventory_items.inventory.location_levels.reserved_quantity",
].join(",");
