import { z } from "zod";
import { type Instant, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import { type StockMode, stockModes } from "../escrow/mode.ts";
import { appendEvents } from "../events/log.ts";
import { mainLocation } from "../merchants.ts";
import { type SkuInput, type SkuKind, skuInputSchema } from "../model/catalogue.ts";
import { normaliseCode, taxRateSchema } from "../model/primitives.ts";
import { decodeCursor, type Page, type PageRequest, textPosition, toPage } from "../page.ts";
import type { Runtime } from "../runtime.ts";
import { checkComponents, insertComponents } from "./bundles.ts";
import { announceMode, convergeSkus } from "./converge.ts";
import { ordersWaitingForSkus } from "./waiting.ts";

export interface Sku {
  id: string;
  code: string;
  name: string;
  kind: SkuKind;
  /** What a bundle is made of; empty for everything else. */
  components: { sku: string; quantity: number }[];
  barcode: string | null;
  taxRateBp: number | null;
  /** How its units are spread over listings; null for the merchant's default. */
  stockMode: StockMode | null;
  createdAt: Instant;
}

/** The most SKUs made in one transaction. */
export const maxSkusAtOnce = 5000;

/**
 * Makes SKUs, all or none, each with an empty stock row at MAIN (bundles have none: their stock is their components').
 * Components may be SKUs of the same set. Throws `already_exists` naming the codes that are taken, `duplicate_key` for
 * a code given twice, `unknown_sku` and `invalid_request` for components that cannot be.
 * `waitingOrderIds`: orders with lines that waited for one of these codes; hand each to the engine as `order.map`.
 */
export async function createSkus(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  inputs: readonly SkuInput[],
): Promise<{ skus: Sku[]; waitingOrderIds: string[] }> {
  if (inputs.length === 0) return { skus: [], waitingOrderIds: [] };
  if (inputs.length > maxSkusAtOnce) {
    throw new SluiceError(
      "invalid_request",
      `At most ${maxSkusAtOnce} SKUs are made at once, not ${inputs.length}; split the set.`,
    );
  }
  const createdAt = nowInstant(runtime.clock);
  const skus = inputs.map((input) => newSku(input, runtime.ids.next(), createdAt));
  refuseRepeats(skus);
  return inTransaction(sql, async (tx) => {
    const components = await checkComponents(tx, merchantId, skus);
    await insertSkus(tx, merchantId, skus);
    await insertStockRows(tx, merchantId, skus);
    await insertComponents(tx, merchantId, components);
    await appendEvents(
      tx,
      merchantId,
      skus.map((sku) => ({
        type: "sku.created",
        subject: sku.id,
        occurredAt: createdAt,
        data: { skuId: sku.id, code: sku.code, kind: sku.kind },
      })),
    );
    const waitingOrderIds = await ordersWaitingForSkus(
      tx,
      merchantId,
      skus.map((sku) => sku.code),
    );
    return { skus, waitingOrderIds };
  });
}

/** Makes one SKU; see `createSkus`. */
export async function createSku(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  input: SkuInput,
): Promise<{ sku: Sku; waitingOrderIds: string[] }> {
  const { skus, waitingOrderIds } = await createSkus(sql, runtime, merchantId, [input]);
  const [sku] = skus;
  if (!sku) throw new SluiceError("internal", "A SKU was made and not given back.");
  return { sku, waitingOrderIds };
}

/** Codes are trimmed and NFC here too, not only at the edge: a trailing space must never make a second SKU (F126). */
function newSku(input: SkuInput, id: string, createdAt: Instant): Sku {
  const code = normaliseCode(input.code);
  const { name, kind } = input;
  const components = plannedComponents(code, kind, input.components ?? []);
  return {
    id,
    code,
    name,
    kind,
    components,
    barcode: input.barcode ?? null,
    taxRateBp: input.taxRateBp ?? null,
    stockMode: input.stockMode ?? null,
    createdAt,
  };
}

function plannedComponents(
  code: string,
  kind: SkuKind,
  components: NonNullable<SkuInput["components"]>,
): Sku["components"] {
  if (kind === "bundle" && components.length === 0) {
    throw new SluiceError("invalid_request", `Bundle "${code}" needs components: what one of it is made of.`);
  }
  if (kind !== "bundle" && components.length > 0) {
    throw new SluiceError(
      "invalid_request",
      `"${code}" has components but is no bundle; give it the kind "bundle".`,
    );
  }
  return components.map(({ sku, quantity }) => ({ sku: normaliseCode(sku), quantity }));
}

function refuseRepeats(skus: readonly Sku[]): void {
  const seen = new Set<string>();
  for (const { code } of skus) {
    if (seen.has(code))
      throw new SluiceError("duplicate_key", `SKU "${code}" is given twice; give it once.`, {
        details: { code },
      });
    seen.add(code);
  }
}

async function insertSkus(tx: Sql, merchantId: string, skus: readonly Sku[]): Promise<void> {
  // In order of code, so that two sets with common codes wait for each other and do not deadlock.
  const inserted = await tx.query<{ code: string }>(
    `insert into skus (merchant_id, id, code, name, kind, barcode, tax_rate_bp, stock_mode, created_at)
     select $1::uuid, s.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::timestamptz[])
       as s (id, code, name, kind, barcode, tax_rate_bp, stock_mode, created_at)
     order by s.code
     on conflict (merchant_id, code) do nothing returning code`,
    [
      merchantId,
      skus.map((sku) => sku.id),
      skus.map((sku) => sku.code),
      skus.map((sku) => sku.name),
      skus.map((sku) => sku.kind),
      skus.map((sku) => sku.barcode),
      skus.map((sku) => sku.taxRateBp),
      skus.map((sku) => sku.stockMode),
      skus.map((sku) => sku.createdAt),
    ],
  );
  if (inserted.length === skus.length) return;
  const fresh = new Set(inserted.map((row) => row.code));
  const codes = skus.map((sku) => sku.code).filter((code) => !fresh.has(code));
  const shown =
    codes
      .slice(0, 10)
      .map((code) => `"${code}"`)
      .join(", ") + (codes.length > 10 ? ` and ${codes.length - 10} more` : "");
  throw new SluiceError(
    "already_exists",
    `SKU ${shown} exists already; nothing was made. Leave it out or change the existing one.`,
    {
      details: { codes },
    },
  );
}

async function insertStockRows(tx: Sql, merchantId: string, skus: readonly Sku[]): Promise<void> {
  const stocked = skus.filter((sku) => sku.kind !== "bundle").map((sku) => sku.id);
  if (stocked.length === 0) return;
  await tx.query(
    `insert into stock_levels (merchant_id, sku_id, location_id, own)
     select $1::uuid, s.id, l.id, true from unnest($2::uuid[]) as s (id)
     cross join (select id from locations where merchant_id = $1 and code = $3) as l`,
    [merchantId, stocked, mainLocation],
  );
}

/** Throws `unknown_sku`. */
export async function loadSku(sql: Sql, merchantId: string, code: string): Promise<Sku> {
  const [sku] = await sql.query<Sku>(`${selectSku} where s.merchant_id = $1 and s.code = $2`, [
    merchantId,
    normaliseCode(code),
  ]);
  if (!sku) throw unknownSku(code);
  return sku;
}

export const unknownSku = (code: string): SluiceError =>
  new SluiceError("unknown_sku", `There is no SKU "${code}"; create it first or correct the code.`, {
    details: { sku: code },
  });

/** SKUs by code. */
export async function listSkus(sql: Sql, merchantId: string, request: PageRequest): Promise<Page<Sku>> {
  const [after] = request.cursor ? decodeCursor(request.cursor, textPosition) : [""];
  const rows = await sql.query<Sku>(
    `${selectSku} where s.merchant_id = $1 and s.code > $2 order by s.code limit $3`,
    [merchantId, after, request.limit + 1],
  );
  return toPage(rows, request.limit, (last) => [last.code]);
}

const selectSku = `select s.id, s.code, s.name, s.kind, s.barcode, s.tax_rate_bp as "taxRateBp", s.stock_mode as "stockMode", s.created_at as "createdAt",
  coalesce((select jsonb_agg(jsonb_build_object('sku', c.code, 'quantity', b.quantity) order by c.code)
    from bundles b join skus c on c.merchant_id = b.merchant_id and c.id = b.component_id
    where b.merchant_id = s.merchant_id and b.bundle_id = s.id), '[]'::jsonb) as components
  from skus s`;

export const skuPatchSchema = z.object({
  name: z.string().min(1).max(500).optional(),
  barcode: z.string().max(64).nullable().optional(),
  taxRateBp: taxRateSchema.nullable().optional(),
  stockMode: z.enum(stockModes).nullable().optional(),
  components: skuInputSchema.shape.components,
});
export type SkuPatch = z.infer<typeof skuPatchSchema>;

/** Changes what is given. New components count for orders from now on; orders that exist keep what they were made of. */
export async function updateSku(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  code: string,
  patch: SkuPatch,
): Promise<Sku> {
  return inTransaction(sql, async (tx) => {
    await tx.query(
      `update skus set name = coalesce($3, name), barcode = case when $4 then $5 else barcode end,
         tax_rate_bp = case when $6 then $7 else tax_rate_bp end, stock_mode = case when $8 then $9 else stock_mode end
       where merchant_id = $1 and code = $2`,
      [
        merchantId,
        normaliseCode(code),
        patch.name ?? null,
        patch.barcode !== undefined,
        patch.barcode ?? null,
        patch.taxRateBp !== undefined,
        patch.taxRateBp ?? null,
        patch.stockMode !== undefined,
        patch.stockMode ?? null,
      ],
    );
    const sku = await loadSku(tx, merchantId, code);
    if (patch.stockMode !== undefined) await announceMode(tx, merchantId, sku.id, nowInstant(runtime.clock));
    if (!patch.components) return sku;
    const components = plannedComponents(sku.code, sku.kind, patch.components);
    const planned = await checkComponents(tx, merchantId, [{ ...sku, components }]);
    const former = await tx.query<{ id: string }>(
      "select component_id as id from bundles where merchant_id = $1 and bundle_id = $2",
      [merchantId, sku.id],
    );
    await tx.query("delete from bundles where merchant_id = $1 and bundle_id = $2", [merchantId, sku.id]);
    await insertComponents(tx, merchantId, planned);
    await convergeSkus(tx, merchantId, [sku.id, ...former.map((row) => row.id)], nowInstant(runtime.clock));
    await appendEvents(tx, merchantId, [
      {
        type: "bundle.changed",
        subject: sku.id,
        occurredAt: nowInstant(runtime.clock),
        data: { skuId: sku.id },
      },
    ]);
    return { ...sku, components };
  });
}
