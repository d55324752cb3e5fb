import type { Sql } from "../db/database.ts";
import type { NamedKeys } from "./keys.ts";
import { readListings, readSkus } from "./load-rows.ts";
import type { ListingRow, Loaded, LocationRow, SkuRow } from "./rows.ts";

/** What the first statements find: no lock is held yet, and nothing here decides anything. */
export interface Found {
  merchant: Loaded["merchant"];
  locations: LocationRow[];
  skus: SkuRow[];
  listings: ListingRow[];
  orderIds: string[];
  holdIds: string[];
  documents: Loaded["documents"];
}

export async function findNamed(tx: Sql, merchantId: string, keys: NamedKeys): Promise<Found> {
  const [merchant, locations, skus, listings, orders, holds, documents] = await Promise.all([
    findMerchant(tx, merchantId),
    tx.query<LocationRow>("select id, code, kind from locations where merchant_id = $1 order by id", [
      merchantId,
    ]),
    readSkus(tx, merchantId, keys.skuCodes, []),
    readListings(tx, merchantId, keys.listingKeys),
    findOrderIds(tx, merchantId, keys),
    findHoldIds(tx, merchantId, keys),
    findDocuments(tx, merchantId, keys),
  ]);
  return {
    merchant,
    locations,
    skus,
    listings,
    orderIds: [...new Set([...orders.map((row) => row.id), ...keys.orderIds])].sort(),
    holdIds: [...new Set([...holds.map((row) => row.id), ...keys.holdIds])],
    documents,
  };
}

interface MerchantRow {
  baseCurrency: string;
  settings: unknown;
  manualConnectionIds: string[];
}

async function findMerchant(tx: Sql, merchantId: string): Promise<Loaded["merchant"]> {
  const [merchant] = await tx.query<MerchantRow>(
    `select m.base_currency as "baseCurrency", m.settings,
       array(select c.id::text from connections c where c.merchant_id = $1 and c.connector = 'manual') as "manualConnectionIds"
     from merchants m where m.merchant_id = $1`,
    [merchantId],
  );
  if (!merchant) throw new Error(`merchant ${merchantId} does not exist`);
  const settings = merchant.settings as { defaultTaxRateBp?: number; roundingToleranceMinor?: number };
  return {
    id: merchantId,
    baseCurrency: merchant.baseCurrency,
    defaultTaxRateBp: settings.defaultTaxRateBp ?? 0,
    roundingToleranceMinor: settings.roundingToleranceMinor ?? 0,
    manualConnectionIds: merchant.manualConnectionIds,
  };
}

const findOrderIds = async (tx: Sql, merchantId: string, keys: NamedKeys): Promise<{ id: string }[]> =>
  keys.orderKeys.length === 0
    ? []
    : tx.query<{ id: string }>(
        `select o.id from unnest($2::uuid[], $3::text[]) k(connection_id, external_id) cross join lateral
           (select o.id from orders o where o.merchant_id = $1 and o.connection_id = k.connection_id and o.external_id = k.external_id limit 1) o`,
        [
          merchantId,
          keys.orderKeys.map((key) => key.connectionId),
          keys.orderKeys.map((key) => key.externalId),
        ],
      );

const findHoldIds = async (tx: Sql, merchantId: string, keys: NamedKeys): Promise<{ id: string }[]> =>
  keys.holdReferences.length === 0
    ? []
    : tx.query<{ id: string }>(
        `select h.id from unnest($2::text[]) k(reference) cross join lateral
           (select h.id from holds h where h.merchant_id = $1 and h.reference = k.reference limit 1) h`,
        [merchantId, keys.holdReferences],
      );

const findDocuments = async (tx: Sql, merchantId: string, keys: NamedKeys): Promise<Loaded["documents"]> =>
  keys.documentReferences.length === 0
    ? []
    : tx.query<Loaded["documents"][number]>(
        `select d.* from unnest($2::text[]) k(reference) cross join lateral
           (select d.reference, d.kind, d.digest, d.result, d.created_at as "createdAt" from stock_documents d
            where d.merchant_id = $1 and d.reference = k.reference limit 1) d`,
        [merchantId, keys.documentReferences],
      );
