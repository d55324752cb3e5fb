import { z } from "zod";
import type { Inventory } from "./inventory.ts";
import type { FakeOrder } from "./order.ts";
import { Refusal } from "./refusal.ts";
import type { FakeShop } from "./shop.ts";
import { levelRow } from "./view.ts";

interface Parts {
  shop: FakeShop;
  inventory: Inventory;
}

/** The fake's writing routes. Bodies are checked as strictly as Medusa checks them. */

function parsed<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => `Field '${issue.path.join(", ")}' is required`);
  throw new Refusal(400, "invalid_data", `Invalid request: ${fields.join("; ")}`);
}

const levelWrite = z.strictObject({
  inventory_item_id: z.string(),
  location_id: z.string(),
  stocked_quantity: z.number().min(0),
});
const levelsSchema = z.strictObject({
  create: z.array(levelWrite).default([]),
  update: z.array(levelWrite).default([]),
});

/** All or nothing. A level is made for any location, even one that does not exist. */
export function writeLevels({ inventory }: Parts, body: unknown): Response {
  const { create, update } = parsed(levelsSchema, body);
  for (const { inventory_item_id: id, location_id: at } of update) {
    if (!inventory.level(id, at))
      throw new Refusal(404, "not_found", `Item ${id} is not stocked at location ${at}`);
  }
  for (const { inventory_item_id: id, location_id: at } of create) {
    if (inventory.level(id, at)) {
      const what = `Inventory level with inventory_item_id: ${id}, location_id: ${at}, already exists.`;
      throw new Refusal(400, "invalid_data", what);
    }
  }
  const write = ({
    inventory_item_id: id,
    location_id: at,
    stocked_quantity: stocked,
  }: z.infer<typeof levelWrite>) => {
    const before = inventory.level(id, at);
    const available_quantity = before ? before.stocked - before.reserved : stocked;
    return { ...levelRow(inventory.setLevel(id, at, stocked)), available_quantity };
  };
  return Response.json({ created: create.map(write), updated: update.map(write) });
}

function existing({ shop }: Parts, orderId: string): FakeOrder {
  const order = shop.orders.get(orderId);
  if (!order) throw new Refusal(404, "not_found", `Order id not found: ${orderId}`);
  if (order.status === "canceled")
    throw new Refusal(400, "invalid_data", `Order with id ${orderId} has been canceled.`);
  return order;
}

/** The answer lacks what was just made. */
const answer = (order: FakeOrder) => Response.json({ order: { id: order.id, version: order.version } });

const itemsSchema = z.array(z.strictObject({ id: z.string(), quantity: z.number() }));
const fulfillmentSchema = z.strictObject({
  items: itemsSchema.min(1),
  location_id: z.string().nullish(),
  no_notification: z.boolean().optional(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

export function writeFulfillment(parts: Parts, orderId: string, body: unknown): Response {
  const { items, metadata } = parsed(fulfillmentSchema, body);
  const order = existing(parts, orderId);
  for (const { id, quantity } of items) {
    const item = order.items.find((candidate) => candidate.id === id);
    if (!item)
      throw new Refusal(
        400,
        "invalid_data",
        `Items with ids ${id} does not exist in order with id ${orderId}.`,
      );
    const reserved = parts.inventory.reservedFor(id);
    if (reserved === 0)
      throw new Refusal(
        400,
        "invalid_data",
        `No stock reservation found for item ${id} - ${item.title} (${item.title})`,
      );
    if (reserved < quantity)
      throw new Refusal(
        400,
        "invalid_data",
        `Quantity to fulfill exceeds the reserved quantity for the item: ${id}`,
      );
  }
  parts.shop.pack(
    orderId,
    items.map(({ id, quantity }) => ({ lineId: id, quantity })),
    metadata ?? null,
  );
  return answer(order);
}

const address = z.string().refine((text) => text === "" || text === "#" || URL.canParse(text));
const shipmentSchema = z.strictObject({
  items: itemsSchema,
  labels: z
    .array(z.strictObject({ tracking_number: z.string(), tracking_url: address, label_url: address }))
    .optional(),
  no_notification: z.boolean().optional(),
});

export function writeShipment(parts: Parts, orderId: string, fulfillmentId: string, body: unknown): Response {
  const { labels = [] } = parsed(shipmentSchema, body);
  const order = existing(parts, orderId);
  const fulfillment = order.fulfillments.find((candidate) => candidate.id === fulfillmentId);
  if (!fulfillment) throw new Refusal(500, "unknown_error", "An unknown error occurred.");
  if (fulfillment.shippedAt !== null)
    throw new Refusal(400, "not_allowed", "Shipment has already been created");
  parts.shop.ship(
    orderId,
    fulfillmentId,
    labels.map((label) => label.tracking_number),
  );
  return answer(order);
}
