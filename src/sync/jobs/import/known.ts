import type { Sql } from "../../../core/db/database.ts";
import type { SkuKind } from "../../../core/model/catalogue.ts";

/** What the hub knows of the codes a file names. */

export interface KnownSku {
  code: string;
  name: string;
  kind: SkuKind;
  barcode: string | null;
  taxRateBp: number | null;
}

const codesAtOnce = 5_000;

export async function knownSkus(
  sql: Sql,
  merchantId: string,
  codes: Iterable<string>,
): Promise<Map<string, KnownSku>> {
  const wanted = [...new Set(codes)];
  const known = new Map<string, KnownSku>();
  for (let start = 0; start < wanted.length; start += codesAtOnce) {
    const rows = await sql.query<KnownSku>(
      `select s.* from unnest($2::text[]) as wanted (code)
       cross join lateral (select code, name, kind, barcode, tax_rate_bp as "taxRateBp" from skus
         where merchant_id = $1 and code = wanted.code) as s`,
      [merchantId, wanted.slice(start, start + codesAtOnce)],
    );
    for (const row of rows) known.set(row.code, row);
  }
  return known;
}

export async function knownLocations(sql: Sql, merchantId: string): Promise<Set<string>> {
  const rows = await sql.query<{ code: string }>("select code from locations where merchant_id = $1", [
    merchantId,
  ]);
  return new Set(rows.map(({ code }) => code));
}
