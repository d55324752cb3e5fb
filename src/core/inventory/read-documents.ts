import type { Sql } from "../db/database.ts";
import type { StockAnswer } from "../engine/commands.ts";

/** What an adjustment or transfer did, by its reference: the answer its first posting got. */
export async function readStockDocument(
  sql: Sql,
  merchantId: string,
  kind: "adjustment" | "transfer",
  reference: string,
): Promise<StockAnswer | undefined> {
  const [document] = await sql.query<{ result: StockAnswer }>(
    "select result from stock_documents where merchant_id = $1 and reference = $2 and kind = $3",
    [merchantId, reference, kind],
  );
  return document?.result;
}
