import type { CarrierTable } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/** Codes of top-level errors (`errors[].extensions.code`). */
export const errorKinds: CodeTable = {
  THROTTLED: "rate_limited",
  ACCESS_DENIED: "unsupported",
  INTERNAL_SERVER_ERROR: "unknown",
  SERVICE_UNAVAILABLE: "unavailable",
  SHOP_INACTIVE: "invalid",
  MAX_COST_EXCEEDED: "invalid",
  argumentLiteralsIncompatible: "invalid",
  undefinedField: "invalid",
};

/** Codes of `userErrors` of stock mutations. */
export const stockErrorKinds: CodeTable = {
  CHANGE_FROM_QUANTITY_STALE: "conflict",
  COMPARE_QUANTITY_STALE: "conflict",
  IDEMPOTENCY_CONCURRENT_REQUEST: "unavailable",
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: "unavailable",
  SERVICE_UNAVAILABLE: "unavailable",
  ADJUST_QUANTITIES_FAILED: "unavailable",
  INVALID_INVENTORY_ITEM: "not_found",
  ITEM_NOT_STOCKED_AT_LOCATION: "invalid",
  NON_MUTABLE_INVENTORY_ITEM: "unsupported",
};

/** Names under which Shopify makes tracking links. Others are shown as they are written. */
export const carriers: CarrierTable = {
  sf: "SF Express",
  yto: "YTO Express",
  sto: "STO Express",
  ems: "China Post",
  chinaPost: "China Post",
  jd: "JD Logistics",
  dhl: "DHL Express",
  fedex: "FedEx",
  ups: "UPS",
  usps: "USPS",
  royalMail: "Royal Mail",
  canadaPost: "Canada Post",
  australiaPost: "Australia Post",
  ninjaVan: "Ninja Van",
};
