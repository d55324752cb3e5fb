export * from "./access.ts";
export * from "./catalogue.ts";
export * from "./escrow.ts";
export * from "./ledger.ts";
export * from "./live.ts";
export * from "./orders.ts";
export * from "./stock.ts";
export * from "./sync.ts";
