import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { SimShop } from "../world/shops.ts";
import type { Deliveries, Evidence, LineFound, OrderFound } from "./evidence.ts";
import type { Promised } from "./promised.ts";

/** Every order of every shop with the hub's rows for it. */
export interface Pair {
  shop: SimShop;
  told: OrderSnapshot;
  found: OrderFound[];
}

export function pairs({ world, orders }: Evidence): Pair[] {
  const byKey = Map.groupBy(orders, (order) => `${order.connectionId} ${order.externalId}`);
  return world.shops.flatMap((shop) =>
    [...shop.sandbox.shop.orders.all()].map((told) => ({
      shop,
      told,
      found: byKey.get(`${shop.connectionId} ${told.externalId}`) ?? [],
    })),
  );
}

export const linesOf = (evidence: Evidence, orderId: string): LineFound[] =>
  evidence.lines.filter((line) => line.orderId === orderId);

const nameOf = ({ shop, told }: Pair): string => `${shop.plan.name} ${told.externalId}`;

export const orderPromises: readonly Promised[] = [
  {
    name: "every order of every shop is in, once",
    broken: (evidence) => {
      const strangers = evidence.orders.length - evidence.world.truth.manualOrders.size;
      const there = pairs(evidence);
      return [
        ...there.flatMap((pair) =>
          pair.found.length === 1 ? [] : [`${nameOf(pair)} is in ${pair.found.length} times`],
        ),
        ...(strangers === there.length
          ? []
          : [`${strangers} platform orders are in, the shops have ${there.length}`]),
      ];
    },
  },
  {
    name: "orders are as their shops say",
    broken: (evidence) =>
      pairs(evidence).flatMap((pair) => pair.found.flatMap((order) => differences(evidence, pair, order))),
  },
  {
    name: "money given back is given back once",
    broken: (evidence) =>
      pairs(evidence).flatMap((pair) => {
        const [order] = pair.found;
        if (!order?.isBooked) return [];
        const rows = evidence.refunds.filter(
          (row) => row.orderId === order.id && row.externalId.startsWith(pair.told.externalId),
        );
        const named = (pair.told.refunds ?? []).length;
        return rows.length === named
          ? []
          : [`${nameOf(pair)} has ${rows.length} refunds, its shop made ${named}`];
      }),
  },
];

function differences(evidence: Evidence, pair: Pair, order: OrderFound): string[] {
  const { told } = pair;
  const name = nameOf(pair);
  const found: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown) => {
    if (ours !== theirs) found.push(`${name}: ${what} is ${String(ours)}, its shop says ${String(theirs)}`);
  };
  compare("the told status", order.toldStatus, told.status);
  compare("the total", order.totalMinor, told.totalMinor);
  compare("the time of the last change", order.updatedAt, told.updatedAt);
  const lines = linesOf(evidence, order.id);
  for (const line of told.lines) {
    const own = lines.filter((candidate) => candidate.externalLineId === line.externalLineId);
    compare(`the number of lines ${line.externalLineId}`, own.length, 1);
    compare(`the quantity of line ${line.externalLineId}`, own[0]?.quantity, line.quantity);
  }
  compare("the number of lines", lines.length, told.lines.length);
  return found;
}

/** Judged before anything is polled: what a shop was told has been taken must be there by that alone. */
export const deliveryPromises: readonly Promised<Deliveries>[] = [
  {
    name: "a delivery is stored once",
    broken: ({ inbox }) => {
      const known = new Set<string>();
      return inbox.flatMap(({ connectionId, digest, deliveryId }) => {
        const key = `${connectionId} ${digest}`;
        if (!known.has(key)) {
          known.add(key);
          return [];
        }
        return [`the body of delivery ${deliveryId} is stored again`];
      });
    },
  },
  {
    name: "every acknowledged delivery took effect",
    broken: ({ world, orders, inbox }) => {
      const byKey = new Map(orders.map((order) => [`${order.connectionId} ${order.externalId}`, order]));
      const stored = Map.groupBy(inbox, (row) => `${row.connectionId} ${row.deliveryId}`);
      return [...world.truth.acknowledged].flatMap(([deliveryId, { shop, orderId, updatedAt }]) => {
        const connectionId = world.shops.find(({ plan }) => plan.name === shop)?.connectionId ?? "";
        const rows = stored.get(`${connectionId} ${deliveryId}`) ?? [];
        const order = byKey.get(`${connectionId} ${orderId}`);
        const what = `delivery ${deliveryId} of ${shop} ${orderId}`;
        if (rows.length !== 1) return [`${what} is in the inbox ${rows.length} times`];
        if (rows[0]?.status === "received" || rows[0]?.status === "quarantined")
          return [`${what} is ${rows[0].status}: ${rows[0].reason}`];
        if (order === undefined || order.updatedAt < updatedAt)
          return [`${what} was acknowledged and has no effect`];
        return [];
      });
    },
  },
];
