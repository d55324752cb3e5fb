import { z } from "zod";
import { loadManualConnection } from "../../core/catalogue/connections.ts";
import type { Command, OrderAnswer } from "../../core/engine/commands.ts";
import { loadMerchant } from "../../core/merchants.ts";
import { type Buyer, orderSchema, orderStatusSchema } from "../../core/model/order.ts";
import { openBuyer } from "../../core/orders/buyer.ts";
import { type OrderDetail, readOrder } from "../../core/orders/read.ts";
import { listOrders } from "../../core/orders/read-list.ts";
import type { Operate } from "../operation.ts";
import { orderDetailSchema, orderSummarySchema, shownDetail, shownSummary } from "../order-view.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { seesBuyers } from "../permissions.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";

export const orderTag = "order";
export const orderParams = z.object({ id: z.uuid() });

const manualOrderSchema = orderSchema.extend({
  connection: z.literal("manual").optional().describe("Orders made here belong to the built-in connection"),
  reservation: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Reference of a reservation whose units this order takes over"),
});

const manualConnectionId = async ({ db }: AppParts, merchantId: string): Promise<string> =>
  (await loadManualConnection(db, merchantId)).id;

/** Throws `not_found`. */
export async function requireOrder(
  { db }: AppParts,
  merchantId: string,
  orderId: string,
): Promise<OrderDetail> {
  const order = await readOrder(db, merchantId, orderId);
  if (!order) throw notFound(orderTag, orderId);
  return order;
}

/** Submits a command on one order and shows the order as it is then. */
export async function changeOrder(parts: AppParts, merchantId: string, orderId: string, command: Command) {
  const { outcome } = await submit(parts, merchantId, command, "order");
  return { ...shownDetail(await requireOrder(parts, merchantId, orderId)), outcome };
}

export function orderRoutes(operate: Operate, parts: AppParts): void {
  createRoute(operate, parts);
  readRoutes(operate, parts);
  for (const action of ["cancel", "accept"] as const) {
    operate(
      {
        method: "post",
        path: `/v1/orders/{id}/${action}`,
        permission: "orders.write",
        tag: orderTag,
        ...described[action],
        params: orderParams,
        answer: orderDetailSchema,
        statuses: { 200: "Done; the order as it is now" },
        refusals: ["illegal_transition"],
      },
      async ({ caller, params }) => ({
        body: await changeOrder(parts, caller.merchantId, params.id, {
          kind: `order.${action}`,
          orderId: params.id,
        }),
      }),
    );
  }
}

const described = {
  cancel: {
    summary: "Cancel what is not shipped",
    description: "Frees its units. A repeat changes nothing.",
  },
  accept: {
    summary: "Let a held order go on",
    description: "A person has looked at why it was held (`heldReason`) and accepts it as it is.",
  },
};

function createRoute(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/orders",
      permission: "orders.write",
      tag: orderTag,
      summary: "Create or update a manual order",
      description:
        "All or nothing: every line is reserved, or the order is refused and nothing moved. `externalId` is your number: " +
        "the same content again answers the first result (`outcome` duplicate), a newer `updatedAt` updates the order.",
      body: manualOrderSchema,
      answer: orderDetailSchema,
      statuses: {
        201: "Created, or here already with this very content",
        200: "Updated, or older than what is here",
      },
      refusals: [
        "insufficient_stock",
        "unknown_sku",
        "unknown_currency",
        "totals_mismatch",
        "illegal_transition",
        "conflict",
        "not_found",
      ],
    },
    async ({ caller, body }) => {
      const { connection: _, reservation, ...snapshot } = body;
      const answer = await submit(
        parts,
        caller.merchantId,
        {
          kind: "order.apply",
          connectionId: await manualConnectionId(parts, caller.merchantId),
          snapshot,
          mayRefuse: true,
          reserveFrom: "placed",
          ...(reservation === undefined ? {} : { holdReference: reservation }),
        },
        "order",
      );
      const order = await requireOrder(parts, caller.merchantId, answer.orderId);
      return {
        status: isFirstResult(answer) ? 201 : 200,
        body: { ...shownDetail(order), outcome: answer.outcome },
        headers: { location: `/v1/orders/${answer.orderId}` },
      };
    },
  );
}

/** A repeat gets what the first call got, its status included. */
const isFirstResult = ({ outcome }: OrderAnswer): boolean => outcome === "created" || outcome === "duplicate";

function readRoutes(operate: Operate, parts: AppParts): void {
  const { db } = parts;
  operate(
    {
      method: "get",
      path: "/v1/orders",
      permission: "orders.read",
      tag: orderTag,
      summary: "List orders, the newest first",
      query: z.object({
        ...pageQuery,
        status: orderStatusSchema.optional(),
        connection: z
          .union([z.uuid(), z.literal("manual")])
          .optional()
          .describe("Id of a connection, or `manual`"),
        externalId: z.string().min(1).max(256).optional().describe("The platform's own number, exact"),
      }),
      answer: pageOf(orderSummarySchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => {
      const { connection, ...rest } = query;
      const connectionId =
        connection === "manual" ? await manualConnectionId(parts, caller.merchantId) : connection;
      const page = await listOrders(db, caller.merchantId, { ...rest, connectionId });
      return { body: { ...page, items: page.items.map(shownSummary) } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/orders/{id}",
      permission: "orders.read",
      tag: orderTag,
      summary: "Get one order with lines, shipments and refunds",
      params: orderParams,
      answer: orderDetailSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => {
      const order = await requireOrder(parts, caller.merchantId, params.id);
      const shown = shownDetail(order);
      if (!seesBuyers(caller.role)) return { body: shown };
      return { body: { ...shown, buyer: await buyerOf(parts, caller.merchantId, order) } };
    },
  );
}

async function buyerOf(
  { db, vault }: AppParts,
  merchantId: string,
  order: OrderDetail,
): Promise<Buyer | null> {
  if (order.buyer === null) return null;
  const { wrappedKey } = await loadMerchant(db, merchantId);
  return openBuyer(vault.keyFor(wrappedKey), order, order.buyer);
}
