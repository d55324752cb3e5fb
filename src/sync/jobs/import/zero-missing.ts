import { SluiceError } from "../../../core/errors.ts";
import { mainLocation } from "../../../core/merchants.ts";
import type { StockItem } from "../../../core/model/file-import.ts";
import { digestOf, referenceOf } from "./references.ts";
import type { ImportParts } from "./report.ts";
import { submit } from "./window.ts";

const rowsPerDocument = 500;

interface Left {
  sku: string;
  location: string;
  onHand: number;
}

/**
 * Counts as zero whatever the file does not name at the locations it does name, and reads the stock back: an import that
 * only says it has zeroed lets a shop sell what it lacks (F086). Virtual SKUs are left alone. Answers how many were zeroed.
 */
export async function zeroMissing(
  parts: ImportParts,
  merchantId: string,
  { scope, items }: { scope: string; items: readonly StockItem[] },
): Promise<number> {
  const missing = await unnamedStock(parts, merchantId, items);
  for (let start = 0; start < missing.length; start += rowsPerDocument) {
    const part = missing.slice(start, start + rowsPerDocument);
    const lines = part.map(({ sku, location }) => ({ sku, location, count: 0, reason: "count" as const }));
    const reference = referenceOf(scope, `zero ${digestOf(JSON.stringify(part))}`);
    const answer = await submit(parts.engine, parts.runtime.timers, merchantId, {
      kind: "stock.adjust",
      input: { reference, lines },
    });
    if (answer.kind === "refused")
      throw new SluiceError(answer.code, answer.message, { details: answer.details });
  }
  const left = await unnamedStock(parts, merchantId, items);
  if (left.length === 0) return missing.length;
  const shown = left
    .slice(0, 10)
    .map(({ sku, location, onHand }) => `${sku} at ${location}: ${onHand}`)
    .join(", ");
  throw new SluiceError(
    "conflict",
    `${left.length} SKUs that the file does not name should be at zero but are not (${shown}). Stock moved meanwhile or was not posted; look at them and import again.`,
    { details: { left: left.slice(0, 100) } },
  );
}

async function unnamedStock(
  parts: ImportParts,
  merchantId: string,
  items: readonly StockItem[],
): Promise<Left[]> {
  const named = new Set(items.map(({ adjustment }) => placeOf(adjustment.sku, adjustment.location)));
  const locations = [...new Set(items.map(({ adjustment }) => adjustment.location ?? mainLocation))];
  const rows = await parts.db.query<Left>(
    `select s.code as sku, l.code as location, v.on_hand as "onHand"
     from stock_levels v
     join locations l on l.merchant_id = v.merchant_id and l.id = v.location_id
     join skus s on s.merchant_id = v.merchant_id and s.id = v.sku_id
     where v.merchant_id = $1 and (v.on_hand <> 0 or v.in_doubt <> 0) and s.kind = 'physical' and l.code in (select unnest($2::text[]))
     order by s.code, l.code`,
    [merchantId, locations],
  );
  return rows.filter(({ sku, location }) => !named.has(placeOf(sku, location)));
}

const placeOf = (sku: string, location: string | undefined): string => `${sku}\n${location ?? mainLocation}`;
