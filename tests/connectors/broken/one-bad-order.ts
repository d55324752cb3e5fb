import type { Orders, PullPage } from "../../../src/connectors/contract.ts";
import { failure } from "../../../src/connectors/toolkit/failures.ts";
import { type Broken, withOrders, withPages } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";
import type { Subject } from "../subject.ts";

/** A connector that asks for each listed order by itself; `onRefusal` says what becomes of the page when one is refused. */
const oneByOne = (onRefusal: "fails" | "forgets"): Subject =>
  withOrders(good, (orders) => {
    const pull: Orders["pull"] = async (request, call) => {
      const listed = await orders.pull(request, call);
      if (!listed.ok) return listed;
      const page: PullPage = { ...listed.value, orders: [] };
      for (const { externalId } of listed.value.orders) {
        const one = await orders.fetch([externalId], call);
        if (one.ok) page.orders.push(...one.value.orders);
        else if (onRefusal === "fails") return one;
      }
      return { ok: true, value: page };
    };
    return { pull };
  });

/** What `checks/one-bad-order.ts` must catch. */
export const brokenByOneOrder: Broken = {
  "orders-one-refused": {
    "a refused order ends the page": () => oneByOne("fails"),
    "a refused order is forgotten": () => oneByOne("forgets"),
  },
  "orders-one-unreadable": {
    "an unreadable order ends the page": () =>
      withOrders(good, (orders) => ({
        async pull(request, call) {
          const page = await orders.pull(request, call);
          return page.ok && page.value.rejected.length > 0 ? failure("malformed", "An order") : page;
        },
      })),
    "an unreadable order is forgotten": () => withPages(good, (page) => ({ ...page, rejected: [] })),
    "an unreadable order is told without its id": () =>
      withPages(good, (page) => ({
        ...page,
        rejected: page.rejected.map((row) => ({ ...row, externalId: "(no id)" })),
      })),
    "an order that is good is told as well": () =>
      withPages(good, (page) => ({
        ...page,
        rejected: [
          ...page.rejected,
          ...page.orders.map(({ externalId }) => ({ externalId, reason: "not good", raw: null })),
        ],
      })),
  },
};
