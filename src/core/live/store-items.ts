import type { Database, Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import type { Component } from "../engine/rows.ts";
import { SluiceError } from "../errors.ts";
import type { LiveItemInput, LiveItemPatch } from "../model/live.ts";
import type { Runtime } from "../runtime.ts";
import { normaliseComment } from "./grammar-text.ts";
import { lockOpen, tell } from "./store-lock.ts";

/** The line-up of a session, as people change it. Shares and claims are the engine's. */

type Parts = { runtime: Runtime };

/** Adds items at the end of the line-up. On air they start without a share: top them up. */
export async function addItems(
  db: Sql | Database,
  { runtime }: Parts,
  merchantId: string,
  sessionId: string,
  items: readonly LiveItemInput[],
): Promise<string[]> {
  return inTransaction(db, async (tx) => {
    await lockOpen(tx, merchantId, sessionId);
    const ids = await insertItems(tx, runtime, merchantId, sessionId, items);
    await tell(tx, runtime, merchantId, sessionId, "edited");
    return ids;
  });
}

/** `active: false` takes an item out of the line-up: it keeps its claims and its share, and takes no new claims. */
export async function patchItem(
  db: Sql | Database,
  { runtime }: Parts,
  merchantId: string,
  sessionId: string,
  itemId: string,
  patch: LiveItemPatch,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const session = await lockOpen(tx, merchantId, sessionId);
    if (patch.position !== undefined && session.state !== "planned")
      throw new SluiceError(
        "illegal_transition",
        "The order of the line-up can be changed while it is planned only; show items in any order by naming them.",
      );
    const sets: [column: string, value: string | number | boolean | null][] = [];
    const set = (column: string, value: string | number | boolean | null | undefined) => {
      if (value !== undefined) sets.push([column, value]);
    };
    set("code", patch.code);
    set("code_aliases", patch.codeAliases && JSON.stringify(patch.codeAliases));
    set("variant", patch.variant);
    set("variant_aliases", patch.variantAliases && JSON.stringify(patch.variantAliases));
    set("price_minor", patch.priceMinor);
    set("limit_per_buyer", patch.limitPerBuyer);
    set("planned", patch.share);
    set("active", patch.active);
    if (sets.length > 0) {
      const columns = sets.map(
        ([column], index) => `${column} = $${index + 4}${column.endsWith("aliases") ? "::jsonb" : ""}`,
      );
      const changed = await tx.query(
        `update live_items set ${columns.join(", ")} where merchant_id = $1 and session_id = $2 and id = $3 returning 1`,
        [merchantId, sessionId, itemId, ...sets.map(([, value]) => value)],
      );
      if (changed.length === 0) throw new SluiceError("not_found", `The session has no item ${itemId}.`);
    }
    if (patch.position !== undefined) await moveItem(tx, merchantId, sessionId, itemId, patch.position);
    await checkLineUp(tx, merchantId, sessionId);
    await tell(tx, runtime, merchantId, sessionId, "edited");
  });
}

/** Numbers the line-up anew, so that every item has a place of its own. */
async function moveItem(
  tx: Sql,
  merchantId: string,
  sessionId: string,
  itemId: string,
  position: number,
): Promise<void> {
  const items = await tx.query<{ id: string }>(
    "select id from live_items where merchant_id = $1 and session_id = $2 order by position, id",
    [merchantId, sessionId],
  );
  const ids = items.map((item) => item.id).filter((id) => id !== itemId);
  if (ids.length === items.length) throw new SluiceError("not_found", `The session has no item ${itemId}.`);
  ids.splice(position - 1, 0, itemId);
  await tx.query(
    `update live_items i set position = k.ord from unnest($3::uuid[]) with ordinality k(id, ord)
     where i.merchant_id = $1 and i.session_id = $2 and i.id = k.id`,
    [merchantId, sessionId, ids],
  );
}

