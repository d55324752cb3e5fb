import { type Context, Hono } from "hono";
import type { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Deliveries } from "./deliveries.ts";
import { type Faults, faultsSchema } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Changed } from "./order-changes.ts";
import { refOf } from "./products.ts";
import type { Shop } from "./shop.ts";
import type { Shoppers } from "./shoppers.ts";
import { basketSchema, editSchema, paceSchema, refundSchema, webhookSchema } from "./wire.ts";

export interface ControlParts {
  name: string;
  shop: Shop;
  shoppers: Shoppers;
  deliveries: Deliveries;
  faults: Faults;
  journal: Journal;
}

/** Everything about the running shop as plain data. */
export const stateOf = ({ name, shop, deliveries, faults, journal }: ControlParts) => ({
  name,
  now: instantOf(shop.nowMs()),
  orders: shop.orders.size(),
  deliveriesPending: deliveries.pending(),
  faults,
  counts: journal.counts(),
  listings: shop.products.map((product) => ({
    ...refOf(product),
    title: product.title,
    figure: shop.shelf.figure(product),
  })),
});

/** Routes under /_control, for whoever runs the shop: look at it, break it, buy in it. No part of the protocol. */
export function controlRoutes(parts: ControlParts): Hono {
  const { shop, shoppers, deliveries, faults, journal } = parts;
  const app = new Hono();

  app.get("/state", (c) => c.json(stateOf(parts)));
  app.get("/journal", (c) => c.json({ entries: journal.entries() }));
  app.get("/faults", (c) => c.json(faults));
  app.patch("/faults", (c) =>
    withBody(c, faultsSchema.partial().strict(), (wanted) => {
      Object.assign(faults, wanted);
      return c.json(faults);
    }),
  );
  app.put("/webhook", (c) =>
    withBody(c, webhookSchema, (target) => {
      deliveries.connect(target);
      return c.body(null, 204);
    }),
  );
  app.put("/shoppers", (c) =>
    withBody(c, paceSchema, ({ actsPerMinute }) => {
      if (actsPerMinute === 0) shoppers.stop();
      else shoppers.start(actsPerMinute);
      return c.body(null, 204);
    }),
  );

  app.post("/orders", (c) =>
    withBody(c, basketSchema, ({ pay, ...basket }) => {
      const placed = shop.place(basket);
      return answer(c, placed.ok && pay ? shop.pay(placed.order.externalId) : placed, 201);
    }),
  );
  app.get("/orders/:id", (c) => {
    const order = shop.orders.get(c.req.param("id"));
    return order ? c.json(order) : c.json({ code: "not_found" }, 404);
  });
  app.post("/orders/:id/pay", (c) => answer(c, shop.pay(c.req.param("id"))));
  app.post("/orders/:id/cancel", (c) => answer(c, shop.cancel(c.req.param("id"))));
  app.post("/orders/:id/complete", (c) => answer(c, shop.complete(c.req.param("id"))));
  app.post("/orders/:id/ask", (c) => answer(c, shop.askForShipment(c.req.param("id"))));
  app.post("/orders/:id/edit", (c) =>
    withBody(c, editSchema, ({ externalLineId, quantity }) =>
      answer(c, shop.editQuantity(c.req.param("id"), externalLineId, quantity)),
    ),
  );
  app.post("/orders/:id/refund", (c) =>
    withBody(c, refundSchema, (refund) => answer(c, shop.refund(c.req.param("id"), refund))),
  );
  return app;
}

async function withBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  use: (body: z.output<Schema>) => Response,
): Promise<Response> {
  const parsed = schema.safeParse(await c.req.json().catch(() => undefined));
  if (parsed.success) return use(parsed.data);
  return c.json(
    { code: "invalid", problems: parsed.error.issues.map(({ path, message }) => ({ path, message })) },
    422,
  );
}

function answer(c: Context, result: Changed, status: 200 | 201 = 200): Response {
  if (result.ok) return c.json(result.order, status);
  return c.json(
    { code: result.code },
    result.code === "not_found" ? 404 : result.code === "invalid" ? 422 : 409,
  );
}
