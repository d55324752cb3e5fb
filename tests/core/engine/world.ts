import { expect } from "vitest";
import { loadManualConnection } from "../../../src/core/catalogue/connections.ts";
import { createListing } from "../../../src/core/catalogue/listings.ts";
import { createLocation } from "../../../src/core/catalogue/locations.ts";
import { updateSku } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { runDoctor } from "../../../src/core/doctor.ts";
import type {
  Answer,
  HoldAnswer,
  OrderAnswer,
  Refusal,
  StockAnswer,
} from "../../../src/core/engine/commands.ts";
import { readEvents } from "../../../src/core/events/log.ts";
import type { OrderEventData, StoredEvent } from "../../../src/core/events/types.ts";
import { post } from "../../../src/core/ledger/post.ts";
import type { LocationKind } from "../../../src/core/model/catalogue.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import type {
  AdjustmentInput,
  RefundInput,
  ReservationInput,
  ShipmentInput,
} from "../../../src/core/model/stock.ts";
import { postJournals } from "../../../src/sync/jobs/post-journals.ts";
import { snapshotOf, type TestHub, testHub } from "../../support/hub.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";
import { balances, books, nothingBooked } from "../ledger/builders.ts";

export type Snapshot = Partial<OrderSnapshot> & { externalId: string };
export type Line = OrderSnapshot["lines"][number];

/** One ordered line, by default of one unit at 100.00. */
export const line = (externalLineId: string, sku: string, quantity = 1, more: Partial<Line> = {}): Line => ({
  externalLineId,
  sku,
  quantity,
  unitPriceMinor: 10_000,
  ...more,
});

/** A time on the day of the tests: "08:30" or "08:30:15". */
export const at = (time: string): string => new Date(`2026-11-22T${time}Z`).toISOString();

/** A hub with words for what tests do, and eyes for what they look at. */
export interface World extends TestHub {
  runtime: TestRuntime;
  manualId: string;
  manual(
    snapshot: Snapshot,
    more?: { holdReference?: string; mayRefuse?: boolean },
  ): Promise<OrderAnswer | Refusal>;
  adjust(reference: string, ...lines: AdjustmentInput["lines"]): Promise<StockAnswer | Refusal>;
  hold(
    reference: string,
    lines: ReservationInput["lines"],
    expiresAt?: string | null,
  ): Promise<HoldAnswer | Refusal>;
  endHold(holdId: string, as?: "released" | "expired"): Promise<HoldAnswer | Refusal>;
  ship(orderId: string, input?: ShipmentInput, shipmentId?: string): Promise<OrderAnswer | Refusal>;
  recall(orderId: string, shipmentId: string): Promise<OrderAnswer | Refusal>;
  cancel(orderId: string): Promise<OrderAnswer | Refusal>;
  refund(orderId: string, input: RefundInput): Promise<OrderAnswer | Refusal>;
  accept(orderId: string): Promise<OrderAnswer | Refusal>;
  map(orderId: string): Promise<OrderAnswer | Refusal>;
  place(code: string, kind?: LocationKind): Promise<void>;
  listing(externalId: string, sku: string, more?: { variant?: string; unitsPer?: number }): Promise<void>;
  rebundle(code: string, components: { sku: string; quantity: number }[]): Promise<void>;
  /** Status and lines of an order, as stored. */
  stored(externalId: string): Promise<StoredOrder>;
  /** Figures of one SKU per location code. */
  levels(code: string): Promise<Record<string, [onHand: number, reserved: number, heldBack: number]>>;
  openTasks(): Promise<string[]>;
  events(type?: string): Promise<StoredEvent[]>;
  /** How many rows each table has: a refusal must not change it. */
  counts(): Promise<Record<string, number>>;
  /** What the books say of one order, all its events posted: role -> debits less credits. */
  balancesOf(orderId: string): Promise<Record<string, number>>;
  /** Every promise of the doctor holds, and every event can be booked. */
  expectClean(): Promise<void>;
}

