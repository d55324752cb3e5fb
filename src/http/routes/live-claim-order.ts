import { z } from "zod";
import { loadManualConnection } from "../../core/catalogue/connections.ts";
import type { ClaimWithComment } from "../../core/live/read-claims.ts";
import { loadMerchant } from "../../core/merchants.ts";
import { buyerSchema, type OrderSnapshot } from "../../core/model/order.ts";
import { amountSchema, externalIdSchema, instantSchema } from "../../core/model/primitives.ts";
import { shownClaim } from "../live-view.ts";
import type { Operate } from "../operation.ts";
import { orderDetailSchema, shownDetail } from "../order-view.ts";
import type { AppParts } from "../parts.ts";
import { submit } from "../submit.ts";
import { claimParams, claimTag, requireClaim } from "./live-claims.ts";
import { requireOrder } from "./orders.ts";

const claimOrderSchema = z.object({
  externalId: externalIdSchema.describe("Your order number; the same number again answers the same order"),
  status: z.enum(["paid", "pending_payment"]).default("paid"),
  totalMinor: amountSchema.optional().describe("Left out: price x quantity + shipping - discount"),
  shippingMinor: amountSchema.optional(),
  discountMinor: amountSchema.optional(),
  taxMinor: amountSchema.optional(),
  placedAt: instantSchema.optional(),
  paidAt: instantSchema.optional(),
  updatedAt: instantSchema.optional(),
  buyer: buyerSchema.optional().describe("Left out: the viewer"),
  note: z.string().max(2000).optional(),
});

export function claimOrderRoute(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/claims/{id}/order",
      permission: "live.write",
      tag: claimTag,
      summary: "Turn a claim into an order, once",
      description:
        "`paid` is a fact: the order keeps the claim's units, takes them anew, or becomes a shortage that a task names. " +
        "`pending_payment` is refused with 409 `insufficient_stock` where there are no units for it.",
      params: claimParams,
      body: claimOrderSchema,
      answer: orderDetailSchema,
      statuses: { 201: "Ordered, or ordered already under this number", 200: "The order was updated" },
      refusals: ["insufficient_stock", "illegal_transition", "conflict", "totals_mismatch"],
    },
    async ({ caller, params, body }) => {
      const claim = await requireClaim(parts, caller.merchantId, params.id);
      const connection = await loadManualConnection(parts.db, caller.merchantId);
      const { wrappedKey } = await loadMerchant(parts.db, caller.merchantId);
      const { viewer } = shownClaim(parts.vault.keyFor(wrappedKey), claim);
      const answer = await submit(
        parts,
        caller.merchantId,
        {
          kind: "order.apply",
          connectionId: connection.id,
          claimId: claim.id,
          snapshot: snapshotOf(claim, body, viewer),
          mayRefuse: body.status !== "paid",
          reserveFrom: "placed",
        },
        "order",
      );
      const order = await requireOrder(parts, caller.merchantId, answer.orderId);
      const isFirst = answer.outcome === "created" || answer.outcome === "duplicate";
      return { status: isFirst ? 201 : 200, body: { ...shownDetail(order), outcome: answer.outcome } };
    },
  );
}

/** Times that are left out come from the claim, so that a repeat of the call is the same order. */
function snapshotOf(
  claim: ClaimWithComment,
  body: z.output<typeof claimOrderSchema>,
  viewer: { externalId: string; name?: string | undefined } | null,
): OrderSnapshot {
  const { taxMinor, totalMinor, placedAt, updatedAt, buyer, ...rest } = body;
  const goods = claim.quantity * claim.priceMinor;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const who = buyer ?? viewer;
  return {
    ...(given as typeof rest),
    currency: claim.currency,
    placedAt: placedAt ?? claim.createdAt,
    updatedAt: updatedAt ?? body.paidAt ?? claim.createdAt,
    totalMinor: totalMinor ?? goods + (body.shippingMinor ?? 0) - (body.discountMinor ?? 0),
    liveSession: claim.sessionId,
    ...(who ? { buyer: who } : {}),
    lines: [
      {
        externalLineId: claim.id,
        sku: claim.sku,
        quantity: claim.quantity,
        unitPriceMinor: claim.priceMinor,
        ...(taxMinor === undefined ? {} : { taxMinor }),
      },
    ],
  };
}
