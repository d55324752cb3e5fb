import { callerOperations } from "./api-callers.ts";
import { listingOperations } from "./listings.ts";
import { liveOperations } from "./live-rooms.ts";
import type { Operation } from "./operation.ts";
import { shopperOperations } from "./shoppers.ts";
import { warehouseOperations } from "./warehouse.ts";

/** Everything that people do; more is added here. */
export const operations: readonly Operation[] = [
  ...shopperOperations,
  ...warehouseOperations,
  ...listingOperations,
  ...callerOperations,
  ...liveOperations,
];
