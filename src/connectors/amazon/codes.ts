import type { OrderStatus } from "../../core/model/order.ts";
import { type CarrierTable, carrierCode } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/** Codes of `errors[].code` (reference page, section 10). 429 and 5xx go by their status. */
export const errorKinds: CodeTable = {
  InvalidInput: "invalid",
  BadRequest: "invalid",
  NotFound: "not_found",
  InvalidSignature: "auth",
  MissingAuthenticationToken: "auth",
  RequestEntityTooLarge: "invalid",
  UnsupportedMediaType: "invalid",
};

/**
 * 403 "Unauthorized" is a token that is over as well as a role that is missing; only the prose tells them apart ("The access token
 * you provided has expired", "… is revoked, malformed or invalid"). Not verified for every operation.
 */
export const speaksOfToken = /access token/i;

/** Codes of Login with Amazon (`error`), with what to do. */
export const loginErrors: Readonly<Record<string, { kind: "auth" | "invalid"; hint: string }>> = {
  invalid_grant: {
    kind: "auth",
    hint: "the seller took the authorisation back, or it ended after a year; grant access again",
  },
  invalid_client: {
    kind: "auth",
    hint: "client id or client secret is wrong, or the secret was rotated; enter the current one",
  },
  unauthorized_client: {
    kind: "auth",
    hint: "this application may not act for the seller; grant access again",
  },
  invalid_request: { kind: "invalid", hint: "Amazon did not understand the question" },
  unsupported_grant_type: { kind: "invalid", hint: "Amazon did not understand the question" },
};

/** `fulfillment.fulfillmentStatus` (model orders_2026-01-01, read 2026-11-22). */
export const statuses: Readonly<Record<string, OrderStatus>> = {
  // A pre-order: paid for when it comes out.
  PENDING_AVAILABILITY: "pending_payment",
  PENDING: "pending_payment",
  UNSHIPPED: "paid",
  PARTIALLY_SHIPPED: "partially_shipped",
  SHIPPED: "shipped",
  CANCELLED: "cancelled",
  UNFULFILLABLE: "cancelled",
};

/** `packages[].packageStatus.status` of parcels that have left. */
export const goneOut: ReadonlySet<string> = new Set(["SHIPPED", "IN_TRANSIT", "DELIVERED", "UNDELIVERABLE"]);

/** The seller's own stock; every other channel (AMAZON_NA, AMAZON_EU, …) is Amazon's. */
export const ownChannel = "DEFAULT";

/** Breakdowns of a refund that are Amazon's with the seller and not the buyer's money. Names not verified. */
export const isFee = /fee|expense|commission/i;
export const isShipping = /shipping/i;
export const refundType = /^refund/i;

export const carriers: CarrierTable = {
  dhl: "DHL",
  fedex: "FedEx",
  ups: "UPS",
  usps: "USPS",
  royalMail: "Royal Mail",
  canadaPost: "Canada Post",
  australiaPost: "Australia Post",
  chinaPost: "China Post",
  sf: "SF Express",
};

/** Codes Amazon knows besides; written by a person they are taken as they are, whatever the case. */
const otherCodes = [
  "Amazon Shipping",
  "Aramex",
  "BlueDart",
  "Chronopost",
  "Correos",
  "Delhivery",
  "Deutsche Post",
  "DHL eCommerce",
  "DPD",
  "DTDC",
  "GLS",
  "Hermes",
  "India Post",
  "JP_EXPRESS",
  "La Poste",
  "LaserShip",
  "OnTrac",
  "Parcelforce",
  "Poste Italiane",
  "PostNL",
  "PostNord",
  "SAGAWA",
  "TNT",
  "YAMATO",
  "Yanwen",
  "Yodel",
  "Yun Express",
];

/** Carriers Amazon has no code for go as "Other" with their name. */
export function carrierFields(carrier: string): { carrierCode: string; carrierName?: string } {
  const known =
    carrierCode(carriers, carrier) ??
    otherCodes.find((code) => code.toLowerCase() === carrier.trim().toLowerCase());
  return known === undefined ? { carrierCode: "Other", carrierName: carrier } : { carrierCode: known };
}
