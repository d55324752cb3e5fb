import { shippedOf } from "../../src/connectors/sandbox/pricing.ts";
import { modeOf } from "../world/furnish.ts";
import type { Evidence, LineFound, OrderFound } from "./evidence.ts";
import { linesOf, pairs } from "./orders.ts";
import type { Promised } from "./promised.ts";

/** What left the house for each line, as warehouses know it; SKU units. */
function sentUnits(evidence: Evidence): Map<string, number> {
  const { truth } = evidence.world;
  const sent = new Map<string, number>();
  const add = (orderId: string, lineNo: number, units: number) => {
    const key = `${orderId} ${lineNo}`;
    sent.set(key, (sent.get(key) ?? 0) + units);
  };
  for (const parcel of truth.parcels.values()) {
    if (parcel.isRecalled) continue;
    for (const { line, quantity } of parcel.lines) add(parcel.orderId, line, quantity);
  }
  for (const { shop, told, found } of pairs(evidence)) {
    const [order] = found;
    if (!shop.shipsItself || !order) continue;
    for (const line of linesOf(evidence, order.id)) {
      if (line.skuId !== null)
        add(order.id, line.lineNo, shippedOf(told, line.externalLineId) * line.unitsPer);
    }
  }
  return sent;
}

const componentsOf = (line: LineFound): { skuId: string; quantity: number }[] =>
  line.components ?? (line.skuId === null ? [] : [{ skuId: line.skuId, quantity: 1 }]);

/** Units that are still owed to the buyer, as the outside sees the order. */
function openUnits(
  evidence: Evidence,
  order: OrderFound,
  line: LineFound,
  sent: ReadonlyMap<string, number>,
): number {
  const manual = evidence.world.truth.manualOrders.get(order.externalId);
  const isManual = order.connectionId === evidence.world.furniture.manualConnectionId;
  const left = Math.max(0, line.quantity * line.unitsPer - (sent.get(`${line.orderId} ${line.lineNo}`) ?? 0));
  if (isManual) {
    const refunded = [...(manual?.refunds.values() ?? [])].reduce((sum, amount) => sum + amount, 0);
    return manual?.isCancelled || refunded >= (manual?.totalMinor ?? 0) ? 0 : left;
  }
  const shop = evidence.world.shops.find(({ connectionId }) => connectionId === order.connectionId);
  const told = shop?.sandbox.shop.orders.get(order.externalId);
  if (told === undefined || line.skuId === null) return 0;
  if (told.status === "pending_payment") return shop?.plan.deducts === "placed" ? left : 0;
  return told.status === "paid" || told.status === "partially_shipped" ? left : 0;
}

export const stockPromises: readonly Promised[] = [
  { name: "open lines hold their units or say what is missing", broken: openLines },
  { name: "stock is what came in less what left", broken: stockSums },
  {
    name: "what left is what was sent",
    broken: (evidence) => {
      const sent = sentUnits(evidence);
      return evidence.lines.flatMap((line) => {
        const units = sent.get(`${line.orderId} ${line.lineNo}`) ?? 0;
        return line.shipped === units || line.skuId === null
          ? []
          : [
              `order ${line.orderId} line ${line.lineNo}: shipped is ${line.shipped}, warehouses sent ${units}`,
            ];
      });
    },
  },
  {
    name: "no unit is reserved twice",
    broken: ({ stock, reservations }) =>
      stock.flatMap((row) => {
        const held = reservations
          .filter(({ skuId, locationId }) => skuId === row.skuId && locationId === row.locationId)
          .reduce((sum, { quantity }) => sum + quantity, 0);
        const isRight = held === row.reserved && held + row.heldBack <= row.onHand;
        return isRight
          ? []
          : [
              `SKU ${row.skuId}: reserved ${row.reserved}, open reservations ${held}, on hand ${row.onHand}, held back ${row.heldBack}`,
            ];
      }),
  },
];

