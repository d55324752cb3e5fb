import type { OrderStatus } from "../../core/model/order.ts";
import type { FailureKind } from "../contract.ts";
import type { CarrierTable } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/**
 * Codes of answers: general ones from the page "Common errors", the others from the error lists of the calls (read 2026-11-22). "unknown" is
 * TikTok's own fault: for a question nothing has happened (`client.ts`). Codes that begin with 105 and are not here are `auth`.
 */
export const errorKinds: CodeTable = {
  "36009002": "rate_limited",
  "36009003": "unknown",
  "36009007": "unknown",
  "36009009": "unsupported",
  "36009010": "unsupported",
  "36009033": "invalid",
  "101000": "auth",
  "105002": "auth",
  "105005": "unsupported",
  "106001": "auth",
  "106013": "auth",
  "10006402": "unsupported",
  "25020005": "unsupported",
  // Orders and parcels.
  "10002014": "unknown",
  "10002015": "unknown",
  "11001027": "unknown",
  "11001031": "unknown",
  "11006005": "unknown",
  "11006026": "unknown",
  "21001008": "unknown",
  "21001011": "unknown",
  "21001043": "unknown",
  "21001055": "unknown",
  "21008300": "unknown",
  "21008025": "unsupported",
  "21008106": "unsupported",
  "21008117": "unsupported",
  "21008099": "conflict",
  "21011006": "conflict",
  "21011007": "conflict",
  "21011020": "conflict",
  "21042056": "conflict",
  // Stock.
  "12019008": "not_found",
  "12019114": "unsupported",
  "12052031": "not_found",
  "12052032": "not_found",
  "12052048": "not_found",
  "12052260": "not_found",
  "12052556": "not_found",
  "12052037": "unsupported",
  "12052141": "unsupported",
  "12052850": "unsupported",
  "12052921": "unsupported",
  "12052371": "conflict",
  "12052393": "conflict",
};

/** What a code means for a person. */
export const hints: Readonly<Record<string, string>> = {
  "101000": ", the access token does not belong to this seller; grant access again",
  "105002": ", the access token has expired; grant access again",
  "105005":
    ", the application lacks the permission; switch its scope on in Partner Center and have the shop authorise it again",
  "106001": ", the signature does not fit; enter the app secret of this app key",
  "106013": ", the shop is not named; grant access again",
  "36009033": ", this address may not call; add it to the IP allow list of the application in Partner Center",
  "21008025": ", TikTok ships this order itself",
  "21008106": ", TikTok does not offer this in the shop's region",
  "21011007": ", units of the parcel have an open after-sale request; decide it in Seller Center first",
  "21011025": ", another parcel has this tracking number",
  "21004015": ", the tracking number does not fit the carrier",
  "11028006": ", the tracking number fits no carrier",
  "21034012": ", the tracking number was used before",
  "12019024": ", TikTok does not take this figure",
  "12052055": ", TikTok does not take this figure",
  "12019028": ", the SKU lies in several warehouses",
  "12052037": ", TikTok divides the stock of this SKU up itself",
  "12052141": ", the product is a global one; its stock is written there",
  "12052850": ", the stock of a bundle is that of its parts",
  "12052921": ", the product shares the stock of the shop it was copied from",
  "12052393": ", a promotion locks the stock; it cannot go below what it is now",
  "12052371": ", the product is in an auction",
  "12052901": ", the product is not on sale",
  "12052308": ", an appeal about the product is open",
};

/** One code for several things: only its prose tells them apart. The first that fits counts. */
export const manyMeanings: readonly { says: RegExp; kind: FailureKind; hint: string }[] = [
  {
    says: /timestamp/i,
    kind: "invalid",
    hint: ", the time of the call was refused; set the clock of the hub's machine",
  },
  { says: /app_key/i, kind: "auth", hint: ", the app key is not known; enter that of the application" },
  { says: /access_token|access-token/i, kind: "auth", hint: ", the access token is not valid" },
  {
    says: /signature/i,
    kind: "auth",
    hint: ", the call is not signed; enter the app secret of this app key",
  },
  { says: /shop_cipher|shop_id/i, kind: "invalid", hint: ", the shop is not named as TikTok wants it" },
];

/** `status` of an order (202309). ON_HOLD: paid, and the buyer may still cancel freely. The webhook says CANCEL. */
export const statuses: Readonly<Record<string, OrderStatus>> = {
  UNPAID: "pending_payment",
  ON_HOLD: "paid",
  AWAITING_SHIPMENT: "paid",
  PARTIALLY_SHIPPING: "partially_shipped",
  // A label is there, nothing has left; by the seller's own carrier it counts as sent (`status.ts`).
  AWAITING_COLLECTION: "paid",
  IN_TRANSIT: "shipped",
  DELIVERED: "shipped",
  COMPLETED: "completed",
  CANCELLED: "cancelled",
  CANCEL: "cancelled",
};

/** `display_status` and `package_status` of units the carrier has. */
export const goneOut: ReadonlySet<string> = new Set(["IN_TRANSIT", "DELIVERED", "COMPLETED"]);
export const packageGone: ReadonlySet<string> = new Set(["FULFILLING", "COMPLETED"]);

/** `return_status` of requests still open, and of those whose money is back. All others are over without either. */
export const openReturns: ReadonlySet<string> = new Set([
  "RETURN_OR_REFUND_REQUEST_PENDING",
  "RETURN_OR_REFUND_REQUEST_SUCCESS",
  "AWAITING_BUYER_RESPONSE",
  "AWAITING_BUYER_SHIP",
  "BUYER_SHIPPED_ITEM",
  "REPLACEMENT_REQUEST_PENDING",
]);
export const paidReturns: ReadonlySet<string> = new Set([
  "RETURN_OR_REFUND_REQUEST_COMPLETE",
  "REPLACEMENT_REQUEST_REFUND_SUCCESS",
]);
/** `cancel_status` of units that are out of the order. */
export const doneCancellations: ReadonlySet<string> = new Set([
  "CANCELLATION_REQUEST_SUCCESS",
  "CANCELLATION_REQUEST_COMPLETE",
]);

/**
 * Who keeps the stock of an order (`fulfillment_type`). Anything but the seller is the platform: TikTok's own warehouses and Tokopedia's.
 */
export const ownFulfilment = "FULFILLMENT_BY_SELLER";

/** Names under which TikTok lists carriers; their ids differ by delivery option and are asked for. Names seen in examples, not a published list. */
export const carriers: CarrierTable = {
  sf: "SF Express",
  yto: "YTO Express",
  zto: "ZTO Express",
  sto: "STO Express",
  yunda: "Yunda Express",
  ems: "EMS",
  chinaPost: "China Post",
  jd: "JD Logistics",
  jt: "J&T Express",
  best: "Best Express",
  cainiao: "Cainiao",
  dhl: "DHL",
  fedex: "FedEx",
  ups: "UPS",
  usps: "USPS",
  royalMail: "Royal Mail",
  ninjaVan: "Ninja Van",
};
