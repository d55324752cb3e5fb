import { addMs } from "../../../src/core/clock.ts";
import { type Broken, withEachOrder, withOrders, withPages } from "../breaking.ts";
import { subject as good, startSandbox } from "../generic/subject.ts";
import { longAgo } from "../session.ts";

/** What `checks/orders.ts` must catch. */
export const brokenOrders: Broken = {
  "orders-all": {
    "the last order of each page is lost": () =>
      withPages(good, (page) => ({ ...page, orders: page.orders.slice(0, -1) })),
    "only the first page is read": () => withPages(good, (page) => ({ ...page, more: false })),
    "F118: amounts a hundred times too high": () =>
      withEachOrder(good, (order) => ({ ...order, totalMinor: order.totalMinor * 100 })),
    "quantities doubled": () =>
      withEachOrder(good, (order) => ({
        ...order,
        lines: order.lines.map((line) => ({ ...line, quantity: line.quantity * 2 })),
      })),
    "times that are no instants": () =>
      withEachOrder(good, (order) => ({ ...order, placedAt: "2026-11-22 08:00" })),
  },
  "orders-replay": {
    "what was given once is not given again": () => {
      const given = new Set<string>();
      return withPages(good, (page) => {
        const orders = page.orders.filter((order) => !given.has(order.externalId));
        for (const order of orders) given.add(order.externalId);
        return { ...page, orders };
      });
    },
  },
  "orders-resume": {
    "the cursor goes back to the beginning": () =>
      withPages(good, (page) => (page.more ? page : { ...page, cursor: null })),
    "changes of known orders are dropped": () => {
      const given = new Set<string>();
      return withPages(good, (page) => {
        const orders = page.orders.filter((order) => !given.has(order.externalId));
        for (const order of page.orders) given.add(order.externalId);
        return { ...page, orders };
      });
    },
    "orders never look newer": () =>
      withEachOrder(good, (order) => ({ ...order, updatedAt: order.placedAt })),
  },
  "orders-since": {
    "always from the beginning of time": () =>
      withOrders(good, (orders) => ({
        pull: (request, call) => orders.pull({ ...request, since: longAgo }, call),
      })),
  },
  "orders-shift": {
    "counted pages, trusted": () => ({
      ...withPages(good, trustingItsPages),
      start: (runtime) => startSandbox(runtime, { faults: { shiftingPages: true } }).platform,
    }),
  },
  "orders-failing-page": {
    "a page that failed once is given up": () => {
      let isLost = false;
      return withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          const skip = isLost;
          isLost = !result.ok;
          return result.ok && skip ? { ok: true, value: { ...result.value, orders: [] } } : result;
        },
      }));
    },
    "a failing page is an empty page": () =>
      withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          return result.ok
            ? result
            : { ok: true, value: { orders: [], rejected: [], cursor: request.cursor ?? {}, more: true } };
        },
      })),
  },
  "orders-watermark": {
    "no watermark although declared": () => withPages(good, ({ watermark: _none, ...page }) => page),
    "a watermark far ahead": () =>
      withPages(good, (page) => (page.more ? page : { ...page, watermark: "2099-01-01T00:00:00.000Z" })),
    "a watermark half way": () =>
      withPages(good, (page) => ({ ...page, watermark: "2026-11-22T08:00:05.000Z" })),
    "a watermark that never moves": () =>
      withPages(good, (page) => (page.more ? page : { ...page, watermark: longAgo })),
  },
  "orders-zone": {
    "times read in the zone of the process": () =>
      withEachOrder(good, (order) => ({
        ...order,
        placedAt: new Date(order.placedAt.replace("Z", "")).toISOString(),
      })),
  },
  "orders-fetch": {
    "all orders instead of those asked for": () =>
      withOrders(good, (orders) => ({
        fetch: (_ids, call) => orders.pull({ cursor: null, since: longAgo }, call),
      })),
    "an unknown id fails the whole": () =>
      withOrders(good, (orders) => ({
        fetch: async (ids, call) =>
          ids.includes("no-such-order")
            ? { ok: false, kind: "not_found", message: "no" }
            : orders.fetch(ids, call),
      })),
    "an order without its lines": () =>
      withOrders(good, (orders) => ({
        async fetch(ids, call) {
          const result = await orders.fetch(ids, call);
          if (!result.ok) return result;
          return {
            ok: true,
            value: { ...result.value, orders: result.value.orders.map((order) => ({ ...order, lines: [] })) },
          };
        },
      })),
  },
  "orders-list": {
    "the end of the window is in": () =>
      withOrders(good, (orders) => ({
        list: ({ from, to }, call) => orders.list({ from, to: addMs(to, 1) }, call),
      })),
    "the beginning of the window is out": () =>
      withOrders(good, (orders) => ({
        list: ({ from, to }, call) => orders.list({ from: addMs(from, 1), to }, call),
      })),
    "the window is ignored": () =>
      withOrders(good, (orders) => ({
        list: (_window, call) => orders.list({ from: longAgo, to: "2027-01-01T00:00:00.000Z" }, call),
      })),
  },
};

/** Makes the connector go by the shop's own page cursors, as if that were safe. */
function trustingItsPages<Page extends { cursor: unknown }>(page: Page): Page {
  const cursor = page.cursor as { run: { sorted: boolean } | null };
  return { ...page, cursor: { ...cursor, run: cursor.run && { ...cursor.run, sorted: false } } };
}
