import type { Instant } from "../clock.ts";
import { EscrowBook } from "../escrow/book.ts";
import type { NewEvent } from "../events/types.ts";
import type { Ids } from "../ids.ts";
import { LiveDraft } from "../live/draft.ts";
import { ListingIndex } from "./draft-listings.ts";
import type {
  Bystanders,
  Component,
  DocumentRow,
  HoldRow,
  LineRow,
  Loaded,
  LocationRow,
  MovementRow,
  OrderRow,
  QueueState,
  RefundRow,
  ReservationRow,
  ShipmentRow,
  SkuRow,
  StockRow,
} from "./rows.ts";

/** A task a person must see, raised by a decision. */
export interface NewTask {
  kind: string;
  subject: string;
  message: string;
  detail: Record<string, unknown>;
}

/**
 * The working copy a batch decides on. It is made from loaded rows (which stay untouched), changed by the decision functions
 * only through the methods here and in `core/inventory`, and then written back: what is in a `changed` set differs
 * from the database.
 */
export class Draft {
  readonly merchant: Loaded["merchant"];
  readonly now: Instant;
  readonly ids: Ids;
  readonly skus = new Map<string, SkuRow>();
  readonly skuByCode = new Map<string, SkuRow>();
  readonly locations = new Map<string, LocationRow>();
  readonly locationByCode = new Map<string, LocationRow>();
  readonly listings: ListingIndex;
  readonly orders = new Map<string, OrderRow>();
  readonly lines = new Map<string, LineRow[]>();
  readonly shipments = new Map<string, ShipmentRow[]>();
  readonly refunds = new Map<string, RefundRow[]>();
  readonly holds = new Map<string, HoldRow>();
  readonly documents = new Map<string, DocumentRow>();
  /** Stock rows of a SKU, in the order they are taken from. */
  readonly stock = new Map<string, StockRow[]>();
  /** Held reservations by holder. Closed ones leave the list and stay in `changedReservations`. */
  readonly held = new Map<string, ReservationRow[]>();

  readonly newOrders = new Set<OrderRow>();
  readonly changedOrders = new Set<OrderRow>();
  readonly newLines = new Set<LineRow>();
  readonly changedLines = new Set<LineRow>();
  readonly newReservations = new Set<ReservationRow>();
  readonly changedReservations = new Set<ReservationRow>();
  readonly newShipments = new Set<ShipmentRow>();
  readonly changedShipments = new Set<ShipmentRow>();
  readonly newRefunds = new Set<RefundRow>();
  readonly changedRefunds = new Set<RefundRow>();
  readonly newHolds = new Set<HoldRow>();
  readonly changedHolds = new Set<HoldRow>();
  readonly newDocuments: DocumentRow[] = [];
  readonly movements: MovementRow[] = [];
  readonly events: NewEvent[] = [];
  /** SKUs of which units came free since waiting lines were last served. */
  readonly freed = new Set<string>();
  /** Split SKUs of which a platform put units back that it had sold again already. */
  readonly resold = new Set<string>();
  /** SKUs shared from now on: bundles that wait let go of the parts of them that make no whole unit. */
  readonly unsplit = new Set<string>();
  /** Bundles that lines in the database wait for, with every make-up they were ordered in. */
  readonly waitingBundles = new Map<string, Component[][]>();

  readonly live: LiveDraft;
  /** What listings may sell unasked of the SKUs at hand. */
  readonly escrow: EscrowBook;

  private explained = 0;
  private pinned = -1;
  private readonly orderIdByKey = new Map<string, string>();
  private readonly holdIdByReference = new Map<string, string>();
  private readonly stockBefore = new Map<StockRow, StockRow>();
  private readonly queues = new Map<string, QueueState>();
  /** What the batch last said of a task: there is one, or there is none any more. */
  private readonly tasks = new Map<string, { kind: string; subject: string; task: NewTask | null }>();

  constructor(loaded: Loaded, now: Instant, ids: Ids) {
    this.merchant = loaded.merchant;
    this.now = now;
    this.ids = ids;
    for (const sku of loaded.skus) {
      this.skus.set(sku.id, sku);
      this.skuByCode.set(sku.code, sku);
    }
    for (const location of loaded.locations) {
      this.locations.set(location.id, location);
      this.locationByCode.set(location.code, location);
    }
    this.live = new LiveDraft(loaded.live);
    this.listings = new ListingIndex(loaded.listings);
    this.escrow = new EscrowBook(loaded);
    for (const row of loaded.stock) {
      const copy = { ...row };
      this.stockBefore.set(copy, row);
      push(this.stock, row.skuId, copy);
    }
    for (const order of loaded.orders) this.addOrder(copyOrder(order));
    for (const line of loaded.lines) push(this.lines, line.orderId, { ...line });
    for (const row of loaded.reservations) push(this.held, row.holderId, { ...row });
    for (const row of loaded.shipments) push(this.shipments, row.orderId, { ...row });
    for (const row of loaded.refunds) push(this.refunds, row.orderId, { ...row });
    for (const hold of loaded.holds) {
      this.holds.set(hold.id, { ...hold });
      this.holdIdByReference.set(hold.reference, hold.id);
    }
    for (const document of loaded.documents) this.documents.set(document.reference, document);
    for (const bundle of loaded.waitingBundles) push(this.waitingBundles, bundle.skuId, bundle.components);
    this.addBystanders(loaded.bystanders);
  }

  /** Takes in orders that no command names. */
  addBystanders({ orders, lines, reservations }: Bystanders): void {
    for (const order of orders) this.addOrder(copyOrder(order));
    for (const line of lines) push(this.lines, line.orderId, { ...line });
    for (const row of reservations) push(this.held, row.holderId, { ...row });
  }

