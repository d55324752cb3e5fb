import type { Draft } from "../engine/draft.ts";
import type { Component, LineRow, OrderRow, ReservationRow, StockRow } from "../engine/rows.ts";
import type { OrderEventData } from "../events/types.ts";
import { placeInQueue } from "../orders/status.ts";
import { allocate, availableOver, bundlesFrom, shelvedOver } from "./allocate.ts";

/** Holding, giving back and consuming units, on the draft of a batch. Callers have checked what may be refused. */

export interface Holder {
  kind: "order" | "hold" | "session" | "claim";
  id: string;
  lineNo: number;
}

/** What one unit of a line is made of: the SKU itself, or the bundle's components as they were when ordered. */
export const componentsOf = (line: { skuId: string | null; components: Component[] | null }): Component[] => {
  if (line.components && line.components.length > 0) return line.components;
  return line.skuId === null ? [] : [{ skuId: line.skuId, quantity: 1 }];
};

/**
 * Units anybody who asks may take now: split, what no listing stands for. What was reserved for the order at hand is its own, also
 * while others are in doubt.
 */
export const availableOf = (draft: Draft, skuId: string): number =>
  Math.max(
    draft.escrow.takeable(skuId, availableOver(draft.stock.get(skuId) ?? [])),
    Math.min(draft.escrow.passedOnOf(skuId), onShelfOf(draft, skuId)),
  );

/** Units on the shelf that nobody has reserved, whoever they are set aside for. */
const onShelfOf = (draft: Draft, skuId: string): number => shelvedOver(draft.stock.get(skuId) ?? []);

export const stockRow = (draft: Draft, skuId: string, locationId: string): StockRow => {
  const row = draft.stock.get(skuId)?.find((candidate) => candidate.locationId === locationId);
  if (!row) throw new Error(`stock row ${skuId} at ${locationId} was not locked by this batch`);
  return row;
};

export const heldOf = (rows: readonly ReservationRow[], skuId: string): number =>
  rows.reduce((sum, row) => (row.skuId === skuId ? sum + row.quantity : sum), 0);

/** Whole units of a line that its open reservations make up. */
export function heldUnits(draft: Draft, holder: Holder, components: readonly Component[]): number {
  const rows = draft.heldBy(holder.id, holder.lineNo);
  return bundlesFrom(components.map(({ skuId, quantity }) => ({ quantity, available: heldOf(rows, skuId) })));
}

/** Holds up to `quantity` units of one SKU; answers how many it got. */
function take(draft: Draft, holder: Holder, skuId: string, quantity: number): number {
  const rows = draft.stock.get(skuId) ?? [];
  const { taken, left } = allocate(quantity, rows);
  rows.forEach((row, index) => {
    const units = taken[index] ?? 0;
    if (units === 0) return;
    row.reserved += units;
    draft.escrow.spend(skuId, units);
    const reservation: ReservationRow = {
      id: draft.ids.next(),
      holderKind: holder.kind,
      holderId: holder.id,
      lineNo: holder.lineNo,
      skuId,
      locationId: row.locationId,
      quantity: units,
      status: "held",
      createdAt: draft.now,
      closedAt: null,
    };
    const list = draft.held.get(holder.id);
    if (list) list.push(reservation);
    else draft.held.set(holder.id, [reservation]);
    draft.newReservations.add(reservation);
  });
  return quantity - left;
}

/** Closes `quantity` units of an open reservation. A part closed is a record of its own; the rest stays held. */
export function closeReservation(
  draft: Draft,
  reservation: ReservationRow,
  quantity: number,
  status: "consumed" | "released" | "expired",
): void {
  const row = stockRow(draft, reservation.skuId, reservation.locationId);
  row.reserved -= quantity;
  if (status !== "consumed") draft.freed.add(reservation.skuId);
  if (!draft.newReservations.has(reservation)) draft.changedReservations.add(reservation);
  if (quantity < reservation.quantity) {
    reservation.quantity -= quantity;
    draft.newReservations.add({
      ...reservation,
      id: draft.ids.next(),
      quantity,
      status,
      closedAt: draft.now,
    });
    return;
  }
  reservation.status = status;
  reservation.closedAt = draft.now;
  const list = draft.held.get(reservation.holderId) ?? [];
  draft.held.set(
    reservation.holderId,
    list.filter((other) => other !== reservation),
  );
}

/** Sets units free that the order of this very command takes: they are its own, even where the SKU has lost others or is in doubt. */
export function passOn(draft: Draft, reservation: ReservationRow, quantity: number): void {
  closeReservation(draft, reservation, quantity, "consumed");
  draft.freed.add(reservation.skuId);
  draft.escrow.passOn(reservation.skuId, quantity);
}

/** Gives back `quantity` units of one SKU held by a line, the newest reservation first; `passesOn`: to other lines of its order. */
function giveBack(draft: Draft, holder: Holder, skuId: string, quantity: number, passesOn: boolean): void {
  let left = quantity;
  const rows = draft.heldBy(holder.id, holder.lineNo).filter((row) => row.skuId === skuId);
  for (const row of rows.reverse()) {
    if (left === 0) return;
    const units = Math.min(left, row.quantity);
    closeReservation(draft, row, units, "released");
    if (passesOn) draft.escrow.passOn(skuId, units);
    left -= units;
  }
}

/**
 * An order that a platform took is a fact: what it waits for of a split SKU was set aside for it, and would be sold again if the order
 * let go of it while another part of its bundle is missing. Shared units make somebody else's order whole meanwhile.
 */