function openLines(evidence: Evidence): string[] {
  const sent = sentUnits(evidence);
  const held = Map.groupBy(evidence.reservations, ({ holderId, lineNo }) => `${holderId} ${lineNo}`);
  return evidence.orders.flatMap((order) =>
    linesOf(evidence, order.id).flatMap((line) => {
      const open = openUnits(evidence, order, line, sent);
      const rows = held.get(`${order.id} ${line.lineNo}`) ?? [];
      return componentsOf(line).flatMap(({ skuId, quantity: per }) => {
        const units = rows.filter((row) => row.skuId === skuId).reduce((sum, row) => sum + row.quantity, 0);
        const least = (open - line.shortfall) * per;
        // A bundle that waits for another part keeps the parts that may be sold nowhere else.
        const most = line.components !== null && isKept(evidence, skuId) ? open * per : least;
        return units >= least && units <= most
          ? []
          : [
              `order ${order.externalId} (${order.status}) line ${line.lineNo}: ${open} open, ${line.shortfall} missing, ${units} of ${per} each reserved`,
            ];
      });
    }),
  );
}

/** Split, or on the way to it: asked for, or chosen by the hub where it was left the choice. Never where sharing was asked for. */
function isKept({ world, skus }: Evidence, skuId: string): boolean {
  const sku = skus.find(({ id }) => id === skuId);
  return sku?.isSplit === true && modeOf(world.plan, sku.code) !== "shared";
}

/** Kinds of movement and what each must add up to, per SKU. */
function stockSums(evidence: Evidence): string[] {
  const { truth } = evidence.world;
  const codeOf = new Map(evidence.skus.map(({ id, code }) => [id, code]));
  const given = new Map<string, number>();
  const add = (sku: string, kind: string, units: number) => {
    const key = `${sku} ${kind}`;
    given.set(key, (given.get(key) ?? 0) + units);
  };
  for (const lines of truth.adjustments.values()) {
    for (const { sku, delta, reason } of lines) if (delta !== undefined) add(sku, reason, delta);
  }
  const sent = sentUnits(evidence);
  for (const line of evidence.lines) {
    const units = sent.get(`${line.orderId} ${line.lineNo}`) ?? 0;
    for (const { skuId, quantity } of componentsOf(line))
      add(codeOf.get(skuId) ?? "", "sent", -units * quantity);
  }
  addReturns(evidence, codeOf, add);
  const booked = new Map<string, number>();
  for (const { skuId, kind, quantity } of evidence.movements) {
    if (kind === "count") continue;
    const name = kind.startsWith("shipment") ? "sent" : kind.startsWith("transfer") ? "transfer" : kind;
    const key = `${codeOf.get(skuId)} ${name}`;
    booked.set(key, (booked.get(key) ?? 0) + quantity);
  }
  const uncovered = evidence.tasks.some(({ kind }) => kind === "shipped_without_stock");
  const sums = [...new Set([...given.keys(), ...booked.keys()])].flatMap((key) => {
    const [ours, theirs] = [booked.get(key) ?? 0, given.get(key) ?? 0];
    const isExcused = uncovered && key.endsWith(" sent") && ours > theirs;
    return ours === theirs || isExcused
      ? []
      : [`${key}: the hub booked ${ours}, the outside knows of ${theirs}`];
  });
  return [...sums, ...replay(evidence, codeOf)];
}

function addReturns(
  evidence: Evidence,
  codeOf: ReadonlyMap<string, string>,
  add: (sku: string, kind: string, units: number) => void,
): void {
  for (const { told, found } of pairs(evidence)) {
    const [order] = found;
    if (!order) continue;
    const lines = linesOf(evidence, order.id);
    for (const back of (told.refunds ?? []).flatMap((refund) => refund.lines ?? [])) {
      const line = lines.find(({ externalLineId }) => externalLineId === back.externalLineId);
      if (!line || !back.restock) continue;
      for (const { skuId, quantity } of componentsOf(line))
        add(codeOf.get(skuId) ?? "", "return", (back.quantity ?? 0) * line.unitsPer * quantity);
    }
  }
}

function replay({ stock, movements }: Evidence, codeOf: ReadonlyMap<string, string>): string[] {
  return stock.flatMap((row) => {
    const moved = movements
      .filter(({ skuId, locationId }) => skuId === row.skuId && locationId === row.locationId)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    return moved === row.onHand
      ? []
      : [`${codeOf.get(row.skuId)}: on hand ${row.onHand}, its movements make ${moved}`];
  });
}
