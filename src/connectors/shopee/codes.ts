import type { OrderStatus } from "../../core/model/order.ts";
import type { FailureKind } from "../contract.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/**
 * Values of `error`; those of a module come with its name before a dot ("order.order_list_invalid_time"), which is cut off. "unknown" is Shopee's
 * own fault: for a question nothing has happened (`client.ts`). The name of the rate limit is not verified.
 */
export const errorKinds: CodeTable = {
  error_server: "unknown",
  error_inner: "unknown",
  error_network: "unknown",
  error_data: "unknown",
  error_rate_limit: "rate_limited",
  error_limit: "rate_limited",
  error_too_many_request: "rate_limited",
  error_sign: "auth",
  invalid_acceess_token: "auth",
  invalid_access_token: "auth",
  error_shop: "auth",
  invalid_code: "auth",
  error_permission: "unsupported",
  error_not_found: "not_found",
  error_not_exist: "not_found",
  error_not_exists: "not_found",
  error_item_not_found: "not_found",
  error_item_not_belong_shop: "not_found",
  error_holiday_mode_change_stock: "conflict",
  error_cannt_edit_stock_in_promotion: "conflict",
  error_wms_shop_block_upate_stock: "unsupported",
  package_not_exist: "not_found",
  package_already_shipped: "conflict",
  order_list_invalid_time: "invalid",
};

/** One code for several things: only the prose tells a dead token from a rule of the business. */
export function kindOfAuthError(message: string): FailureKind {
  if (/permission/i.test(message)) return "unsupported";
  return /token|partner|sign|authori[sz]|linked/i.test(message) ? "auth" : "invalid";
}

/** What a code means for a person. */
export const hints: Readonly<Record<string, string>> = {
  error_sign: ", the partner key is wrong; enter that of the live application",
  error_auth: ", the access token is over, or the shop has taken its authorisation back; grant access again",
  error_permission: ", the application's type does not allow this; ask Shopee for it",
  error_shop:
    ", the shop id is wrong or the shop has not authorised the application; check shopId in the settings, or grant access",
  error_wms_shop_block_upate_stock: ", Shopee keeps the stock of this shop itself",
  error_holiday_mode_change_stock: ", the shop is on holiday; end holiday mode",
  error_cannt_edit_stock_in_promotion: ", the item is in a promotion that locks its stock",
};

/** Told by `message` where the code is the same for all. */
export const speaksOfClock = /timestamp/i;

/** `order_status` (page A3). IN_CANCEL and TO_RETURN hold everything back until they are decided. */
export const statuses: Readonly<Record<string, OrderStatus>> = {
  UNPAID: "pending_payment",
  PENDING: "paid",
  INVOICE_PENDING: "paid",
  READY_TO_SHIP: "paid",
  RETRY_SHIP: "paid",
  // Arranged with the carrier; nothing has left.
  PROCESSED: "paid",
  SHIPPED: "shipped",
  TO_CONFIRM_RECEIVE: "shipped",
  IN_CANCEL: "refunding",
  CANCELLED: "cancelled",
  TO_RETURN: "refunding",
  COMPLETED: "completed",
};

/** `package_list[].logistics_status` of parcels the carrier has. */
export const goneOut: ReadonlySet<string> = new Set([
  "LOGISTICS_PICKUP_DONE",
  "LOGISTICS_DELIVERY_DONE",
  "LOGISTICS_DELIVERY_FAILED",
  "LOGISTICS_LOST",
]);

/** Parcels that can still be arranged. */
export const toArrange: ReadonlySet<string> = new Set([
  "LOGISTICS_READY",
  "LOGISTICS_NOT_START",
  "LOGISTICS_NOT_STARTED",
  "LOGISTICS_PICKUP_RETRY",
  "LOGISTICS_INVALID",
]);

/** `status` of returns: open ones, and those whose money goes back. CANCELLED and CLOSED are over without either. */
export const openReturns: ReadonlySet<string> = new Set([
  "REQUESTED",
  "PROCESSING",
  "JUDGING",
  "SELLER_DISPUTE",
]);
export const paidReturns: ReadonlySet<string> = new Set(["ACCEPTED", "REFUND_PAID"]);
