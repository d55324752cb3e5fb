import type { CarrierTable } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/** `errcode` of every call. Codes 10020050 to 10020091 are documented as permanent; which is which is not verified. */
export const errorKinds: CodeTable = {
  "-1": "unknown",
  "40001": "auth",
  "40014": "auth",
  "42001": "auth",
  "40013": "auth",
  "40125": "auth",
  "40243": "auth",
  "40164": "invalid",
  "45009": "rate_limited",
  "45011": "rate_limited",
  "48001": "unsupported",
  "61007": "unsupported",
  "31042": "invalid",
  "606006": "conflict",
  "10020112": "rate_limited",
  "10020219": "conflict",
  "10020217": "conflict",
  "10020289": "invalid",
  "10020050": "unsupported",
  "10020051": "invalid",
  "10020052": "not_found",
  "10020053": "invalid",
  "10020054": "invalid",
  "10020055": "invalid",
  "10020091": "not_found",
};

/** What a code means for a person, and what to do. */
export const hints: Readonly<Record<string, string>> = {
  "40001":
    ", the access token or the AppSecret is wrong; the hub asks for a new one, else check the AppSecret",
  "40013": ", there is no such AppID; check it in the settings",
  "40125": ", the AppSecret is wrong; take it over from the shop's backend",
  "40164": ", the hub's address is not on the IP white-list of the shop; add it there",
  "40243": ", the AppSecret is frozen; unfreeze it in the shop's backend",
  "42001": ", the access token has expired; the hub asks for a new one",
  "45009": ", the quota of the day is used up",
  "45011": ", too many calls",
  "48001": ", the shop has no permission for this call; grant it in the shop's backend",
  "61007": ", the shop has no permission for this call; grant it in the shop's backend",
  "10020112": ", the stock of this SKU was changed too often just now",
  "10020217": ", the product is under audit; it can be changed when that is over",
  "10020219": ", there is less stock than would be taken off",
  "10020289": ", the product was never on sale; put it on sale once in the shop's backend",
};

/** The parameters of a scan have changed: it begins anew. */
export const scanIsLost = "606006";
/** More orders in the window than WeChat lists. */
export const tooMuchInWindow = "31042";

/** States of an after-sale in which money is back with the buyer. An exchange moves none. */
export const refundedStates: ReadonlySet<string> = new Set([
  "MERCHANT_REFUND_SUCCESS",
  "MERCHANT_RETURN_SUCCESS",
]);
export const returnedState = "MERCHANT_RETURN_SUCCESS";

/** Carriers by their codes (`/channels/ec/order/deliverycompanylist/get`); SF and ZTO are documented, the others common. */
export const carriers: CarrierTable = {
  sf: "SF",
  yto: "YTO",
  zto: "ZTO",
  sto: "STO",
  yunda: "YD",
  ems: "EMS",
  chinaPost: "YZPY",
  jd: "JD",
  deppon: "DBL",
  jt: "JTSD",
  best: "HTKY",
};
