import type { Account, Connector, Result, StockOutcome } from "../../src/connectors/contract.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { PlantTools } from "../world/plant.ts";
import type { Planted } from "./planted.ts";

/** Slips of a connector that the rest of the hub relies on it not to make. */
export const connectorBugs: readonly Planted[] = [
  {
    name: "doubt taken for done",
    removes: "an unknown outcome is a state of its own",
    make: () => ({
      connector: (connector, tools) =>
        opening(connector, (account) => ({
          ...account,
          ...(account.stock
            ? { stock: { ...account.stock, push: trusting(account.stock.push, tools) } }
            : {}),
          ...(account.fulfilments
            ? { fulfilments: { push: trustingOne(account.fulfilments.push, tools) } }
            : {}),
        })),
    }),
  },
  {
    name: "parcel sent under a new id each time",
    removes: "a parcel's id makes a repeat harmless",
    make() {
      const tries = new Map<string, number>();
      return {
        connector: (connector, { did }) =>
          opening(connector, (account) => {
            const { fulfilments } = account;
            if (!fulfilments) return account;
            return {
              ...account,
              fulfilments: {
                push(parcel, call) {
                  const count = (tries.get(parcel.shipmentId) ?? 0) + 1;
                  tries.set(parcel.shipmentId, count);
                  if (count === 1) return fulfilments.push(parcel, call);
                  did();
                  return fulfilments.push({ ...parcel, shipmentId: `${parcel.shipmentId}#${count}` }, call);
                },
              },
            };
          }),
      };
    },
  },
  {
    name: "refunds without a lasting id",
    removes: "a refund is booked once",
    make: () => ({ connector: (connector, tools) => readingAnew(connector, tools, withNewRefundIds) }),
  },
  {
    name: "echo of a parcel counted again",
    removes: "our own parcels are recognised when they come back",
    make: () => ({ connector: (connector, tools) => readingAnew(connector, tools, withNewParcelIds) }),
  },
  {
    name: "a page taken for the whole list",
    removes: "the cursor moves only past what was read",
    make: () => ({
      connector: (connector, { did }) => ({
        ...connector,
        open(context) {
          const account = connector.open(context);
          const { orders } = account;
          if (!orders) return account;
          return {
            ...account,
            orders: {
              ...orders,
              async pull(request, call) {
                const page = await orders.pull(request, call);
                if (!page.ok || !page.value.more) return page;
                did();
                const resumeAt = new Date(context.clock.nowMs()).toISOString();
                const cursor = { ...(page.value.cursor as object), resumeAt, run: null };
                return { ok: true, value: { ...page.value, cursor, more: false } };
              },
            },
          };
        },
      }),
    }),
  },
];

const opening = (connector: Connector, change: (account: Account) => Account): Connector => ({
  ...connector,
  open: (context) => change(connector.open(context)),
});

const trusting =
  (push: NonNullable<Account["stock"]>["push"], { did }: PlantTools): typeof push =>
  async (writes, call) =>
    (await push(writes, call)).map((outcome): StockOutcome => {
      if (outcome.ok || outcome.kind !== "unknown") return outcome;
      did();
      return { ok: true };
    });

const trustingOne =
  (push: NonNullable<Account["fulfilments"]>["push"], { did }: PlantTools): typeof push =>
  async (parcel, call) => {
    const result: Result<{ externalId: string }> = await push(parcel, call);
    if (result.ok || result.kind !== "unknown") return result;
    did();
    return { ok: true, value: { externalId: `guess ${parcel.shipmentId}` } };
  };

/** Each reading of an order gives what it lists other ids. */
function readingAnew(
  connector: Connector,
  { did }: PlantTools,
  change: (order: OrderSnapshot, reading: number, did: () => void) => OrderSnapshot,
): Connector {
  let readings = 0;
  const anew = (order: OrderSnapshot) => {
    readings += 1;
    return change(order, readings, did);
  };
  return opening(connector, (account) => {
    const { orders, webhooks } = account;
    return {
      ...account,
      ...(orders
        ? {
            orders: {
              ...orders,
              async pull(request, call) {
                const page = await orders.pull(request, call);
                return page.ok
                  ? { ok: true, value: { ...page.value, orders: page.value.orders.map(anew) } }
                  : page;
              },
            },
          }
        : {}),
      ...(webhooks
        ? {
            webhooks: {
              ...webhooks,
              interpret(topic, body) {
                const meaning = webhooks.interpret(topic, body);
                return meaning.kind === "orders" ? { ...meaning, orders: meaning.orders.map(anew) } : meaning;
              },
            },
          }
        : {}),
    };
  });
}

function withNewRefundIds(order: OrderSnapshot, reading: number, did: () => void): OrderSnapshot {
  if (!order.refunds) return order;
  did();
  return {
    ...order,
    refunds: order.refunds.map((refund) => ({ ...refund, externalId: `${refund.externalId}#${reading}` })),
  };
}

function withNewParcelIds(order: OrderSnapshot, reading: number, did: () => void): OrderSnapshot {
  if (!order.shipments) return order;
  did();
  const shipments = order.shipments.map(({ reference: _gone, ...shipment }) => ({
    ...shipment,
    externalId: `${shipment.externalId}#${reading}`,
  }));
  return { ...order, shipments };
}
