import { shippedOf } from "../../src/connectors/sandbox/pricing.ts";
import type { Evidence, ListingFound } from "./evidence.ts";
import type { Promised } from "./promised.ts";

/** What shops and API callers rely on. */
export const outsidePromises: readonly Promised[] = [
  {
    name: "after quiet time nothing is left to do",
    broken: ({ rest, world }) => [
      ...(rest && Object.values(rest).some((count) => count > 0) ? [`left over: ${JSON.stringify(rest)}`] : []),
      ...world.caller.waiting.map(({ command, attempts }) => `${command.kind} has no answer after ${attempts} attempts`),
    ],
  },
  { name: "shops show what the core says", broken: published },
  { name: "shops hear of every parcel, once", broken: parcels },
  { name: "what a caller was told is there", broken: answers },
  {
    name: "nobody touches another merchant's rows",
    broken: ({ theirRows }) =>
      theirRows.before === theirRows.after ? [] : ["rows of the other merchant have changed"],
  },
  {
    name: "buyers are stored encrypted",
    broken: ({ plainBuyers }) => (plainBuyers === 0 ? [] : [`${plainBuyers} rows hold a buyer's name in plain`]),
  },
  {
    name: "every moment was right",
    broken: ({ world }) => world.truth.failed,
  },
];

function published(evidence: Evidence): string[] {
  return evidence.world.shops.flatMap((shop) =>
    shop.sandbox.shop.products.flatMap((product) => {
      const listing = evidence.listings.find(
        (row) =>
          row.connectionId === shop.connectionId &&
          row.externalId === product.externalId &&
          row.variant === (product.externalVariantId ?? ""),
      );
      if (!listing) return [];
      const target = targetOf(evidence, listing);
      const shown = shop.sandbox.shop.shelf.figure(product);
      return shown === target
        ? []
        : [`${shop.plan.name} shows ${shown} of ${product.externalId}, the core says ${target} (push ${listing.push})`];
    }),
  );
}

function targetOf(evidence: Evidence, { skuId, unitsPer, buffer, cap }: ListingFound): number {
  const sku = evidence.skus.find(({ id }) => id === skuId);
  const parts = sku && sku.components.length > 0 ? sku.components : [{ skuId, quantity: 1 }];
  const own = new Set(evidence.locations.filter(({ kind }) => kind === "own").map(({ id }) => id));
  const free = (id: string) =>
    evidence.stock
      .filter((row) => row.skuId === id && own.has(row.locationId))
      .reduce((sum, row) => sum + row.onHand - row.reserved - row.heldBack, 0);
  const available = Math.min(...parts.map((part) => Math.floor(free(part.skuId) / part.quantity)));
  const whole = Math.max(0, Math.floor((available - buffer) / unitsPer));
  return cap === null ? whole : Math.min(cap, whole);
}

/** A shop that has closed or cut the order meanwhile may refuse its parcel; every other parcel is there once. */
function parcels(evidence: Evidence): string[] {
  const { shops, truth } = evidence.world;
  const broken: string[] = [];
  for (const shop of shops) {
    if (shop.shipsItself) continue;
    for (const order of shop.sandbox.shop.orders.all()) {
      const ours = [...truth.parcels].filter(
        ([, parcel]) => parcel.shop === shop.plan.name && parcel.externalId === order.externalId,
      );
      const known = new Set(ours.map(([id]) => id));
      const told = order.shipments ?? [];
      for (const { reference } of told)
        if (!known.has(reference ?? "")) broken.push(`${shop.plan.name} ${order.externalId} has a parcel ${reference} nobody sent`);
      if (new Set(told.map(({ reference }) => reference)).size !== told.length)
        broken.push(`${shop.plan.name} ${order.externalId} has a parcel twice`);
      broken.push(...unheard(evidence, shop.plan.name, order, ours));
    }
  }
  return broken;
}

function unheard(
  evidence: Evidence,
  shop: string,
  order: Parameters<typeof shippedOf>[0] & { externalId: string; status: string; lines: { externalLineId: string; quantity: number }[] },
  ours: [string, { orderId: string; lines: { line: number; quantity: number }[] }][],
): string[] {
  if (!["paid", "partially_shipped", "shipped", "completed"].includes(order.status)) return [];
  const orderId = ours[0]?.[1].orderId;
  const lines = evidence.lines.filter((line) => line.orderId === orderId);
  return lines.flatMap((line) => {
    const units = ours
      .flatMap(([, parcel]) => parcel.lines)
      .filter((part) => part.line === line.lineNo)
      .reduce((sum, part) => sum + part.quantity, 0);
    const packs = Math.floor(units / line.unitsPer);
    const told = order.lines.find(({ externalLineId }) => externalLineId === line.externalLineId);
    // Cut below what had left already: the shop cannot be told.
    if (told === undefined || packs > told.quantity) return [];
    const heard = shippedOf(order, line.externalLineId);
    return heard === packs
      ? []
      : [`${shop} ${order.externalId} line ${line.externalLineId} heard of ${heard} packs sent, there were ${packs}`];
  });
}

function answers(evidence: Evidence): string[] {
  const { world, holds, documents, orders, shipments, reservations } = evidence;
  const { truth, time } = world;
  const broken: string[] = [];
  const mayShrink = world.plan.features.has("counts") || world.plan.features.has("adjustments");
  const references = documents.map(({ reference }) => reference).sort();
  const told = [...truth.adjustments.keys(), ...truth.transfers.keys()].sort();
  if (references.join() !== told.join())
    broken.push(`documents: the hub has ${references.length}, callers were told of ${told.length}`);
  if (holds.length !== truth.holds.size) broken.push(`holds: ${holds.length} there, ${truth.holds.size} answered`);
  for (const [reference, known] of truth.holds) {
    const status = holds.find((hold) => hold.reference === reference)?.status ?? "missing";
    const isOver = known.expiresAtMs !== null && known.expiresAtMs <= time.nowMs();
    const allowed =
      known.takenBy !== null
        ? ["consumed", "expired", "released"]
        : known.closedAs !== null && known.closedAs !== "held"
          ? [known.closedAs]
          : isOver
            ? ["expired"]
            : ["held"];
    // A count or a loss below what is held ends the newest holds.
    if (mayShrink && status === "released") continue;
    if (!allowed.includes(status)) broken.push(`${reference} is ${status}, not ${allowed.join(" or ")}`);
    const units = reservations.filter(({ holderId }) => holderId === known.holdId).length;
    if (status !== "held" && units > 0) broken.push(`${reference} is ${status} and holds units`);
  }
  for (const [externalId, known] of truth.manualOrders) {
    const found = orders.filter((order) => order.externalId === externalId);
    if (found.length !== 1) broken.push(`${externalId} is there ${found.length} times`);
    const [order] = found;
    const refunded = [...known.refunds.values()].reduce((sum, amount) => sum + amount, 0);
    if (known.isCancelled && order?.status !== "cancelled") broken.push(`${externalId} was cancelled and is ${order?.status}`);
    const isRight = known.isCancelled ? order?.refundedMinor === known.totalMinor : order?.refundedMinor === refunded;
    if (!isRight) broken.push(`${externalId} gave back ${order?.refundedMinor}, callers were told ${refunded}`);
  }
  for (const [id] of truth.parcels)
    if (!shipments.some((shipment) => shipment.id === id)) broken.push(`parcel ${id} is missing`);
  const sentHere = shipments.filter(({ origin }) => origin === "hub").length;
  if (sentHere !== truth.parcels.size) broken.push(`${sentHere} parcels are booked, ${truth.parcels.size} were sent`);
  return broken;
}
