import { shippedOf } from "../../src/connectors/sandbox/pricing.ts";
import type { HoldTruth } from "../world/truth.ts";
import { freeUnits } from "./escrow.ts";
import type { Evidence, ListingFound } from "./evidence.ts";
import type { Promised } from "./promised.ts";

/** What shops and API callers rely on. */
export const outsidePromises: readonly Promised[] = [
  {
    name: "after quiet time nothing is left to do",
    broken: ({ rest, world }) => [
      ...(rest && Object.values(rest).some((count) => count > 0)
        ? [`left over: ${JSON.stringify(rest)}`]
        : []),
      ...world.caller.waiting.map(
        ({ command, attempts }) => `${command.kind} has no answer after ${attempts} attempts`,
      ),
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
    broken: ({ plainBuyers }) =>
      plainBuyers === 0 ? [] : [`${plainBuyers} rows hold a buyer's name in plain`],
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
      // What split units show is a share: see `escrow.ts`. A write answered and not applied looks like somebody else's figure.
      if (!listing || listing.isSplit || listing.isAsked) return [];
      const target = targetOf(evidence, listing);
      const shown = shop.sandbox.shop.shelf.figure(product);
      return shown === target
        ? []
        : [
            `${shop.plan.name} shows ${shown} of ${product.externalId}, the core says ${target} (push ${listing.push})`,
          ];
    }),
  );
}

function targetOf(evidence: Evidence, { skuId, unitsPer, buffer, cap }: ListingFound): number {
  const sku = evidence.skus.find(({ id }) => id === skuId);
  const parts = sku && sku.components.length > 0 ? sku.components : [{ skuId, quantity: 1 }];
  const available = Math.min(
    ...parts.map((part) => Math.floor(freeUnits(evidence, part.skuId) / part.quantity)),
  );
  const whole = Math.max(0, Math.floor((available - buffer) / unitsPer));
  return cap === null ? whole : Math.min(cap, whole);
}

/**
 * A shop that has closed or cut the order meanwhile may refuse its parcel, and one that says thank you and forgets it cannot
 * be found out; every other parcel is there once.
 */
function parcels(evidence: Evidence): string[] {
  const { shops, truth } = evidence.world;
  const broken: string[] = [];
  for (const shop of shops) {
    if (shop.shipsItself) continue;
    const forgotten = new Set(
      shop.sandbox.journal
        .entries()
        .flatMap((entry) => (entry.kind === "fulfilment_not_applied" ? [entry.orderId] : [])),
    );
    for (const order of shop.sandbox.shop.orders.all()) {
      const ours = [...truth.parcels].filter(
        ([, parcel]) => parcel.shop === shop.plan.name && parcel.externalId === order.externalId,
      );
      const known = new Set(ours.map(([id]) => id));
      const told = order.shipments ?? [];
      for (const { reference } of told)
        if (!known.has(reference ?? ""))
          broken.push(`${shop.plan.name} ${order.externalId} has a parcel ${reference} nobody sent`);
      if (new Set(told.map(({ reference }) => reference)).size !== told.length)
        broken.push(`${shop.plan.name} ${order.externalId} has a parcel twice`);
      if (!forgotten.has(order.externalId)) broken.push(...unheard(evidence, shop.plan.name, order, ours));
    }
  }
  return broken;
}

function unheard(
  evidence: Evidence,
  shop: string,
  order: Parameters<typeof shippedOf>[0] & {
    externalId: string;
    status: string;
    lines: { externalLineId: string; quantity: number }[];
  },
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
      : [
          `${shop} ${order.externalId} line ${line.externalLineId} heard of ${heard} packs sent, there were ${packs}`,
        ];
  });
}

function answers(evidence: Evidence): string[] {
  const { world, documents, shipments } = evidence;
  const { truth } = world;
  const broken: string[] = [];
  const references = documents.map(({ reference }) => reference).sort();
  const told = [...truth.adjustments.keys(), ...truth.transfers.keys()].sort();
  if (references.join() !== told.join())
    broken.push(`documents: the hub has ${references.length}, callers were told of ${told.length}`);
  for (const [id] of truth.parcels)
    if (!shipments.some((shipment) => shipment.id === id)) broken.push(`parcel ${id} is missing`);
  const sentHere = shipments.filter(({ origin }) => origin === "hub").length;
  if (sentHere !== truth.parcels.size)
    broken.push(`${sentHere} parcels are booked, ${truth.parcels.size} were sent`);
  return [...broken, ...holdAnswers(evidence), ...orderAnswers(evidence)];
}

function holdAnswers({ world, holds, reservations }: Evidence): string[] {
  const { truth, time, plan } = world;
  const found = holds.flatMap(({ reference, status }) => {
    if (truth.holds.has(reference)) return [];
    if (!truth.holdsOver.has(reference)) return [`${reference} is there, and nobody was told of it`];
    return status === "held" ? [`${reference} is held, its caller was told that it is over`] : [];
  });
  // A count or a loss below what is held ends the newest holds.
  const mayShrink = plan.features.has("counts") || plan.features.has("adjustments");
  for (const [reference, known] of truth.holds) {
    const status = holds.find((hold) => hold.reference === reference)?.status ?? "missing";
    const allowed = [...statusesOf(known, time.nowMs()), ...(mayShrink ? ["released"] : [])];
    if (!allowed.includes(status)) found.push(`${reference} is ${status}, not ${allowed.join(" or ")}`);
    const units = reservations.filter(({ holderId }) => holderId === known.holdId).length;
    if (status !== "held" && units > 0) found.push(`${reference} is ${status} and holds units`);
  }
  return found;
}

/** How a hold may have ended, by what its callers did and the time. */
function statusesOf({ takenBy, closedAs, expiresAtMs }: HoldTruth, nowMs: number): string[] {
  if (takenBy !== null) return ["consumed", "expired", "released"];
  if (closedAs !== null && closedAs !== "held") return [closedAs];
  return expiresAtMs !== null && expiresAtMs <= nowMs ? ["expired"] : ["held"];
}

function orderAnswers({ world, orders }: Evidence): string[] {
  return [...world.truth.manualOrders].flatMap(([externalId, known]) => {
    const found = orders.filter((order) => order.externalId === externalId);
    const [order] = found;
    if (order === undefined || found.length > 1) return [`${externalId} is there ${found.length} times`];
    const refunded = [...known.refunds.values()].reduce((sum, amount) => sum + amount, 0);
    const due = known.isCancelled && known.isUnpaid !== true ? known.totalMinor : refunded;
    return [
      ...(known.isCancelled && order.status !== "cancelled"
        ? [`${externalId} was cancelled and is ${order.status}`]
        : []),
      ...(order.refundedMinor === due
        ? []
        : [`${externalId} gave back ${order.refundedMinor}, callers were told ${due}`]),
    ];
  });
}