export const holdsParts = (draft: Draft, kind: Holder["kind"], skuId: string): boolean =>
  kind === "order" && draft.escrow.stateOf(skuId) !== "shared";

/**
 * What may be taken of each part, of which parts what makes no whole unit as well, whether nothing is given back, and whether what is
 * given back is its order's own until the command at hand is decided.
 */
interface Taking {
  free(draft: Draft, skuId: string): number;
  loose(draft: Draft, kind: Holder["kind"], skuId: string): boolean;
  keeps: boolean;
  passesOn: boolean;
}

const promised: Taking = { free: availableOf, loose: holdsParts, keeps: false, passesOn: false };

/** One line of an order after the other: a line may want what another one has let go of. */
export const lineByLine: Taking = { ...promised, passesOn: true };

/**
 * A parcel that has left was packed from what was on the shelf, whoever it was set aside for. What the line holds beyond the parcel
 * is its own still.
 */
export const packed: Taking = { ...promised, free: onShelfOf, loose: () => true, keeps: true };

const nothingMore: Taking = { ...promised, free: () => 0 };

/** How many of the `wanted` units can be whole, and the units of each part held then. */
function targetsOf(
  draft: Draft,
  holder: Holder,
  components: readonly Component[],
  wanted: number,
  taking: Taking,
): { units: number; targets: ReadonlyMap<string, number> } {
  const rows = draft.heldBy(holder.id, holder.lineNo);
  const parts = components.map(({ skuId, quantity }) => {
    const held = heldOf(rows, skuId);
    return { skuId, quantity, held, available: held + taking.free(draft, skuId) };
  });
  const units = Math.min(wanted, bundlesFrom(parts));
  const targets = parts.map(({ skuId, quantity, held, available }): [string, number] => {
    const isLoose = taking.loose(draft, holder.kind, skuId);
    const target = isLoose ? Math.min(wanted * quantity, available) : units * quantity;
    return [skuId, taking.keeps ? Math.max(held, target) : target];
  });
  return { units, targets: new Map(targets) };
}

/**
 * Makes a line hold exactly `wanted` units or as many whole ones as there are, and of an order the split parts of the others: gives
 * back what is too much, takes what is missing. Answers the units still missing.
 */
export function fitUnits(
  draft: Draft,
  holder: Holder,
  components: readonly Component[],
  wanted: number,
  taking: Taking = promised,
): number {
  const { units, targets } = targetsOf(draft, holder, components, wanted, taking);
  const rows = draft.heldBy(holder.id, holder.lineNo);
  for (const skuId of new Set(rows.map((row) => row.skuId))) {
    const excess = heldOf(rows, skuId) - (targets.get(skuId) ?? 0);
    if (excess > 0) giveBack(draft, holder, skuId, excess, taking.passesOn);
  }
  for (const [skuId, target] of targets) {
    const missing = target - heldOf(rows, skuId);
    if (missing > 0) take(draft, holder, skuId, missing);
  }
  return wanted - units;
}

/**
 * Gives back what makes no whole unit any more, because somebody else's order may be whole with it; an order keeps its split parts.
 * Answers the units missing of `wanted`.
 */
export const keepUnits = (
  draft: Draft,
  holder: Holder,
  components: readonly Component[],
  wanted: number,
): number => fitUnits(draft, holder, components, wanted, nothingMore);

/** Fits an order line and keeps its place in the queue while it is short. Answers whether anything changed. */
export function fitLine(
  draft: Draft,
  order: OrderRow,
  line: LineRow,
  wanted: number,
  taking: Taking = promised,
): boolean {
  const holder: Holder = { kind: "order", id: order.id, lineNo: line.lineNo };
  const components = componentsOf(line);
  const before = heldUnits(draft, holder, components);
  const shortfall = fitUnits(draft, holder, components, wanted, taking);
  return (
    setShortfall(draft, order, line, components.length === 0 ? 0 : shortfall) ||
    heldUnits(draft, holder, components) !== before
  );
}

/** Notes how many units of a line are missing and where it waits for them. Answers whether the number changed. */
export function setShortfall(draft: Draft, order: OrderRow, line: LineRow, shortfall: number): boolean {
  const changed = shortfall !== line.shortfall;
  const waitingSince = shortfall > 0 ? placeInQueue(order) : null;
  if (!changed && waitingSince === line.waitingSince) return false;
  line.shortfall = shortfall;
  line.waitingSince = waitingSince;
  draft.touchLine(line);
  return changed;
}

export const allocationOf = (
  draft: Draft,
  line: LineRow,
): NonNullable<OrderEventData["allocation"]>[number] => {
  const reserved = heldUnits(
    draft,
    { kind: "order", id: line.orderId, lineNo: line.lineNo },
    componentsOf(line),
  );
  return {
    lineNo: line.lineNo,
    skuId: line.skuId,
    wanted: reserved + line.shortfall,
    reserved,
    shortfall: line.shortfall,
  };
};

/** Demand per SKU over all lines together (F002, F004): a check per line would count the same unit twice. */
export function demandBySku(
  lines: readonly { components: readonly Component[]; quantity: number }[],
): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { components, quantity } of lines) {
    for (const component of components) {
      demand.set(component.skuId, (demand.get(component.skuId) ?? 0) + component.quantity * quantity);
    }
  }
  return demand;
}