/** Bundles are made of what they are made of now, for the whole show. Throws `unknown_sku` and `invalid_request`. */
export async function insertItems(
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  sessionId: string,
  items: readonly LiveItemInput[],
): Promise<string[]> {
  if (items.length === 0) return [];
  const skus = await tx.query<{ id: string; code: string; components: Component[] | null }>(
    `select k.* from unnest($2::text[]) n(code) cross join lateral
       (select k.id, k.code, (select jsonb_agg(jsonb_build_object('skuId', b.component_id, 'quantity', b.quantity) order by b.component_id)
          from bundles b where b.merchant_id = $1 and b.bundle_id = k.id) as components
        from skus k where k.merchant_id = $1 and k.code = n.code limit 1) k`,
    [merchantId, items.map((item) => item.sku)],
  );
  const byCode = new Map(skus.map((sku) => [sku.code, sku]));
  const unknown = items.filter((item) => !byCode.has(item.sku)).map((item) => item.sku);
  if (unknown.length > 0)
    throw new SluiceError(
      "unknown_sku",
      `No SKU has the code ${unknown.join(", ")}; create it first or correct the item.`,
    );
  const [last] = await tx.query<{ position: number }>(
    "select coalesce(max(position), 0) as position from live_items where merchant_id = $1 and session_id = $2",
    [merchantId, sessionId],
  );
  const rows = items.map((item) => ({
    ...item,
    id: runtime.ids.next(),
    skuId: byCode.get(item.sku)?.id ?? "",
    components: byCode.get(item.sku)?.components ?? null,
  }));
  const taken = await tx.query<{ code: string }>(
    `insert into live_items (merchant_id, session_id, id, position, sku_id, code, code_aliases, variant, variant_aliases, price_minor, limit_per_buyer, planned, components)
     select $1::uuid, $2::uuid, k.id, $3::int + k.ord, k.sku_id, k.code, k.code_aliases::jsonb, k.variant, k.variant_aliases::jsonb, k.price, k.lim, k.planned, k.components::jsonb
     from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[])
       with ordinality k(id, sku_id, code, code_aliases, variant, variant_aliases, price, lim, planned, components, ord)
     on conflict do nothing returning code`,
    [
      merchantId,
      sessionId,
      last?.position ?? 0,
      rows.map((row) => row.id),
      rows.map((row) => row.skuId),
      rows.map((row) => row.code),
      rows.map((row) => JSON.stringify(row.codeAliases)),
      rows.map((row) => row.variant),
      rows.map((row) => JSON.stringify(row.variantAliases)),
      rows.map((row) => row.priceMinor),
      rows.map((row) => row.limitPerBuyer),
      rows.map((row) => row.share),
      rows.map((row) => (row.components === null ? null : JSON.stringify(row.components))),
    ],
  );
  if (taken.length < rows.length)
    throw new SluiceError(
      "invalid_request",
      "A SKU stands twice in the line-up; give it one item, with several names if need be.",
    );
  await checkLineUp(tx, merchantId, sessionId);
  return rows.map((row) => row.id);
}

/** A code means one item, or items that their variants tell apart. */
async function checkLineUp(tx: Sql, merchantId: string, sessionId: string): Promise<void> {
  const items = await tx.query<{ code: string; variant: string | null }>(
    "select code, variant from live_items where merchant_id = $1 and session_id = $2 and active",
    [merchantId, sessionId],
  );
  const byCode = new Map<string, string[]>();
  for (const { code, variant } of items) {
    const folded = normaliseComment(code).replace(/^#/, "");
    if (folded === "")
      throw new SluiceError(
        "invalid_request",
        `The code "${code}" holds nothing that viewers can type; use letters or digits.`,
      );
    const variants = byCode.get(folded) ?? [];
    variants.push(normaliseComment(variant ?? ""));
    byCode.set(folded, variants);
  }
  for (const [code, variants] of byCode) {
    if (variants.length > 1 && (variants.includes("") || new Set(variants).size < variants.length))
      throw new SluiceError(
        "invalid_request",
        `Several items have the code "${code}"; give each a variant of its own, or another code.`,
      );
  }
}
