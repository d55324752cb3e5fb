import { z } from "zod";
import { SluiceError } from "../../core/errors.ts";
import { orderStatusSchema } from "../../core/model/order.ts";
import { refundInputSchema } from "../../core/model/stock.ts";
import type { Operate } from "../operation.ts";
import { refundSchema } from "../order-view.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";
import { orderParams, requireOrder, orderTag as tag } from "./orders.ts";

const answer = refundSchema
  .extend({ orderId: z.uuid(), orderStatus: orderStatusSchema })
  .meta({ id: "RefundOfOrder" });

async function requireRefund(parts: AppParts, merchantId: string, orderId: string, refundId: string) {
  const order = await requireOrder(parts, merchantId, orderId);
  const refund = order.refunds.find(({ id }) => id === refundId);
  if (!refund) throw notFound("refund", refundId);
  return { ...refund, orderId, orderStatus: order.status };
}

/** Money back. */
export function refundRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/orders/{id}/refunds",
      permission: "refunds.write",
      tag,
      summary: "Record money given back",
      description:
        "With `restock` on a line its units are on the shelf again and may be sold. `amountMinor` may be 0 only where lines name a `quantity` of units.",
      params: orderParams,
      body: refundInputSchema,
      answer,
      statuses: { 201: "Recorded" },
      refusals: ["illegal_transition", "conflict"],
    },
    async ({ caller, params: { id }, body }) => {
      const command = { kind: "order.refund" as const, orderId: id, input: body };
      const { refundId } = await submit(parts, caller.merchantId, command, "order");
      if (refundId === undefined) throw new SluiceError("internal", `The refund of order ${id} got no id.`);
      return {
        body: await requireRefund(parts, caller.merchantId, id, refundId),
        headers: { location: `/v1/orders/${id}/refunds/${refundId}` },
      };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/orders/{id}/refunds/{refund}",
      permission: "orders.read",
      tag,
      summary: "Get one refund",
      params: z.object({ id: z.uuid(), refund: z.uuid() }),
      answer,
      statuses: { 200: "Found" },
    },
    async ({ caller, params: { id, refund } }) => ({
      body: await requireRefund(parts, caller.merchantId, id, refund),
    }),
  );
}
