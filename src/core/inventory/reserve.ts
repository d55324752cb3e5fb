import type { Instant } from "../clock.ts";
import type { Draft } from "../engine/draft.ts";
import type { Component, LineRow, OrderRow, ReservationRow, StockRow } from "../engine/rows.ts";
import { SluiceError } from "../errors.ts";
import type { CostPart, OrderEventData } from "../events/types.ts";
import { placeInQueue } from "../orders/status.ts";
import { allocate, availableOver, bundlesFrom } from "./allocate.ts";
import { costOfIssue } from "./stock-value.ts";

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

/** Units anybody who asks may take now: split, what no listing stands for. */
export const availableOf = (draft: Draft, skuId: string): number =>
  draft.escrow.takeable(skuId, availableOver(draft.stock.get(skuId) ?? []));

export const stockRow = (draft: Draft, skuId: string, locationId: string): StockRow => {
  const row = draft.stock.get(skuId)?.find((candidate) => candidate.locationId === locationId);
  if (!row) throw new Error(`stock row ${skuId} at ${locationId} was not locked by this batch`);
  return row;
};

const heldOf = (rows: readonly ReservationRow[], skuId: string): number =>
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

/** Sets units free that the order of this very command takes: they are its own, even where the SKU has lost others. */
export function passOn(draft: Draft, reservation: ReservationRow, quantity: number): void {
  closeReservation(draft, reservation, quantity, "consumed");
  draft.freed.add(reservation.skuId);
  draft.escrow.grant(reservation.skuId, quantity);
}

/** Gives back `quantity` units of one SKU held by a line, the newest reservation first. */
function giveBack(draft: Draft, holder: Holder, skuId: string, quantity: number): void {
  let left = quantity;
  const rows = draft.heldBy(holder.id, holder.lineNo).filter((row) => row.skuId === skuId);
  for (const row of rows.reverse()) {
    if (left === 0) return;
    const units = Math.min(left, row.quantity);
    closeReservation(draft, row, units, "released");
    left -= units;
  }
}

/**
 * Makes a line hold exactly `wanted` units or as many whole ones as there are: gives back what is too much, takes
 * what is missing. Answers the units still missing.
 */
export function fitUnits(
  draft: Draft,
  holder: Holder,
  components: readonly Component[],
  wanted: number,
): number {
  const held = draft.heldBy(holder.id, holder.lineNo);
  const reachable = bundlesFrom(
    components.map(({ skuId, quantity }) => ({
      quantity,
      available: heldOf(held, skuId) + availableOf(draft, skuId),
    })),
  );
  const units = Math.min(wanted, reachable);
  const targetOf = (skuId: string) =>
    units * (components.find((component) => component.skuId === skuId)?.quantity ?? 0);
  for (const skuId of new Set(held.map((row) => row.skuId))) {
    const excess = heldOf(held, skuId) - targetOf(skuId);
    if (excess > 0) giveBack(draft, holder, skuId, excess);
  }
  for (const { skuId } of components) {
    const missing = targetOf(skuId) - heldOf(held, skuId);
    if (missing > 0) take(draft, holder, skuId, missing);
  }
  return wanted - units;
}

/** Fits an order line and keeps its place in the queue while it is short. Answers whether anything changed. */
export function fitLine(draft: Draft, order: OrderRow, line: LineRow, wanted: number): boolean {
  const holder: Holder = { kind: "order", id: order.id, lineNo: line.lineNo };
  const components = componentsOf(line);
  const before = heldUnits(draft, holder, components);
  const shortfall = fitUnits(draft, holder, components, wanted);
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

/** Takes units out of on hand at their cost and notes the movement. The caller emits the event that explains it. */
export function issue(
  draft: Draft,
  row: StockRow,
  quantity: number,
  movement: { kind: string; cause: string; occurredAt: Instant },
): number {
  const costMinor = costOfIssue(row, quantity);
  row.onHand -= quantity;
  row.valueMinor -= costMinor;
  const { skuId, locationId } = row;
  draft.addMovement({ skuId, locationId, quantity: -quantity, valueMinor: -costMinor, ...movement });
  return costMinor;
}

/** Puts units on the shelf at a given value. Throws `number_out_of_range` where the figures could not be exact any more. */
export function receive(
  draft: Draft,
  row: StockRow,
  quantity: number,
  valueMinor: number,
  movement: { kind: string; cause: string; occurredAt: Instant },
): void {
  row.onHand += quantity;
  row.valueMinor += valueMinor;
  if (!Number.isSafeInteger(row.onHand) || !Number.isSafeInteger(row.valueMinor)) {
    throw new SluiceError(
      "number_out_of_range",
      `The stock of ${draft.skus.get(row.skuId)?.code ?? row.skuId} would grow beyond what can be counted exactly; correct its cost or count first.`,
    );
  }
  if (row.own) draft.freed.add(row.skuId);
  const { skuId, locationId } = row;
  draft.addMovement({ skuId, locationId, quantity, valueMinor, ...movement });
}

/** Ships `units` of a line out of its reservations. Answers the cost per SKU and location. */
export function consume(
  draft: Draft,
  line: LineRow,
  units: number,
  movement: { cause: string; occurredAt: Instant },
): CostPart[] {
  const costs: CostPart[] = [];
  for (const { skuId, quantity } of componentsOf(line)) {
    let left = units * quantity;
    for (const reservation of draft.heldBy(line.orderId, line.lineNo).filter((row) => row.skuId === skuId)) {
      if (left === 0) break;
      const taken = Math.min(left, reservation.quantity);
      const row = stockRow(draft, skuId, reservation.locationId);
      closeReservation(draft, reservation, taken, "consumed");
      const costMinor = issue(draft, row, taken, { kind: "shipment", ...movement });
      costs.push({ lineNo: line.lineNo, skuId, locationId: row.locationId, quantity: taken, costMinor });
      left -= taken;
    }
  }
  return costs;
}
