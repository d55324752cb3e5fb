import type { CodeTable } from "../toolkit/codes.ts";

/**
 * Values of `code` (docs 108138 and the reference of each call). "unknown" is Lazada's own fault: for a question nothing has happened
 * (`client.ts`). Names of limits and tokens beyond IllegalAccessToken, ApiCallLimit and IncompleteSignature are not verified.
 */
export const errorKinds: CodeTable = {
  IllegalAccessToken: "auth",
  InvalidAccessToken: "auth",
  AccessTokenExpired: "auth",
  IllegalRefreshToken: "auth",
  InvalidCode: "auth",
  InvalidAppKey: "auth",
  AppkeyNotExist: "auth",
  IncompleteSignature: "auth",
  InvalidTimeStamp: "invalid",
  InvalidTimestamp: "invalid",
  MissingParameter: "invalid",
  InsufficientPermission: "unsupported",
  ApiCallLimit: "rate_limited",
  AppCallLimit: "rate_limited",
  SellerCallLimit: "rate_limited",
  "901": "rate_limited",
  ServiceTimeout: "unknown",
  ServiceUnavailable: "unknown",
  "6": "unknown",
  "513": "unknown",
  "1000": "unknown",
  "16": "not_found",
  "14": "invalid",
  "17": "invalid",
  "19": "invalid",
  "36": "invalid",
  "204": "invalid",
  "212": "conflict",
  "4170": "conflict",
  "501": "invalid",
  SellerNotVerified: "invalid",
};

/** What a code means for a person. */
export const hints: Readonly<Record<string, string>> = {
  IllegalAccessToken: ", the access token is over or was taken back; grant access again",
  InvalidAppKey: ", the app key is wrong; check appKey in the settings",
  IncompleteSignature: ", the app secret is wrong; enter that of this app key",
  InvalidTimeStamp: ", the time of the call was refused; set the clock of the hub's machine",
  InvalidTimestamp: ", the time of the call was refused; set the clock of the hub's machine",
  InsufficientPermission: ", the application lacks the permission for this; apply for it in the App Console",
  SellerNotVerified: ", the store is not verified yet; finish that in Seller Center",
  "212": ", the figure would fall below zero",
  "4170": ", a campaign lets stock only grow for now",
};

/** Prose that names units that are not there (`detail` of 501). */
export const isNegative = /INV_NEGATIVE_SELLABLE|cannot be negative/i;

export type ItemState = "pending_payment" | "paid" | "shipped" | "completed" | "refunded" | "cancelled";

/** Status of one unit (page B3). */
export const itemStates: Readonly<Record<string, ItemState>> = {
  unpaid: "pending_payment",
  pending: "paid",
  topack: "paid",
  packed: "paid",
  repacked: "paid",
  toship: "paid",
  ready_to_ship_pending: "paid",
  ready_to_ship: "paid",
  shipped: "shipped",
  failed: "shipped",
  failed_delivery: "shipped",
  shipped_back: "shipped",
  shipped_back_failed: "shipped",
  delivered: "completed",
  confirmed: "completed",
  shipped_back_success: "refunded",
  returned: "refunded",
  lost: "refunded",
  lost_by_3pl: "refunded",
  damaged_by_3pl: "refunded",
  package_scrapped: "refunded",
  canceled: "cancelled",
};

/** Units that still are to be packed, and packed ones that are not handed over. */
export const toPack: ReadonlySet<string> = new Set(["pending", "topack", "repacked"]);
export const toHandOver: ReadonlySet<string> = new Set(["packed", "toship"]);

/** `reverse_status`, by how it ends: "RTM_RECEIVE_ITEM", "REFUND_SUCCESS", … */
export const paidBack = /(REFUND_SUCCESS|REFUND_ISSUED)$/;
export const stillOpen = /(_INIT|_PENDING|_SHIPPING_BACK|_RECEIVE_ITEM|_AUTHORIZED?)$/;
