import { instantOf } from "../../src/core/clock.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { World } from "../world/world.ts";
import type { Operation } from "./operation.ts";

/** What comes in through the API: holds, manual orders and what happens to them. */
export const callerOperations: readonly Operation[] = [
  { name: "hold", feature: "holds", weight: 8, act: hold },
  { name: "release", feature: "holds", weight: 4, act: release },
  { name: "manual order", feature: "manual orders", weight: 6, act: manualOrder },
  { name: "cancel manual order", feature: "manual orders", weight: 2, act: cancelManual },
  { name: "refund manual order", feature: "manual orders", weight: 2, act: refundManual },
  { name: "recall parcel", feature: "manual orders", weight: 1, act: recall },
];

const anySku = ({ chance, furniture }: World): string =>
  chance.oneOf(
    furniture.bundleCode === null ? furniture.skuCodes : [...furniture.skuCodes, furniture.bundleCode],
  );

function hold(world: World): void {
  const { chance, truth, time } = world;
  const reference = world.nextReference("hold");
  const lines = [{ sku: anySku(world), quantity: chance.between(1, 3) }];
  const forMs = chance.oneOf([5_000, 60_000, 900_000, 86_400_000]);
  const expiresAtMs = chance.happens(0.8) ? time.nowMs() + forMs : null;
  const expiresAt = expiresAtMs === null ? null : instantOf(expiresAtMs);
  world.caller.send({ kind: "hold.create", input: { reference, lines }, expiresAt }, (answer) => {
    if (answer.kind === "refused" && answer.code === "conflict") truth.holdsOver.add(reference);
    if (answer.kind !== "hold") return;
    truth.holds.set(reference, { holdId: answer.holdId, lines, expiresAtMs, closedAs: null, takenBy: null });
  });
  world.trace.step(`hold ${reference} ${lines[0]?.sku} x${lines[0]?.quantity}`);
}

function release(world: World): void {
  const { chance, truth } = world;
  const open = [...truth.holds.values()].filter((known) => known.takenBy === null).slice(-20);
  if (open.length === 0) return;
  const known = chance.oneOf(open);
  world.caller.send({ kind: "hold.close", holdId: known.holdId, as: "released" }, (answer) => {
    if (answer.kind === "hold") known.closedAs = answer.status;
  });
}

function manualOrder(world: World): void {
  const { chance, truth, furniture } = world;
  const externalId = world.nextReference("manual");
  const lines = Array.from({ length: chance.oneOf([1, 1, 2]) }, () => ({
    sku: anySku(world),
    quantity: chance.between(1, 3),
  }));
  const candidates = [...truth.holds].filter(
    ([, known]) => known.takenBy === null && known.closedAs === null,
  );
  const taken = candidates.length > 0 && chance.happens(0.3) ? chance.oneOf(candidates) : null;
  const snapshot = snapshotOf(world, externalId, lines);
  const command = {
    kind: "order.apply" as const,
    connectionId: furniture.manualConnectionId,
    snapshot,
    mayRefuse: true,
    reserveFrom: "placed" as const,
    ...(taken === null ? {} : { holdReference: taken[0] }),
  };
  if (taken !== null) taken[1].takenBy = externalId;
  world.caller.send(command, (answer) => {
    if (answer.kind !== "order") {
      if (taken !== null) taken[1].takenBy = null;
      return;
    }
    truth.manualOrders.set(externalId, {
      orderId: answer.orderId,
      lines,
      totalMinor: snapshot.totalMinor,
      isCancelled: false,
      refunds: new Map(),
    });
  });
}

function snapshotOf(
  world: World,
  externalId: string,
  lines: readonly { sku: string; quantity: number }[],
): OrderSnapshot {
  const at = instantOf(world.time.nowMs());
  const priced = lines.map((line, index) => ({
    externalLineId: `${index + 1}`,
    ...line,
    unitPriceMinor: world.chance.between(100, 20_000),
  }));
  return {
    externalId,
    updatedAt: at,
    placedAt: at,
    paidAt: at,
    status: "paid",
    currency: "CNY",
    lines: priced,
    totalMinor: priced.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0),
  };
}

const anyManual = ({ chance, truth }: World) => {
  const known = [...truth.manualOrders.values()].slice(-20);
  return known.length === 0 ? null : chance.oneOf(known);
};

function cancelManual(world: World): void {
  const order = anyManual(world);
  if (order === null) return;
  world.caller.send({ kind: "order.cancel", orderId: order.orderId }, (answer) => {
    if (answer.kind === "order") order.isCancelled = true;
  });
}

function refundManual(world: World): void {
  const { chance } = world;
  const order = anyManual(world);
  if (order === null) return;
  const reference = world.nextReference("refund");
  const amountMinor = chance.between(1, 200);
  const input = { reference, amountMinor };
  world.caller.send({ kind: "order.refund", orderId: order.orderId, input }, (answer) => {
    if (answer.kind === "order") order.refunds.set(reference, amountMinor);
  });
}

function recall(world: World): void {
  const { chance, truth } = world;
  const mine = [...truth.parcels].filter(([, parcel]) => parcel.shop === null).slice(-20);
  if (mine.length === 0) return;
  const [shipmentId, parcel] = chance.oneOf(mine);
  world.caller.send({ kind: "shipment.cancel", orderId: parcel.orderId, shipmentId }, (answer) => {
    if (answer.kind === "order") parcel.isRecalled = true;
  });
}
