import { z } from "zod";
import type { FakeShop } from "./shop.ts";

export const locationId = "124656943";
export const userErrors = (rows: { code: string; field?: string[] }[]) =>
  rows.map((row) => ({ field: null, message: "refused", ...row }));
export const digits = (gid: unknown): number => Number(String(gid).split("/").at(-1));

const entrySchema = z.strictObject({
  inventoryItemId: z.string(),
  locationId: z.literal(`gid://shopify/Location/${locationId}`),
  // Typed nullable, but must be mentioned.
  changeFromQuantity: z.int().nullable(),
  quantity: z.int().optional(),
  delta: z.int().optional(),
});
const inputSchema = z.strictObject({
  name: z.literal("available"),
  reason: z.literal("correction"),
  quantities: z.array(entrySchema).max(250).optional(),
  changes: z.array(entrySchema).max(250).optional(),
});

/** All or nothing. */
export function writeStock(shop: FakeShop, given: unknown, kind: "set" | "adjust") {
  const input = inputSchema.parse(given);
  const list = kind === "set" ? "quantities" : "changes";
  const rows = input[list] ?? [];
  const errors: { code: string; field?: string[] }[] = [];
  if (new Set(rows.map((row) => row.inventoryItemId)).size < rows.length)
    errors.push({ code: "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR" });
  const variants = rows.map((row) => shop.variants.get(digits(row.inventoryItemId) - 2_000_000));
  for (const [index, row] of rows.entries()) {
    const field = ["input", list, String(index), "changeFromQuantity"];
    const variant = variants[index];
    if (!variant) errors.push({ code: "INVALID_INVENTORY_ITEM", field });
    else if (row.changeFromQuantity !== null && row.changeFromQuantity !== variant.available)
      errors.push({ code: "CHANGE_FROM_QUANTITY_STALE", field });
  }
  if (errors.length > 0) return userErrors(errors);
  for (const [index, row] of rows.entries()) {
    const variant = variants[index];
    if (variant)
      variant.available = kind === "set" ? (row.quantity ?? 0) : variant.available + (row.delta ?? 0);
  }
  return [];
}

const shipSchema = z.strictObject({
  lineItemsByFulfillmentOrder: z
    .array(
      z.strictObject({
        fulfillmentOrderId: z.string(),
        fulfillmentOrderLineItems: z
          .array(z.strictObject({ id: z.string(), quantity: z.int().min(1) }))
          .min(1),
      }),
    )
    .min(1),
  notifyCustomer: z.boolean(),
  trackingInfo: z.strictObject({ number: z.string(), company: z.string().optional() }).optional(),
});

export function ship(shop: FakeShop, given: unknown) {
  const f = shipSchema.parse(given);
  const [group] = f.lineItemsByFulfillmentOrder;
  const order = shop.order(digits(group?.fulfillmentOrderId));
  const lines = (group?.fulfillmentOrderLineItems ?? []).map(({ id, quantity }) => ({
    line: digits(id),
    quantity,
  }));
  const tooMany = lines.some(({ line, quantity }) => {
    const ordered = order.lines.find((one) => one.id === line)?.currentQuantity ?? 0;
    return quantity > ordered - shop.shippedOf(order, line);
  });
  if (tooMany) return { fulfillment: null, userErrors: userErrors([{ code: "INVALID" }]) };
  const id = shop.nextId();
  const { number = null, company = null } = f.trackingInfo ?? {};
  order.parcels.push({ id, atMs: shop.now(), company, number, lines });
  order.updatedMs = shop.now();
  return { fulfillment: { id: `gid://shopify/Fulfillment/${id}` }, userErrors: [] };
}
