import { z } from "zod";
import { type OrderSnapshot, orderSchema } from "../../core/model/order.ts";
import { externalIdSchema, instantSchema } from "../../core/model/primitives.ts";
import type { Json } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";

/** Shapes of `docs/generic-protocol.md`. Unknown fields are ignored everywhere, so that a shop may send more. */

/** Null, left out or empty: there is no further page. Shops that count pages may send a number. */
const nextCursorSchema = z
  .union([z.string().max(4000), z.int()])
  .nullish()
  .transform((cursor) => (cursor === null || cursor === undefined || cursor === "" ? null : String(cursor)));

/** Anything JSON.parse gives is `Json`; orders are read one by one, so that a bad one does not take the page with it. */
const anyJson = z.custom<Json>((value) => value !== undefined);

export const ordersPageSchema = z.object({
  orders: z.array(anyJson),
  nextCursor: nextCursorSchema,
  watermark: instantSchema.nullish().transform((watermark) => watermark ?? null),
  account: z.string().min(1).max(200).optional(),
});
export type OrdersPage = z.infer<typeof ordersPageSchema>;

export const orderIdsPageSchema = z.object({
  externalIds: z.array(externalIdSchema),
  nextCursor: nextCursorSchema,
});

const figureSchema = z.int().describe("The shop's own figure; may be negative where it sells on backorder");

const stockOutcomeSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), writeId: z.string().optional(), quantity: figureSchema.nullish() }),
  z.object({
    ok: z.literal(false),
    writeId: z.string().optional(),
    code: z.string().max(100),
    retryAfterSeconds: z.number().min(0).max(3600).optional(),
  }),
]);
export type WireStockOutcome = z.infer<typeof stockOutcomeSchema>;

/** A bare list is accepted beside `{outcomes}`. */
export const stockAnswerSchema = z.union([
  z.object({ outcomes: z.array(stockOutcomeSchema) }).transform(({ outcomes }) => outcomes),
  z.array(stockOutcomeSchema),
]);

export const stockLevelsSchema = z.object({
  levels: z.array(
    z.object({
      externalId: externalIdSchema,
      externalVariantId: externalIdSchema.nullish(),
      quantity: figureSchema,
    }),
  ),
});

export const fulfilmentAnswerSchema = z.object({ externalId: externalIdSchema });

export const listingsPageSchema = z.object({
  listings: z.array(
    z.object({
      externalId: externalIdSchema,
      externalVariantId: externalIdSchema.nullish(),
      sku: z.string().max(200).nullish(),
      title: z.string().max(1000),
      quantity: figureSchema.nullish(),
      managedBy: z.literal("platform").nullish(),
    }),
  ),
  nextCursor: nextCursorSchema,
});

/** A delivery's body. `data` is read in a second step, by type. */
export const deliverySchema = z.object({ type: z.string().min(1).max(200), data: anyJson });

/** Thin delivery: only says which orders to fetch. */
export const changedSchema = z.object({ externalIds: z.array(externalIdSchema).min(1).max(1000) });

export type ReadOrder =
  | { ok: true; order: OrderSnapshot }
  | { ok: false; externalId: string; reason: string };

/** One order of the model, or why it is none. The reason names fields, never their values. */
export function readOrder(raw: unknown): ReadOrder {
  const parsed = orderSchema.safeParse(raw);
  if (parsed.success) return { ok: true, order: parsed.data };
  const id = z.object({ externalId: externalIdSchema }).safeParse(raw);
  return { ok: false, externalId: id.data?.externalId ?? "(no externalId)", reason: issuesOf(parsed.error) };
}

const changeSchema = z.object({ externalId: externalIdSchema.catch(""), updatedAt: instantSchema });

/** Which order a row says has changed, and when, even where the rest of it cannot be used. */
export const changeOf = (raw: unknown): z.infer<typeof changeSchema> | undefined =>
  changeSchema.safeParse(raw).data;
