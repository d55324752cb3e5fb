import { isPaid } from "../../src/connectors/sandbox/order-changes.ts";
import type { OrderLine } from "../../src/connectors/sandbox/pricing.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { ShopPlan } from "../plan.ts";
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
  /** Units that were sent back, or refunded before they left. */
  back: number;
  toldStatus: string;
}

type Habits = Pick<ShopPlan, "deducts" | "restoresOnUnpaidCancel" | "restoresOnPaidRefund">;

/** All at one moment: what the hub shows and what it has heard of belong together. */
const asOneMoment = `select
  (select coalesce(json_agg(json_build_object('id', s.id, 'code', s.code, 'shown', coalesce(a.possible_oversell, 0), 'available',
      (select coalesce(greatest(sum(on_hand - reserved - held_back - in_doubt), 0), 0) from stock_levels l
       where l.merchant_id = $1 and l.sku_id = s.id and l.own)) order by s.code), '[]')
   from skus s left join sku_allocations a on a.merchant_id = $1 and a.sku_id = s.id where s.merchant_id = $1) as skus,
  (select coalesce(json_agg(json_build_object('connectionId', connection_id, 'externalId', external_id, 'variant', external_variant_id,
      'skuId', sku_id, 'unitsPer', units_per)), '[]')
   from listings where merchant_id = $1) as listings,
  (select coalesce(json_agg(json_build_object('connectionId', o.connection_id, 'externalId', o.external_id, 'externalLineId', l.external_line_id,
      'quantity', l.quantity, 'back', (l.returned + l.cancelled) / greatest(l.units_per, 1), 'toldStatus', o.told_status)), '[]')
   from orders o join order_lines l on l.merchant_id = $1 and l.order_id = o.id where o.merchant_id = $1) as lines`;

/** What shops have sold beyond what is there, and the hub has not heard of, against the possible oversell it shows. Bundles left aside. */
export async function hiddenOversell(world: World): Promise<string | null> {
  const { db, furniture, plan, shops } = world;
  if (!plan.features.has("shared units") || plan.features.has("bundles") || !isPromised(world)) return null;
  const [found] = await db.query<{ skus: Shown[]; listings: Mapped[]; lines: Known[] }>(asOneMoment, [
    furniture.merchantId,
  ]);
  if (!found) return null;
  const known = new Map(
    found.lines.map((line) => [keyOf(line.connectionId, line.externalId, line.externalLineId), line]),
  );
  const byListing = unheardByListing(shops, known);
  for (const { id, code, available, shown } of found.skus) {
    if (modeOf(plan, code) !== "shared") continue;
    const units = found.listings
      .filter(({ skuId }) => skuId === id)
      .reduce((sum, { connectionId, externalId, variant, unitsPer }) => {
        const unheard = byListing.get(keyOf(connectionId, externalId, variant)) ?? 0;
        return sum + Math.max(0, unheard) * unitsPer;
      }, 0);
    const real = Math.max(0, units - available);
    if (real > shown) return `${code}: ${real} units are oversold, the hub shows at most ${shown}`;
  }
  return null;
}

const keyOf = (...parts: readonly string[]): string => parts.join(" ");

/** What each listing has sold that the hub has not heard of, less what its shop put back on the figure unheard. */
function unheardByListing(
  shops: readonly SimShop[],
  known: ReadonlyMap<string, Known>,
): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const { connectionId, plan, sandbox } of shops) {
    for (const told of sandbox.shop.orders.all()) {
      for (const line of told.lines) {
        const key = keyOf(connectionId, line.externalItemId ?? "", line.externalVariantId ?? "");
        const held = known.get(keyOf(connectionId, told.externalId, line.externalLineId));
        units.set(key, (units.get(key) ?? 0) + unheardOf(plan, told, line, held));
      }
    }
  }
  return units;
}

const isOver = (status: string): boolean => status === "cancelled" || status === "refunded";

const isTaken = ({ deducts }: Habits, status: string): boolean =>
  !isOver(status) && (status !== "pending_payment" || deducts === "placed");

/**
 * Units of a line sold unheard; below zero: put back unheard. A unit that a shop put back and sold again is sold once and not twice: the
 * hub's bound takes it so (R in docs/escrow.md), since it cannot know of it earlier. What a shop keeps off its figure counts as sold.
 */
export function unheardOf(
  plan: Habits,
  told: OrderSnapshot,
  line: OrderLine,
  held: Pick<Known, "quantity" | "back" | "toldStatus"> | undefined,
): number {
  const putBack = (units: number) => (plan.restoresOnPaidRefund ? units : 0);
  const heard = held && isTaken(plan, held.toldStatus) ? held.quantity - putBack(held.back) : 0;
  const left = line.quantity - putBack(sentBack(told, line));
  const sold = isTaken(plan, told.status) ? left : 0;
  if (sold >= heard) return sold - heard;
  const restores = isPaid(told) ? plan.restoresOnPaidRefund : plan.restoresOnUnpaidCancel;
  // Money alone that goes back puts no unit on the figure.
  const off = told.status === "refunded" ? left : sold;
  return restores ? Math.min(0, off - heard) : 0;
}

const sentBack = ({ refunds }: OrderSnapshot, { externalLineId }: OrderLine): number =>
  (refunds ?? [])
    .flatMap(({ lines }) => lines ?? [])
    .filter((line) => line.externalLineId === externalLineId)
    .reduce((sum, { quantity }) => sum + (quantity ?? 0), 0);
