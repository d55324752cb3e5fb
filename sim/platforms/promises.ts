import { runDoctor } from "../../src/core/doctor.ts";
import { figureOf, type PlatformShop } from "./shop.ts";
import type { PlatformWorld } from "./world.ts";

export interface HubOrder {
  connectionId: string;
  externalId: string;
  status: string;
  totalMinor: number;
  units: number;
  shortfall: number;
  shipments: number;
}

/** Every promise that is found broken, as sentences. Judged by what the platforms know. */
export async function brokenPromises(world: PlatformWorld): Promise<string[]> {
  const orders = await world.db.query<HubOrder>(
    `select o.connection_id as "connectionId", o.external_id as "externalId", o.status, o.total_minor as "totalMinor",
       coalesce(l.units, 0)::bigint as units, coalesce(l.shortfall, 0)::bigint as shortfall,
       (select count(*)::int from shipments s where s.merchant_id = o.merchant_id and s.order_id = o.id and s.status <> 'cancelled') as shipments
     from orders o left join lateral (
       select sum(quantity * units_per) as units, sum(shortfall) as shortfall from order_lines
       where merchant_id = o.merchant_id and order_id = o.id) l on true
     where o.merchant_id = $1`,
    [world.merchantId],
  );
  const broken = [...world.failed];
  for (const shop of world.shops) {
    broken.push(...ordersOf(shop, orders));
    broken.push(...(await parcelsOf(shop, orders)));
  }
  broken.push(...(await figures(world)), ...oversold(world, orders));
  const { checks } = await runDoctor(world.db, { merchantId: world.merchantId });
  for (const check of checks)
    if (!check.ok) broken.push(`doctor: ${check.name} ${JSON.stringify(check.rows[0] ?? check.message)}`);
  return broken;
}

function ordersOf(shop: PlatformShop, all: readonly HubOrder[]): string[] {
  const ours = all.filter(({ connectionId }) => connectionId === shop.connectionId);
  const byId = Map.groupBy(ours, ({ externalId }) => externalId);
  const broken: string[] = [];
  for (const [externalId, { totalMinor, quantity, cancelled }] of shop.orders) {
    const found = byId.get(externalId) ?? [];
    const [order] = found;
    if (!order || found.length > 1) {
      broken.push(`${shop.id} ${externalId} is there ${found.length} times`);
      continue;
    }
    if (cancelled) {
      if (!["cancelled", "refunded"].includes(order.status))
        broken.push(`${shop.id} ${externalId} was cancelled and is ${order.status}`);
    } else if (order.totalMinor !== totalMinor || order.units !== quantity)
      broken.push(
        `${shop.id} ${externalId} is ${order.units} units for ${order.totalMinor}, not ${quantity} for ${totalMinor}`,
      );
  }
  const strangers = ours.length - shop.orders.size;
  if (strangers > 0) broken.push(`${shop.id} has ${strangers} orders nobody placed`);
  return broken;
}

async function parcelsOf(shop: PlatformShop, all: readonly HubOrder[]): Promise<string[]> {
  const { fulfilments } = shop.platform;
  if (!fulfilments) return [];
  const broken: string[] = [];
  for (const order of all) {
    if (order.connectionId !== shop.connectionId) continue;
    const bought = shop.orders.get(order.externalId);
    if (!bought || bought.cancelled) continue;
    const parcels = await fulfilments.parcels(order.externalId);
    // A write that comes after its repeat is a second row of the same parcel where a platform knows no repeats.
    const numbers = new Set(parcels.map(({ trackingNumber }, index) => trackingNumber ?? index));
    const told = shop.lateWrites > 0 ? numbers.size : parcels.length;
    if (told !== order.shipments)
      broken.push(`${shop.id} ${order.externalId} knows ${told} parcels, ${order.shipments} were sent`);
  }
  return broken;
}

interface Shared {
  externalId: string;
  variant: string;
  connectionId: string;
  state: string;
  available: number;
}

/** Shared units: each platform shows what the core says. Split units: together they show no more than there are. */
async function figures(world: PlatformWorld): Promise<string[]> {
  const rows = await world.db.query<Shared>(
    `select l.external_id as "externalId", l.external_variant_id as variant, l.connection_id as "connectionId",
       coalesce(a.state, 'shared') as state,
       (select coalesce(greatest(sum(s.on_hand - s.reserved - s.held_back - s.in_doubt), 0), 0)::bigint from stock_levels s
         where s.merchant_id = l.merchant_id and s.sku_id = l.sku_id and s.own) as available
     from listings l left join sku_allocations a on a.merchant_id = l.merchant_id and a.sku_id = l.sku_id
     where l.merchant_id = $1`,
    [world.merchantId],
  );
  const broken: string[] = [];
  for (let item = 0; item < world.plan.skuCount; item += 1) {
    let offered = 0;
    let available: number | null = null;
    let isSplit = false;
    for (const shop of world.shops) {
      const listing = shop.platform.listings[item];
      if (!listing) continue;
      const row = rows.find(
        (one) =>
          one.connectionId === shop.connectionId &&
          one.externalId === listing.externalId &&
          one.variant === (listing.externalVariantId ?? ""),
      );
      if (!row) continue;
      const figure = await figureOf(shop, item);
      offered += figure;
      available = row.available;
      isSplit = row.state !== "shared";
      if (!isSplit && figure !== row.available)
        broken.push(`${shop.id} shows ${figure} of SKU-${item + 1}, the core says ${row.available}`);
    }
    if (isSplit && available !== null && offered > available)
      broken.push(`the platforms offer ${offered} of SKU-${item + 1}, ${available} are free`);
  }
  return broken;
}

/** Units sold that were never there, counted from the platforms' own orders. Only split units promise that there are none. */
export function oversoldUnits(world: PlatformWorld): number[] {
  return world.received.map((received, item) => {
    const sold = world.shops
      .flatMap((shop) => [...shop.orders.values()])
      .filter((bought) => bought.item === item && !bought.cancelled)
      .reduce((sum, bought) => sum + bought.quantity, 0);
    return Math.max(0, sold - received);
  });
}

function oversold(world: PlatformWorld, orders: readonly HubOrder[]): string[] {
  if (world.plan.stockMode !== "split") return [];
  const broken = oversoldUnits(world).flatMap((units, item) =>
    units > 0 ? [`${units} units of SKU-${item + 1} were sold that never were there`] : [],
  );
  const short = orders.filter(({ shortfall }) => shortfall > 0);
  if (short.length > 0) broken.push(`${short.length} orders of split units wait for units`);
  return broken;
}