export interface StoredOrder {
  id: string;
  status: string;
  toldStatus: string;
  totalMinor: number;
  refundedMinor: number;
  heldReason: string | null;
  lines: StoredLine[];
  held: number;
}

export interface StoredLine {
  line: number;
  key: string;
  sku: string | null;
  quantity: number;
  shipped: number;
  returned: number;
  cancelled: number;
  shortfall: number;
  reserved: number;
}

const tables = [
  "orders",
  "order_lines",
  "reservations",
  "shipments",
  "refunds",
  "holds",
  "movements",
  "events",
  "tasks",
  "stock_documents",
];

/** Worlds on one database need ids of their own. */
let seeds = 1000;

/** A world of its own on a database that tests may share. */
export async function openWorld(
  db: Database,
  options: Parameters<typeof testHub>[2] & { runtime?: TestRuntime; settings?: object } = {},
): Promise<World> {
  seeds += 1;
  const { runtime = testRuntime({ seed: seeds }), settings, ...rest } = options;
  const hub = await testHub(db, runtime, rest);
  const { id } = hub.merchant;
  if (settings) {
    await db.query("update merchants set settings = settings || $2::jsonb where merchant_id = $1", [
      id,
      JSON.stringify(settings),
    ]);
  }
  const manualId = (await loadManualConnection(db, id)).id;
  const as = <Kind extends Answer>(answer: Promise<Answer>) => answer as Promise<Kind>;
  const world: World = {
    ...hub,
    runtime,
    manualId,
    manual: (snapshot, more = {}) =>
      as(
        hub.submit({
          kind: "order.apply",
          connectionId: manualId,
          snapshot: snapshotOf(snapshot),
          mayRefuse: true,
          reserveFrom: "placed",
          ...more,
        }),
      ),
    adjust: (reference, ...lines) => as(hub.submit({ kind: "stock.adjust", input: { reference, lines } })),
    hold: (reference, lines, expiresAt = null) =>
      as(hub.submit({ kind: "hold.create", input: { reference, lines }, expiresAt })),
    endHold: (holdId, how = "released") => as(hub.submit({ kind: "hold.close", holdId, as: how })),
    ship: (orderId, input = {}, shipmentId = runtime.ids.next()) =>
      as(hub.submit({ kind: "order.ship", orderId, shipmentId, input })),
    recall: (orderId, shipmentId) => as(hub.submit({ kind: "shipment.cancel", orderId, shipmentId })),
    cancel: (orderId) => as(hub.submit({ kind: "order.cancel", orderId })),
    refund: (orderId, input) => as(hub.submit({ kind: "order.refund", orderId, input })),
    accept: (orderId) => as(hub.submit({ kind: "order.accept", orderId })),
    map: (orderId) => as(hub.submit({ kind: "order.map", orderId })),
    async place(code, kind = "own") {
      await createLocation(db, runtime, id, { code, name: code, kind });
    },
    async listing(externalId, sku, { variant, unitsPer = 1 } = {}) {
      await createListing(db, runtime, id, {
        connection: hub.connectionId,
        externalId,
        ...(variant === undefined ? {} : { externalVariantId: variant }),
        sku,
        unitsPer,
        buffer: 0,
        cap: null,
      });
    },
    async rebundle(code, components) {
      await updateSku(db, runtime, id, code, { components });
    },
    stored: (externalId) => readStored(db, id, externalId),
    async levels(code) {
      const rows = await db.query<{ code: string; row: [number, number, number] }>(
        `select p.code, array[s.on_hand, s.reserved, s.held_back]::int[] as row from stock_levels s
           join skus k on k.merchant_id = $1 and k.id = s.sku_id join locations p on p.merchant_id = $1 and p.id = s.location_id
         where s.merchant_id = $1 and k.code = $2 order by p.id`,
        [id, code],
      );
      return Object.fromEntries(rows.map((row) => [row.code, row.row]));
    },
    async openTasks() {
      const rows = await db.query<{ kind: string }>(
        "select kind from tasks where merchant_id = $1 and status = 'open' order by kind, subject",
        [id],
      );
      return rows.map((row) => row.kind);
    },
    async events(type) {
      const all = await readEvents(db, id, 0, 1_000_000);
      return type === undefined ? all : all.filter((event) => event.type === type);
    },
    async counts() {
      const rows = await Promise.all(
        tables.map(async (table): Promise<[string, number]> => {
          const [row] = await db.query<{ n: number }>(
            `select count(*)::int as n from ${table} where merchant_id = $1`,
            [id],
          );
          return [table, row?.n ?? 0];
        }),
      );
      return Object.fromEntries(rows);
    },
    async balancesOf(orderId) {
      const posting = post(await world.events(), books(), nothingBooked);
      return balances(posting.entries.filter((entry) => entry.orderId === orderId));
    },
    async expectClean() {
      while (!(await postJournals({ db, runtime }, id)).caughtUp);
      const report = await runDoctor(db, { merchantId: id });
      expect(report.checks.filter((check) => !check.ok)).toEqual([]);
      const posting = post(await world.events(), books({ settings: settings ?? {} }), nothingBooked);
      expect(posting.parked).toEqual([]);
      await expectSettledBooks(world);
    },
  };
  return world;
}

