import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import type { ListingInput } from "../model/catalogue.ts";
import { normaliseCode } from "../model/primitives.ts";

/** What new listings name must be there. */

export async function requireConnections(
  tx: Sql,
  merchantId: string,
  inputs: readonly ListingInput[],
): Promise<void> {
  const wanted = [...new Set(inputs.map((input) => input.connection))];
  const found = await tx.query<{ id: string }>(
    `select c.id from unnest($2::uuid[]) as w (id)
     cross join lateral (select id from connections where merchant_id = $1 and id = w.id and status <> 'removed' limit 1) as c`,
    [merchantId, wanted],
  );
  const ids = new Set(found.map((row) => row.id));
  const missing = wanted.find((id) => !ids.has(id));
  if (missing) throw new SluiceError("not_found", `There is no connection ${missing}; create it first.`);
}

export async function requireSkus(
  tx: Sql,
  merchantId: string,
  inputs: readonly ListingInput[],
): Promise<Map<string, string>> {
  const codes = [...new Set(inputs.map((input) => normaliseCode(input.sku)))];
  const rows = await tx.query<{ id: string; code: string }>(
    `select s.id, s.code from unnest($2::text[]) as w (code)
     cross join lateral (select id, code from skus where merchant_id = $1 and code = w.code limit 1) as s`,
    [merchantId, codes],
  );
  return new Map(rows.map((row) => [row.code, row.id]));
}
