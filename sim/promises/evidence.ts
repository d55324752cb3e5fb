import type { Database } from "../../src/core/db/database.ts";
import { type DoctorReport, runDoctor } from "../../src/core/doctor.ts";
import type { Rest } from "../calm.ts";
import type { World } from "../world/world.ts";
import { gatherLive, type LiveEvidence } from "./live-evidence.ts";

/** What the hub holds at the end, read row by row and judged outside the database. */
export interface Evidence {
  world: World;
  /** What is left to do; null before the hub has come to rest. */
  rest: Rest | null;
  doctor: DoctorReport;
  orders: OrderFound[];
  lines: LineFound[];
  reservations: ReservationFound[];
  stock: StockFound[];
  movements: MovementFound[];
  holds: { id: string; reference: string; status: string }[];
  shipments: ShipmentFound[];
  refunds: {
    orderId: string;
    externalId: string;
    amountMinor: number;
    isEcho: boolean;
    isUnbooked: boolean;
  }[];
  inbox: {
    connectionId: string;
    deliveryId: string;
    digest: string;
    status: string;
    reason: string | null;
  }[];
  listings: ListingFound[];
  journal: {
    number: number;
    role: string;
    side: string;
    amountMinor: number;
    currency: string;
    orderId: string | null;
  }[];
  documents: { reference: string }[];
  skus: SkuFound[];
  locations: { id: string; code: string; kind: string }[];
  tasks: {
    kind: string;
    subject: string;
    status: string;
    detail: { units?: number; reservations?: string[] };
  }[];
  eventSeqs: { count: number; first: number; last: number; told: number };
  theirRows: { before: string; after: string };
  plainBuyers: number;
  /** Null in runs without a live room. */
  live: LiveEvidence | null;
}

export interface SkuFound {
  id: string;
  code: string;
  components: { skuId: string; quantity: number }[];
  /** Whether its units are split now, or on the way to it. */
  isSplit: boolean;
}

export interface OrderFound {
  id: string;
  connectionId: string;
  externalId: string;
  status: string;
  toldStatus: string;
  totalMinor: number;
  refundedMinor: number;
  updatedAt: string;
  heldReason: string | null;
  isBooked: boolean;
}

export interface LineFound {
  orderId: string;
  lineNo: number;
  externalLineId: string;
  skuId: string | null;
  unitsPer: number;
  quantity: number;
  shipped: number;
  returned: number;
  cancelled: number;
  shortfall: number;
  components: { skuId: string; quantity: number }[] | null;
}

export interface ReservationFound {
  holderId: string;
  holderKind: string;
  lineNo: number;
  skuId: string;
  locationId: string;
  quantity: number;
}

export interface StockFound {
  skuId: string;
  locationId: string;
  onHand: number;
  reserved: number;
  heldBack: number;
  inDoubt: number;
  valueMinor: number;
}

export interface MovementFound {
  skuId: string;
  locationId: string;
  kind: string;
  quantity: number;
  valueMinor: number;
}

export interface ShipmentFound {
  id: string;
  orderId: string;
  origin: string;
  status: string;
  lines: { lines: { lineNo: number; quantity: number }[]; costs: { skuId: string; quantity: number }[] };
}

export interface ListingFound {
  connectionId: string;
  externalId: string;
  variant: string;
  skuId: string;
  unitsPer: number;
  buffer: number;
  cap: number | null;
  push: string | null;
  /** Whether a SKU it sells is split now, or on the way to it. */
  isSplit: boolean;
  /** Whether a person is asked what to do with a figure that the hub did not send; nothing is written until then. */
  isAsked: boolean;
}

/** What tells whether deliveries took effect. */
export type Deliveries = Pick<Evidence, "world" | "orders" | "inbox">;

export async function gatherDeliveries(world: World): Promise<Deliveries> {
  const all = allOf(world);
  return { world, orders: await gatherOrders(all), inbox: await gatherInbox(all) };
}

export async function gather(world: World, theirs: string, rest: Rest | null): Promise<Evidence> {
  const { db, furniture } = world;
  const { merchantId } = furniture;
  const all = allOf(world);
  const [counted] = await all<Evidence["eventSeqs"]>(
    `select count(e.seq) as count, coalesce(min(e.seq), 0) as first, coalesce(max(e.seq), 0) as last, m.last_event_seq as told
     from merchants m left join events e on e.merchant_id = m.merchant_id where m.merchant_id = $1 group by m.last_event_seq`,
  );
  const [plain] = await all<{ n: number }>(
    `select (select count(*) from orders where merchant_id = $1 and position('Buyer'::bytea in buyer) > 0)
       + (select count(*) from inbox where merchant_id = $1 and position('Buyer'::bytea in payload) > 0) as n`,
  );
  return {
    world,
    rest,
    doctor: await runDoctor(db, { merchantId }),
    orders: await gatherOrders(all),
    inbox: await gatherInbox(all),
    ...(await gatherStock(all)),
    ...(await gatherRecords(all)),
    eventSeqs: counted ?? { count: 0, first: 0, last: 0, told: 0 },
    theirRows: { before: theirs, after: await otherRows(db, furniture.otherMerchantId) },
    plainBuyers: plain?.n ?? 0,
    live: await gatherLive(world),
  };
}

type All = <Row>(text: string) => Promise<Row[]>;

const allOf =
  ({ db, furniture }: World): All =>
  <Row>(text: string) =>
    db.query<Row>(text, [furniture.merchantId]);

