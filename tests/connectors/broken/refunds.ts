import { failure } from "../../../src/connectors/toolkit/failures.ts";
import { type Broken, withContext, withEachOrder, withKind, withOrders, withPages } from "../breaking.ts";
import { subject as shop } from "../woocommerce/subject.ts";

/** What `checks/refunds.ts` must catch, on a shop that is asked for the refunds of each order. */
export const brokenRefunds: Broken = {
  "refund-refused": {
    "a refused refund ends the page": () =>
      withOrders(shop, (orders) => ({
        async pull(request, call) {
          const page = await orders.pull(request, call);
          return page.ok && page.value.rejected.length > 0 ? failure("invalid", "A refund") : page;
        },
      })),
    "its order is forgotten": () => withPages(shop, (page) => ({ ...page, rejected: [] })),
    "its order comes without a word on what is missing": () =>
      withPages(shop, (page) => ({
        ...page,
        rejected: [],
        orders: page.orders.flatMap((order) => [
          order,
          ...page.rejected.map(({ externalId }) => ({ ...order, externalId })),
        ]),
      })),
    "others of its page are left out": () =>
      withPages(shop, (page) => (page.rejected.length > 0 ? { ...page, orders: [] } : page)),
    "the refund is left out for ever": () => withEachOrder(shop, ({ refunds: _none, ...order }) => order),
  },
  "refund-away": {
    "an outage is told as the order's own fault": () => withKind(shop, "unavailable", "invalid"),
    "an outage is read as no refund": () =>
      withContext(shop, (context) => ({
        ...context,
        async fetch(input, init) {
          const response = await context.fetch(input, init);
          return response.status === 503 ? Response.json([]) : response;
        },
      })),
  },
};