/** Of an order that is over nothing is owed any more; cash told in events is the order's total less its refunds. */
async function expectSettledBooks(world: World): Promise<void> {
  const posting = post(await world.events(), books(), nothingBooked);
  const orders = await world.db.query<{
    id: string;
    external: string;
    over: boolean;
    booked: boolean;
  }>(
    `select o.id, o.external_id as external, o.booked is not null as booked,
       o.status in ('shipped', 'completed', 'cancelled', 'refunded')
         and not exists (select 1 from order_lines l where l.merchant_id = o.merchant_id and l.order_id = o.id
           and o.status not in ('cancelled', 'refunded') and l.quantity * l.units_per > l.shipped + l.cancelled) as over
     from orders o where o.merchant_id = $1`,
    [world.merchant.id],
  );
  for (const order of orders.filter((row) => row.over && row.booked)) {
    const sums = balances(posting.entries.filter((entry) => entry.orderId === order.id));
    const owed = { liability: sums.contract_liab ?? 0, tax: sums.vat_out_pending ?? 0 };
    expect({ order: order.external, ...owed }).toEqual({ order: order.external, liability: 0, tax: 0 });
  }
}

async function readStored(db: Database, merchantId: string, externalId: string): Promise<StoredOrder> {
  const [order] = await db.query<Omit<StoredOrder, "lines" | "held">>(
    `select id, status, told_status as "toldStatus", total_minor as "totalMinor", refunded_minor as "refundedMinor",
       held_reason as "heldReason" from orders where merchant_id = $1 and external_id = $2`,
    [merchantId, externalId],
  );
  if (!order) throw new Error(`no order ${externalId}`);
  const lines = await db.query<StoredLine>(
    `select l.line_no as line, l.external_line_id as key, k.code as sku, l.quantity, l.shipped, l.returned, l.cancelled, l.shortfall,
       (select coalesce(sum(r.quantity), 0)::bigint from reservations r where r.merchant_id = $1 and r.holder_id = l.order_id
          and r.line_no = l.line_no and r.status = 'held') as reserved
     from order_lines l left join skus k on k.merchant_id = $1 and k.id = l.sku_id
     where l.merchant_id = $1 and l.order_id = $2 order by l.line_no`,
    [merchantId, order.id],
  );
  return { ...order, lines, held: lines.reduce((sum, row) => sum + row.reserved, 0) };
}

/** Facts of all events of one order, in order. */
export const factsOf = (events: readonly StoredEvent[], orderId: string): OrderEventData[] =>
  events.flatMap((event) =>
    event.type.startsWith("order.") && event.subject === orderId ? [event.data as OrderEventData] : [],
  );
