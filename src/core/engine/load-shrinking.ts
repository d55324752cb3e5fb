import type { Sql } from "../db/database.ts";
import type { ClaimRow } from "../live/rows.ts";
import { reservationColumns, stockColumns } from "./columns.ts";
import { BatchConflict } from "./conflict.ts";
import { readClaims } from "./load-live.ts";
import { readBystanders, readHeld } from "./load-rows.ts";
import { placesOf, type StockNeeds } from "./load-stock.ts";
import type { Bystanders, Component, ReservationRow, StockRow } from "./rows.ts";

/** The reservations a count or a loss may take units from: those places hold more promises than will be left on hand. */

export interface Shrinking {
  /** Holds that may end. They are locked with the holds the batch names. */
  holdIds: string[];
  /** SKUs of which units may come back: what else those holds and bundles hold. */
  skuIds: string[];
  /** Live sessions whose share may shrink, and claims that may lose their units. */
  sessionIds: string[];
  claimIds: string[];
}

type Needs = Pick<StockNeeds, "skus" | "locations" | "keys">;

/** A look ahead without locks, so that all locks are taken in their order; `readShrinking` looks again under them. */
export async function findShrinking(tx: Sql, merchantId: string, needs: Needs): Promise<Shrinking> {
  const places = placesOf(needs, needs.keys.shrinking);
  if (places.length === 0) return { holdIds: [], skuIds: [], sessionIds: [], claimIds: [] };
  const stock = await tx.query<StockRow>(
    `select s.* from unnest($2::uuid[], $3::uuid[]) k(sku_id, location_id) cross join lateral
       (select ${stockColumns} from stock_levels s where s.merchant_id = $1 and s.sku_id = k.sku_id and s.location_id = k.location_id limit 1) s`,
    [merchantId, places.map((place) => place.skuId), places.map((place) => place.locationId)],
  );
  const reservations = await newestReservations(tx, merchantId, needs, stock);
  const holdIds = holdersOf(reservations, "hold");
  const bundles = await componentsHeld(tx, merchantId, holdersOf(reservations, "order"));
  return {
    holdIds,
    skuIds: bundles.flatMap((components) => components.map(({ skuId }) => skuId)),
    sessionIds: holdersOf(reservations, "session"),
    claimIds: holdersOf(reservations, "claim"),
  };
}

/**
 * The orders that may lose units, read under the locked stock rows. Throws a conflict when a hold or a bundle came in since the
 * look ahead: what it holds besides is not locked.
 */
export async function readShrinking(
  tx: Sql,
  merchantId: string,
  needs: Needs,
  stock: readonly StockRow[],
  known: ReadonlySet<string>,
  lockedSessions: ReadonlySet<string>,
): Promise<{ bystanders: Bystanders; claims: ClaimRow[] }> {
  const reservations = await newestReservations(tx, merchantId, needs, stock);
  const strangers = (kind: ReservationRow["holderKind"]) =>
    holdersOf(reservations, kind).filter((id) => !known.has(id));
  const [stranger] = [...strangers("hold"), ...strangers("session")];
  if (stranger) throw new BatchConflict(`holder ${stranger} came in between`);
  // Claims made since the look ahead are protected by their session's lock, where that is held.
  const claims = await readClaims(tx, merchantId, strangers("claim"));
  const open = claims.find((claim) => !lockedSessions.has(claim.sessionId));
  if (open) throw new BatchConflict(`claim ${open.id} came in between`);
  const orderIds = holdersOf(reservations, "order").filter((id) => !known.has(id));
  const bystanders = await readBystanders(tx, merchantId, orderIds);
  const locked = new Set(stock.map((row) => row.skuId));
  const losing = new Set(reservations.map((row) => `${row.holderId}:${row.lineNo}`));
  for (const line of bystanders.lines) {
    if (!losing.has(`${line.orderId}:${line.lineNo}`)) continue;
    const part = line.components?.find((component) => !locked.has(component.skuId));
    if (part) throw new BatchConflict(`a bundle with ${part.skuId} came in between`);
  }
  const held = await readHeld(
    tx,
    merchantId,
    claims.map((claim) => claim.id),
  );
  const unlocked = held.find((row) => !locked.has(row.skuId));
  if (unlocked) throw new BatchConflict(`a bundle's claim with ${unlocked.skuId} came in between`);
  return { bystanders: { ...bystanders, reservations: [...bystanders.reservations, ...held] }, claims };
}

const holdersOf = (reservations: readonly ReservationRow[], kind: ReservationRow["holderKind"]): string[] => [
  ...new Set(reservations.filter((row) => row.holderKind === kind).map((row) => row.holderId)),
];

/** As many as could lose all the units that may be missing: each holds at least one. Orders lose first, then holds. */
async function newestReservations(
  tx: Sql,
  merchantId: string,
  needs: Needs,
  stock: readonly StockRow[],
): Promise<ReservationRow[]> {
  const stockByPlace = new Map(stock.map((row) => [row.skuId + row.locationId, row]));
  const short = placesOf(needs, needs.keys.shrinking).flatMap(({ skuId, locationId, named }) => {
    const row = stockByPlace.get(skuId + locationId);
    if (!row?.own || row.reserved === 0) return [];
    const counts = named.flatMap((entry) => entry.count ?? []);
    const lowest =
      Math.min(row.onHand, ...counts) + named.reduce((sum, entry) => sum + Math.min(0, entry.delta), 0);
    return lowest < row.reserved ? [{ skuId, locationId, units: row.reserved - Math.max(0, lowest) }] : [];
  });
  if (short.length === 0) return [];
  return tx.query<ReservationRow>(
    `select r.* from unnest($2::uuid[], $3::uuid[], $4::bigint[]) k(sku_id, location_id, units)
     cross join (values ('session'), ('order'), ('hold'), ('claim')) kind(name)
     cross join lateral (select ${reservationColumns} from reservations r where r.merchant_id = $1 and r.sku_id = k.sku_id
       and r.location_id = k.location_id and r.status = 'held' and r.holder_kind = kind.name
       order by r.created_at desc, r.id desc limit k.units) r`,
    [
      merchantId,
      short.map((place) => place.skuId),
      short.map((place) => place.locationId),
      short.map((place) => place.units),
    ],
  );
}

/** What the bundles among these orders' lines were made of. */
async function componentsHeld(
  tx: Sql,
  merchantId: string,
  orderIds: readonly string[],
): Promise<Component[][]> {
  if (orderIds.length === 0) return [];
  const rows = await tx.query<{ components: Component[] }>(
    `select distinct l.components from unnest($2::uuid[]) k(id) cross join lateral
       (select l.components from order_lines l where l.merchant_id = $1 and l.order_id = k.id and l.components is not null offset 0) l`,
    [merchantId, [...orderIds]],
  );
  return rows.map((row) => row.components);
}