  /** How far the queue of a SKU has been read; nothing at first. */
  queueOf(skuId: string): QueueState {
    const known = this.queues.get(skuId);
    if (known) return known;
    const queue: QueueState = { skuId, count: 0, last: null, ended: false };
    this.queues.set(skuId, queue);
    return queue;
  }

  /** Stock rows that differ from what was loaded, with the version they had. */
  changedStock(): { row: StockRow; versionBefore: number }[] {
    const changed: { row: StockRow; versionBefore: number }[] = [];
    for (const [row, before] of this.stockBefore) {
      if (
        row.onHand !== before.onHand ||
        row.reserved !== before.reserved ||
        row.heldBack !== before.heldBack ||
        row.inDoubt !== before.inDoubt ||
        row.valueMinor !== before.valueMinor
      ) {
        changed.push({ row, versionBefore: before.version });
      }
    }
    return changed;
  }

  /** Stock rows of which a count found what was there. */
  confirmedStock(): StockRow[] {
    const changed = new Set(this.changedStock().map(({ row }) => row));
    const isCounted = ([row, before]: [StockRow, StockRow]) => row.knownSince !== before.knownSince;
    return [...this.stockBefore].flatMap((pair) => (isCounted(pair) && !changed.has(pair[0]) ? pair[0] : []));
  }

  findOrder(connectionId: string, externalId: string): OrderRow | undefined {
    const id = this.orderIdByKey.get(orderKey(connectionId, externalId));
    return id === undefined ? undefined : this.orders.get(id);
  }

  addOrder(order: OrderRow): void {
    this.orders.set(order.id, order);
    this.orderIdByKey.set(orderKey(order.connectionId, order.externalId), order.id);
  }

  insertOrder(order: OrderRow): void {
    this.addOrder(order);
    this.newOrders.add(order);
  }

  touchOrder(order: OrderRow): void {
    if (!this.newOrders.has(order)) this.changedOrders.add(order);
  }

  linesOf(orderId: string): LineRow[] {
    return this.lines.get(orderId) ?? [];
  }

  insertLine(line: LineRow): void {
    push(this.lines, line.orderId, line);
    this.newLines.add(line);
  }

  touchLine(line: LineRow): void {
    if (!this.newLines.has(line)) this.changedLines.add(line);
  }

  heldBy(holderId: string, lineNo: number): ReservationRow[] {
    return (this.held.get(holderId) ?? []).filter((row) => row.lineNo === lineNo);
  }

  findHold(reference: string): HoldRow | undefined {
    const id = this.holdIdByReference.get(reference);
    return id === undefined ? undefined : this.holds.get(id);
  }

  insertHold(hold: HoldRow): void {
    this.holds.set(hold.id, hold);
    this.holdIdByReference.set(hold.reference, hold.id);
    this.newHolds.add(hold);
  }

  touchHold(hold: HoldRow): void {
    if (!this.newHolds.has(hold)) this.changedHolds.add(hold);
  }

  insertShipment(shipment: ShipmentRow): void {
    push(this.shipments, shipment.orderId, shipment);
    this.newShipments.add(shipment);
  }

  touchShipment(shipment: ShipmentRow): void {
    if (!this.newShipments.has(shipment)) this.changedShipments.add(shipment);
  }

  insertRefund(refund: RefundRow): void {
    push(this.refunds, refund.orderId, refund);
    this.newRefunds.add(refund);
  }

  touchRefund(refund: RefundRow): void {
    if (!this.newRefunds.has(refund)) this.changedRefunds.add(refund);
  }

  insertDocument(document: DocumentRow): void {
    this.documents.set(document.reference, document);
    this.newDocuments.push(document);
  }

  raiseTask(task: NewTask): void {
    this.tasks.set(`${task.kind}\n${task.subject}`, { kind: task.kind, subject: task.subject, task });
  }

  closeTask(kind: string, subject: string): void {
    this.tasks.set(`${kind}\n${subject}`, { kind, subject, task: null });
  }

  /** Whether the batch has raised this task, or closed it. */
  hasTask(kind: string, subject: string): boolean {
    return this.tasks.has(`${kind}\n${subject}`);
  }

  raisedTasks(): NewTask[] {
    return [...this.tasks.values()].flatMap(({ task }) => task ?? []);
  }

  closedTasks(): { kind: string; subject: string }[] {
    return [...this.tasks.values()].filter(({ task }) => task === null);
  }

  /** Notes an event. It explains every movement made since the last one: a command emits right after it moved stock. */
  emit(event: NewEvent): void {
    for (; this.explained < this.movements.length; this.explained += 1) {
      const movement = this.movements[this.explained];
      if (movement && movement.eventIndex < 0) movement.eventIndex = this.events.length;
    }
    this.events.push(event);
  }

  /** Notes an event whose movements are made inside `work`, while other events may be noted too. */
  emitAround(event: NewEvent, work: () => void): void {
    const index = this.events.length;
    this.emit(event);
    const outer = this.pinned;
    this.pinned = index;
    work();
    this.pinned = outer;
  }

  addMovement(movement: Omit<MovementRow, "id" | "eventIndex">): void {
    this.movements.push({ ...movement, id: this.ids.next(), eventIndex: this.pinned });
  }
}

const orderKey = (connectionId: string, externalId: string) => `${connectionId}\n${externalId}`;

const copyOrder = (order: OrderRow): OrderRow => ({
  ...order,
  booked: order.booked ? structuredClone(order.booked) : null,
});

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
