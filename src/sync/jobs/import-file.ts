/**
 * Imports of files: `importOrders`, `importStock`, `importSkus`. The file connector reads and maps, these drive what it
 * found through the core and account for every row. Running an import again changes nothing; running it again after
 * it was cut short completes it.
 */
export { importOrders } from "./import/orders.ts";
export { rejectedRowsCsv } from "./import/rejected-rows.ts";
export {
  type ImportOptions,
  type ImportParts,
  type ImportReport,
  importOptionsSchema,
  type RowCount,
} from "./import/report.ts";
export { importSkus } from "./import/skus.ts";
export { importStock } from "./import/stock.ts";
