import { z } from "zod";
import { buyerSchema, orderStatusSchema } from "../core/model/order.ts";
import type { OrderDetail } from "../core/orders/read.ts";
import type { OrderSummary } from "../core/orders/read-list.ts";

/** How orders look outside. */

const count = z.number().int();

const summaryShape = {
  id: z.uuid(),
  connection: z.uuid(),
  externalId: z.string(),
  status: orderStatusSchema,
  currency: z.string(),
  totalMinor: count,
  shippingMinor: count,
  discountMinor: count,
  platformDiscountMinor: count,
  refundedMinor: count,
  placedAt: z.string(),
  paidAt: z.string().nullable(),
  updatedAt: z
    .string()
    .describe("The platform's own freshness value; the time of arrival where that lay far ahead"),
  receivedAt: z.string(),
  heldReason: z.string().nullable().describe("Why a person must look before the order goes on; see tasks"),
  liveSession: z.string().nullable(),
  shortfall: count.describe("SKU units wanted and not reserved, over all lines"),
  unmapped: count.describe("Lines that wait for a SKU"),
};

export const orderSummarySchema = z.object(summaryShape).meta({ id: "OrderSummary" });

const lineSchema = z.object({
  line: count.describe("Number within the order; shipments and refunds name it"),
  externalLineId: z.string(),
  sku: z.string().nullable().describe("null while the line waits for a mapping"),
  externalSku: z.string().nullable(),
  externalItemId: z.string().nullable(),
  externalVariantId: z.string().nullable(),
  title: z.string().nullable(),
  quantity: count.describe("As the platform counts"),
  unitsPer: count.describe("SKU units in one ordered unit; the counts below are in SKU units"),
  unitPriceMinor: count,
  discountMinor: count,
  taxMinor: count.nullable(),
  reserved: count,
  shipped: count,
  returned: count,
  cancelled: count,
  shortfall: count,
});

export const shipmentSchema = z
  .object({
    id: z.uuid(),
    externalId: z.string().nullable(),
    origin: z.enum(["hub", "platform"]),
    status: z.enum(["shipped", "cancelled"]),
    carrier: z.string().nullable(),
    trackingNumber: z.string().nullable(),
    shippedAt: z.string(),
    cancelledAt: z.string().nullable(),
    lines: z.array(z.object({ line: count, quantity: count })).describe("In SKU units"),
  })
  .meta({ id: "Shipment" });

export const refundSchema = z
  .object({
    id: z.uuid(),
    externalId: z.string(),
    origin: z.enum(["hub", "platform"]),
    amountMinor: count,
    shippingMinor: count,
    reason: z.string().nullable(),
    refundedAt: z.string(),
  })
  .meta({ id: "Refund" });

const outcomes = ["created", "updated", "duplicate", "stale", "unchanged"] as const;

export const orderDetailSchema = z
  .object({
    ...summaryShape,
    note: z.string().nullable(),
    buyer: buyerSchema
      .nullable()
      .optional()
      .describe("For owner, operator and warehouse only; never in the answer to a write"),
    lines: z.array(lineSchema),
    reservations: z
      .array(z.object({ line: count, sku: z.string(), location: z.string(), quantity: count }))
      .describe("Units held for this order now"),
    shipments: z.array(shipmentSchema),
    refunds: z.array(refundSchema),
    outcome: z
      .enum(outcomes)
      .optional()
      .describe("Of a write. duplicate: exactly this was here already. stale: something newer was"),
  })
  .meta({ id: "Order" });

export const shownSummary = ({ connectionId, ...order }: OrderSummary) => ({
  ...order,
  connection: connectionId,
});

/** Without the buyer: that is added where the reader may see it. */
export const shownDetail = ({ connectionId, buyer: _, ...order }: OrderDetail) => ({
  ...order,
  connection: connectionId,
});
