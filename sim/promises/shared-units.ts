import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { modeOf } from "../world/furnish.ts";
import type { SimShop } from "../world/shops.ts";
import type { World } from "../world/world.ts";
import { isPromised } from "./escrow.ts";

interface Shown {
  id: string;
  code: string;
  available: number;
  shown: number;
}

interface Mapped {
  connectionId: string;
  externalId: string;
  variant: string;
  skuId: string;
  unitsPer: number;
}

interface Known {
  connectionId: string;
  externalId: string;
  externalLineId: string;
  quantity: number;
  toldStatus: string;
}

/** What shops have sold beyond what is there, and the hub has not heard of, against the possible oversell it shows. Bundles left aside. */
export async function hiddenOversell(world: World): Promise<string | null> {
  const { db, furniture, plan, shops } = world;
  if (!plan.features.has("shared units") || plan.features.has("bundles") || !isPromised(world)) return null;
  const all = <Row>(text: string) => db.query<Row>(text, [furniture.merchantId]);
  const skus = await all<Shown>(
    `select s.id, s.code, coalesce(a.possible_oversell, 0) as shown,
       (select coalesce(greatest(sum(on_hand - reserved - held_back - in_doubt), 0), 0)::bigint from stock_levels l
        where l.merchant_id = $1 and l.sku_id = s.id and l.own) as available
     from skus s left join sku_allocations a on a.merchant_id = $1 and a.sku_id = s.id where s.merchant_id = $1`,
  );
  const listings = await all<Mapped>(
    `select connection_id as "connectionId", external_id as "externalId", external_variant_id as variant, sku_id as "skuId",
       units_per as "unitsPer" from listings where merchant_id = $1`,
  );
  const lines = await all<Known>(
    `select o.connection_id as "connectionId", o.external_id as "externalId", l.external_line_id as "externalLineId", l.quantity, o.told_status as "toldStatus"
     from orders o join order_lines l on l.merchant_id = $1 and l.order_id = o.id where o.merchant_id = $1`,
  );
  const known = new Map(
    lines.map((line) => [keyOf(line.connectionId, line.externalId, line.externalLineId), line]),
  );
  for (const { id, code, available, shown } of skus) {
    if (modeOf(plan, code) !== "shared") continue;
    const units = shops.reduce((sum, shop) => {
      const sold = listings.filter(
        ({ skuId, connectionId }) => skuId === id && connectionId === shop.connectionId,
      );
      return sum + unheardOf(shop, sold, known);
    }, 0);
    const real = Math.max(0, units - available);
    if (real > shown) return `${code}: ${real} units are oversold, the hub shows at most ${shown}`;
  }
  return null;
}

const keyOf = (...parts: readonly string[]): string => parts.join(" ");

const isTaken = ({ plan }: SimShop, status: string): boolean =>
  status !== "cancelled" &&
  status !== "refunded" &&
  (status !== "pending_payment" || plan.deducts === "placed");

/** SKU units a shop has sold that the hub has not heard of. */
function unheardOf(shop: SimShop, listings: readonly Mapped[], known: ReadonlyMap<string, Known>): number {
  let units = 0;
  for (const told of shop.sandbox.shop.orders.all()) {
    if (isTaken(shop, told.status)) units += unheardOfOrder(shop, told, listings, known);
  }
  return units;
}

function unheardOfOrder(
  shop: SimShop,
  told: OrderSnapshot,
  listings: readonly Mapped[],
  known: ReadonlyMap<string, Known>,
): number {
  return told.lines.reduce((sum, line) => {
    const listing = listings.find(
      (one) => one.externalId === line.externalItemId && one.variant === (line.externalVariantId ?? ""),
    );
    if (!listing) return sum;
    const held = known.get(keyOf(shop.connectionId, told.externalId, line.externalLineId));
    const heard = held && isTaken(shop, held.toldStatus) ? held.quantity : 0;
    return sum + Math.max(0, line.quantity - heard) * listing.unitsPer;
  }, 0);
}
