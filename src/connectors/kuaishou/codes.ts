import type { CarrierTable } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/** Success is `result` 1, whatever the HTTP status says. */
export const success = 1;

/** `result` of the gateway. Where it is not here, the call was refused for reasons of business. */
export const errorKinds: CodeTable = {
  21: "auth",
  22: "unsupported",
  24: "auth",
  25: "unsupported",
  26: "unsupported",
  27: "auth",
  28: "auth",
  15: "rate_limited",
  16: "rate_limited",
  17: "rate_limited",
  1016: "rate_limited",
  1017: "rate_limited",
  802000: "rate_limited",
  300014: "conflict",
  300017: "conflict",
};

/** What a person can do about it. */
export const hints: Readonly<Record<string, string>> = {
  100200101: "appKey, appSecret or the grant is not good; check both, then grant access again",
  24: "the access token is over or was taken back; grant access to the shop again",
  22: "the application lacks a permission or the grant its scope; apply for it, then grant access again",
  25: "the application lacks a permission or the grant its scope; apply for it, then grant access again",
  26: "the application lacks a permission or the grant its scope; apply for it, then grant access again",
  27: "appKey and signSecret do not fit each other; copy both from the application's page",
  28: "appKey and signSecret do not fit each other; copy both from the application's page",
};

/** 21 of a stock write: fewer units than would be taken off, or some are set aside for a campaign. A dead token was told by the reading before. */
export const stockErrorKinds: CodeTable = { 21: "conflict" };

/** 11 of a parcel: risk, a refund or a group that is not complete holds it. */
export const parcelErrorKinds: CodeTable = { 11: "conflict" };

/** Calls for tokens have numbers of their own: grant, refresh token or application are not good any more. */
export const grantErrorKinds: CodeTable = {
  100200100: "invalid",
  100200101: "auth",
  100200102: "auth",
  100200103: "auth",
  100200104: "auth",
  100200105: "auth",
  100200106: "auth",
  100200107: "auth",
  100200500: "unavailable",
};

/** Refund states that are still open. */
export const openRefund: ReadonlySet<number> = new Set([10, 11, 20, 21, 22, 30, 40, 45, 50]);
export const refundSucceeded = 60;
/** Or was taken back. */
export const refundFailed = 70;
/** `handlingWay`: goods come back. 10 is money alone, 3 an exchange. */
export const returned = 1;

export const depositActivity = 6;
export const fraudRisk = 10_001;
export const liveRoomCarrier = 2;

/** Numbers of the platform's table (document 物流公司编号, read 2026-11-22). Best has been merged into J&T. */
export const carriers: CarrierTable = {
  sf: "4",
  yto: "6",
  zto: "9",
  sto: "3",
  yunda: "11",
  ems: "2",
  chinaPost: "8",
  jd: "14",
  deppon: "53",
  jt: "109",
  best: "109",
  cainiao: "113",
};
