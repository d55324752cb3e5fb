import type { Bought, PlatformShop } from "./shop.ts";
import type { PlatformWorld } from "./world.ts";

/** What people do in one act: shoppers on the platforms, the merchant's warehouse, callers of the API. */
export interface Act {
  name: string;
  weight: number;
  do(world: PlatformWorld): Promise<void>;
}

export const acts: readonly Act[] = [
  { name: "buy", weight: 60, do: buy },
  { name: "touch", weight: 6, do: (world) => withOrder(world, touch) },
  { name: "cancel", weight: 8, do: (world) => withOrder(world, cancel) },
  { name: "ship", weight: 14, do: ship },
  { name: "receive", weight: 4, do: receive },
  { name: "hold", weight: 4, do: hold },
];

async function buy(world: PlatformWorld): Promise<void> {
  const { chance, shops, plan } = world;
  const shop = chance.oneOf(shops);
  const items = Math.min(plan.skuCount, shop.platform.listings.length);
  await world.buy(shop, chance.between(0, items - 1), chance.oneOf([1, 1, 1, 2, 3]));
}

async function withOrder(
  world: PlatformWorld,
  act: (world: PlatformWorld, shop: PlatformShop, bought: Bought) => Promise<void> | void,
): Promise<void> {
  const shop = world.chance.oneOf(world.shops);
  const open = [...shop.orders.values()].filter(({ cancelled }) => !cancelled).slice(-40);
  if (open.length > 0) await act(world, shop, world.chance.oneOf(open));
}

async function touch(world: PlatformWorld, shop: PlatformShop, { externalId }: Bought): Promise<void> {
  await shop.platform.orders?.touch(externalId);
  world.tell(shop, externalId);
}

/** The buyer takes the whole order back before anything has left; the platform puts the units back as it declares. */
async function cancel(world: PlatformWorld, shop: PlatformShop, bought: Bought): Promise<void> {
  const { orders, fulfilments } = shop.platform;
  if (!orders?.cancel || (await fulfilments?.parcels(bought.externalId))?.length !== 0) return;
  const [row] = await world.db.query<{ shipped: number }>(
    `select coalesce(sum(l.shipped), 0)::bigint as shipped from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
     where o.merchant_id = $1 and o.connection_id = $2 and o.external_id = $3`,
    [world.merchantId, shop.connectionId, bought.externalId],
  );
  if ((row?.shipped ?? 0) > 0) return;
  await orders.cancel(bought.externalId);
  bought.cancelled = true;
  world.see("order.cancel");
  world.tell(shop, bought.externalId);
}

interface Waiting {
  orderId: string;
  externalId: string;
  line: number;
  quantity: number;
}

/** The warehouse sends a whole order that has all its units. */
async function ship(world: PlatformWorld): Promise<void> {
  const rows = await world.db.query<Waiting>(
    `select o.id as "orderId", o.external_id as "externalId", l.line_no as line, l.quantity from orders o
       join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
     where o.merchant_id = $1 and o.status = 'paid' and l.shipped = 0 and l.cancelled = 0 and l.shortfall = 0 and l.quantity > 0
     order by o.id limit 20`,
    [world.merchantId],
  );
  // Labels are printed on the platform, which gives none for an order that was taken back.
  const open = rows.filter(({ externalId }) =>
    world.shops.some(({ orders }) => orders.get(externalId)?.cancelled === false),
  );
  if (open.length === 0) return;
  const { orderId, line, quantity } = world.chance.oneOf(open);
  const number = `SF${world.nextReference("parcel")}`;
  const lines = [{ line, quantity }];
  const input = { lines, carrier: "SF Express", trackingNumber: number };
  const answer = await world.submit({
    kind: "order.ship",
    orderId,
    shipmentId: world.desk.ids.next(),
    input,
  });
  if (answer !== null && answer.kind !== "refused") world.see("parcel");
}

async function receive(world: PlatformWorld): Promise<void> {
  const { chance, plan } = world;
  const item = chance.between(0, plan.skuCount - 1);
  const delta = chance.between(1, Math.max(1, plan.openingStock >> 2));
  const reference = world.nextReference("receipt");
  const line = { sku: `SKU-${item + 1}`, delta, unitCostMinor: 700, reason: "receipt" as const };
  // Asked again until it is answered: the reference makes it one.
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await world.submit({ kind: "stock.adjust", input: { reference, lines: [line] } });
    if (answer === null) {
      await world.time.pass(60_000);
      world.tend();
      continue;
    }
    if (answer.kind !== "refused") world.received[item] = (world.received[item] ?? 0) + delta;
    return;
  }
  world.failed.push(`${reference} was never answered`);
}

/** A hold that ends by itself: it competes for units. */
async function hold(world: PlatformWorld): Promise<void> {
  const { chance, plan, time } = world;
  const sku = `SKU-${chance.between(1, plan.skuCount)}`;
  const expiresAt = new Date(time.nowMs() + 120_000).toISOString();
  const lines = [{ sku, quantity: chance.between(1, 2) }];
  await world.submit({
    kind: "hold.create",
    input: { reference: world.nextReference("hold"), lines },
    expiresAt,
  });
}