const gatherOrders = (all: All): Promise<OrderFound[]> =>
  all(
    `select id, connection_id as "connectionId", external_id as "externalId", status, told_status as "toldStatus", total_minor as "totalMinor",
       refunded_minor as "refundedMinor", updated_at as "updatedAt", held_reason as "heldReason", booked is not null as "isBooked"
     from orders where merchant_id = $1 order by id`,
  );

const gatherInbox = (all: All): Promise<Evidence["inbox"]> =>
  all(
    `select connection_id as "connectionId", delivery_id as "deliveryId", digest, status, error_message as reason from inbox where merchant_id = $1`,
  );

async function gatherStock(all: All) {
  return {
    lines: await all<LineFound>(
      `select order_id as "orderId", line_no as "lineNo", external_line_id as "externalLineId", sku_id as "skuId", units_per as "unitsPer",
         quantity, shipped, returned, cancelled, shortfall, components from order_lines where merchant_id = $1 order by order_id, line_no`,
    ),
    reservations: await all<ReservationFound>(
      `select holder_id as "holderId", holder_kind as "holderKind", line_no as "lineNo", sku_id as "skuId", location_id as "locationId", quantity
       from reservations where merchant_id = $1 and status = 'held'`,
    ),
    stock: await all<StockFound>(
      `select sku_id as "skuId", location_id as "locationId", on_hand as "onHand", reserved, held_back as "heldBack", in_doubt as "inDoubt", value_minor as "valueMinor"
       from stock_levels where merchant_id = $1`,
    ),
    movements: await all<MovementFound>(
      `select sku_id as "skuId", location_id as "locationId", kind, sum(quantity)::bigint as quantity, sum(value_minor)::bigint as "valueMinor"
       from movements where merchant_id = $1 group by 1, 2, 3`,
    ),
    holds: await all<Evidence["holds"][number]>(
      "select id, reference, status from holds where merchant_id = $1",
    ),
    skus: await all<SkuFound>(
      `select s.id, s.code, coalesce((select json_agg(json_build_object('skuId', b.component_id, 'quantity', b.quantity)) from bundles b
         where b.merchant_id = $1 and b.bundle_id = s.id), '[]') as components,
         exists (select 1 from sku_allocations a where a.merchant_id = $1 and a.sku_id = s.id and a.state <> 'shared') as "isSplit"
       from skus s where s.merchant_id = $1`,
    ),
    locations: await all<Evidence["locations"][number]>(
      "select id, code, kind from locations where merchant_id = $1",
    ),
  };
}

async function gatherRecords(all: All) {
  return {
    shipments: await all<ShipmentFound>(
      `select id, order_id as "orderId", origin, status, lines from shipments where merchant_id = $1`,
    ),
    refunds: await all<Evidence["refunds"][number]>(
      `select order_id as "orderId", external_id as "externalId", amount_minor as "amountMinor", lines ? 'echoOf' as "isEcho", lines ? 'unbooked' as "isUnbooked"
       from refunds where merchant_id = $1`,
    ),
    listings: await all<ListingFound>(
      `select l.connection_id as "connectionId", l.external_id as "externalId", l.external_variant_id as variant, l.sku_id as "skuId",
         l.units_per as "unitsPer", l.buffer, l.cap, o.status as push,
         exists (select 1 from sku_allocations a where a.merchant_id = $1 and a.state <> 'shared' and (a.sku_id = l.sku_id
           or exists (select 1 from bundles b where b.merchant_id = $1 and b.bundle_id = l.sku_id and b.component_id = a.sku_id))) as "isSplit",
         exists (select 1 from exposures e join tasks t on t.merchant_id = $1 and t.kind = 'foreign_stock_write' and t.subject = l.id::text and t.status = 'open'
           where e.merchant_id = $1 and e.listing_id = l.id and e.halt is not null) as "isAsked"
       from listings l left join outbox o on o.merchant_id = l.merchant_id and o.kind = 'stock' and o.subject_id = l.id where l.merchant_id = $1`,
    ),
    journal: await all<Evidence["journal"][number]>(
      `select e.number, l.role, l.side, l.amount_minor as "amountMinor", l.currency, e.order_id as "orderId" from journal_entries e
       left join journal_lines l on l.merchant_id = e.merchant_id and l.number = e.number where e.merchant_id = $1 order by e.number`,
    ),
    documents: await all<{ reference: string }>(
      "select reference from stock_documents where merchant_id = $1",
    ),
    tasks: await all<Evidence["tasks"][number]>(
      "select kind, subject, status, detail from tasks where merchant_id = $1",
    ),
  };
}

/** Tables that only a merchant's own doings change. */
const ownTables = [
  "connections",
  "events",
  "holds",
  "inbox",
  "listings",
  "merchants",
  "movements",
  "orders",
  "outbox",
  "reservations",
  "skus",
  "stock_levels",
];

/** One text for everything another merchant has. */
export async function otherRows(db: Database, merchantId: string): Promise<string> {
  const parts = ownTables.map(
    (table) =>
      `select string_agg(t::text, '|' order by t::text) as rows from ${table} t where t.merchant_id = $1`,
  );
  const [row] = await db.query<{ digest: string }>(
    `select md5(string_agg(coalesce(rows, ''), ';')) as digest from (${parts.join(" union all ")}) as all_rows`,
    [merchantId],
  );
  return row?.digest ?? "";
}
