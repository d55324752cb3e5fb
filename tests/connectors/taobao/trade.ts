import { readFileSync } from "node:fs";
import type { Json } from "../../../src/connectors/contract.ts";
import { type Options, readOrder } from "../../../src/connectors/taobao/map.ts";
import { refundSchema } from "../../../src/connectors/taobao/wire.ts";
import { parseStrictJson } from "../../../src/connectors/toolkit/json.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";

/** The sample trade of the fixtures, read with changes. */

export type Row = { [key: string]: Json };
const sample = readFileSync(new URL("../../fixtures/taobao/trade.json", import.meta.url));
export const trade = parseStrictJson(sample, { largeIntegersAsText: true }) as Row;
export const [shirt, mug] = (trade.orders as { order: [Row, Row] }).order;
export const lines = (...order: Row[]) => ({ orders: { order } });
export const own: Options = { platformStoreCodes: [], platformItems: [] };

export function read(change: Row = {}, refunds: object[] = [], options = own): OrderSnapshot {
  const result = readOrder(
    { ...trade, ...change },
    refunds.map((refund) => refundSchema.parse(refund)),
    options,
  );
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.order;
}
