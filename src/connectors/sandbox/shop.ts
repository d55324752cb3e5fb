import { type Clock, instantOf, msOf } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Behaviour } from "../contract.ts";
import { type Basket, orderOf } from "./basket.ts";
import type { Faults } from "./faults.ts";
import { createHoldings, type Holdings, listingOf } from "./holdings.ts";
import type { Happening, Journal } from "./journal.ts";
import * as changes from "./order-changes.ts";
import { createOrderLog, type OrderLog } from "./order-log.ts";
import { unitsOf } from "./pricing.ts";
import { keyOf, type Product, refOf } from "./products.ts";
import { createShelf, type Shelf } from "./shelf.ts";

/** What shoppers, and the hub through `ship`, may do. Every method changes one order whole, or refuses and changes nothing. */
export interface Shop {
  products: readonly Product[];
  shelf: Shelf;
  orders: OrderLog;
  place(basket: Basket): changes.Changed;
  pay(orderId: string): changes.Changed;
  cancel(orderId: string): changes.Changed;
  /** Before shipping only. A line may go down to 0 while another one stays. */
  editQuantity(orderId: string, externalLineId: string, quantity: number): changes.Changed;
  /** Money back on a paid order, with a line also goods back. All of the money: the order is refunded. */
  refund(orderId: string, request: changes.RefundRequest): changes.Changed;
  /** "When will it be sent?": a change that moves neither money nor units. */
  askForShipment(orderId: string): changes.Changed;
  /** The same shipment id twice is one parcel. */
  ship(parcel: changes.Parcel): changes.Changed;
  complete(orderId: string): changes.Changed;
  /** The shop's own time. Never goes back, even when its skew is taken away. */
  nowMs(): number;
}

export interface ShopOptions {
  products: readonly Product[];
  currency: string;
  behaviour: Pick<Behaviour, "deducts" | "restoresOnUnpaidCancel" | "restoresOnPaidRefund">;
  clock: Clock;
  faults: Faults;
  journal: Journal;
  /** Begins every order id, so that a shop opened again does not reuse ids. */
  idPrefix: string;
  /** Told after every change of an order. */
  onChange: (order: OrderSnapshot) => void;
}

export function createShop(options: ShopOptions): Shop {
  const { behaviour, products } = options;
  const shelf = createShelf(products, options.journal);
  const orders = createOrderLog();
  const holdings = createHoldings(shelf, behaviour);
  const { nowMs, save } = createSaver(options, orders);
  const now = () => instantOf(nowMs());
  const byKey = new Map(products.map((product) => [keyOf(product), product]));

  /** Decides on the order, and stores what came out. */
  const change = (
    orderId: string,
    happening: Happening,
    decide: (order: OrderSnapshot) => changes.Changed,
  ) => {
    const order = orders.get(orderId);
    const result = order ? decide(order) : changes.refused("not_found");
    return result.ok ? save(result.order, happening) : result;
  };

  return {
    products,
    shelf,
    orders,
    nowMs,
    place(basket) {
      const order = orderOf(
        basket,
        byKey,
        `${options.idPrefix}${orders.size() + 1}`,
        options.currency,
        now(),
      );
      if (order === null) return changes.refused("invalid");
      const isThere =
        behaviour.deducts === "placed"
          ? holdings.take(order.externalId, order.lines)
          : holdings.fits(order.lines);
      return isThere ? save(order, placed(order)) : soldOut(basket, shelf, options.journal);
    },
    pay: (orderId) =>
      change(orderId, { kind: "order_paid", orderId }, (order) => {
        const result = changes.paid(order, now());
        if (!result.ok || behaviour.deducts !== "paid") return result;
        return holdings.take(orderId, order.lines) ? result : changes.refused("sold_out");
      }),
    cancel: (orderId) =>
      change(orderId, { kind: "order_cancelled", orderId }, (order) => {
        const result = changes.cancelled(order, now());
        if (result.ok)
          for (const line of order.lines)
            holdings.giveBack(orderId, line, line.quantity, changes.isPaid(order));
        return result;
      }),
    editQuantity: (orderId, externalLineId, quantity) =>
      change(orderId, { kind: "order_edited", orderId }, (order) =>
        edit(order, externalLineId, quantity, holdings, behaviour),
      ),
    refund: (orderId, request) =>
      change(orderId, { kind: "order_refunded", orderId, amountMinor: request.amountMinor }, (order) => {
        const result = changes.refunded(order, request, now());
        const line = order.lines.find((one) => one.externalLineId === request.line?.externalLineId);
        if (result.ok && line && request.line) holdings.giveBack(orderId, line, request.line.quantity, true);
        return result;
      }),
    askForShipment: (orderId) => change(orderId, { kind: "shipment_asked", orderId }, changes.asked),
    complete: (orderId) => change(orderId, { kind: "order_completed", orderId }, changes.completed),
    ship(parcel) {
      const { orderExternalId: orderId, shipmentId } = parcel;
      const known = orders.get(orderId);
      if (known && changes.shipmentOf(known, shipmentId)) return { ok: true, order: known };
      const happening: Happening = {
        kind: "order_shipped",
        orderId,
        shipmentId,
        quantity: unitsOf(parcel.lines),
      };
      return change(orderId, happening, (order) => changes.shipped(order, parcel, now()));
    },
  };
}

/** The shop's time, and the one way an order gets stored: each change later than the one before. */
function createSaver(options: ShopOptions, orders: OrderLog) {
  let lastMs = 0;
  const nowMs = () => {
    lastMs = Math.max(lastMs, options.clock.nowMs() + options.faults.clockSkewMs);
    return lastMs;
  };
  const save = (order: OrderSnapshot, happening: Happening): changes.Changed => {
    const previous = orders.get(order.externalId);
    lastMs = Math.max(nowMs(), previous === undefined ? 0 : msOf(previous.updatedAt) + 1);
    const saved = { ...order, updatedAt: instantOf(lastMs) };
    orders.put(saved);
    options.journal.write(happening);
    options.onChange(saved);
    return { ok: true, order: saved };
  };
  return { nowMs, save };
}

/** Units follow the edit where the order holds some; growing beyond the figure is refused. */
function edit(
  order: OrderSnapshot,
  externalLineId: string,
  quantity: number,
  holdings: Holdings,
  behaviour: ShopOptions["behaviour"],
): changes.Changed {
  const result = changes.edited(order, externalLineId, quantity);
  const line = order.lines.find((one) => one.externalLineId === externalLineId);
  if (!result.ok || line === undefined) return result;
  const more = quantity - line.quantity;
  const holds = behaviour.deducts === "placed" || (behaviour.deducts === "paid" && changes.isPaid(order));
  if (more > 0) {
    const extra = [{ ...line, quantity: more }];
    const isThere = holds ? holdings.take(order.externalId, extra) : holdings.fits([{ ...line, quantity }]);
    return isThere ? result : changes.refused("sold_out");
  }
  holdings.giveBack(order.externalId, line, -more, changes.isPaid(order));
  return result;
}

const placed = (order: OrderSnapshot): Happening => ({
  kind: "order_placed",
  orderId: order.externalId,
  lines: order.lines.map((line) => ({ ...listingOf(line), quantity: line.quantity })),
  totalMinor: order.totalMinor,
});

function soldOut(basket: Basket, shelf: Shelf, journal: Journal): changes.Refused {
  for (const line of basket.lines) {
    journal.write({
      kind: "order_refused",
      listing: refOf(line),
      quantity: line.quantity,
      figure: shelf.figure(line),
    });
  }
  return changes.refused("sold_out");
}
