import type { FailureKind } from "../contract.ts";
import type { CarrierTable } from "../toolkit/carriers.ts";
import { type CodeTable, kindOfCode } from "../toolkit/codes.ts";

/**
 * Success, and classes of errors (`code`). What stands for "nothing was done" is only what the platform says before it begins;
 * `unknown` is read as `unavailable` where a call only asks.
 */
export const successCode = 10_000;
const classKinds: CodeTable = {
  20000: "unknown",
  20001: "unknown",
  30001: "unsupported",
  30002: "invalid",
  40001: "invalid",
  40002: "invalid",
  40003: "invalid",
  40004: "invalid",
  50001: "unknown",
  50002: "invalid",
  60000: "rate_limited",
  70000: "unsupported",
  80000: "invalid",
  90000: "unknown",
};

/** What `sub_code` says more exactly; its part after a colon is a number of the single call. */
const subKinds: CodeTable = {
  "isv.access-token-expired": "auth",
  "isv.access-token-no-existed": "auth",
  "isv.access-token-missing": "auth",
  "isv.access-token-invalid": "auth",
  "dop.authorization-no-existed": "auth",
  "dop.authorization-closed": "auth",
  "dop.token-generate-failed": "auth",
  "isv.signature-invalid": "auth",
  "isv.app-id-invalid": "auth",
  "isv.app-id-expired": "auth",
  "dop.app-forbidden": "auth",
  "isv.app-permissions-insufficient": "unsupported",
  "isp.api-service-off": "unsupported",
};

/** The write was done before, under the same id: `stock.ts` takes this as success. */
export const doneBefore: CodeTable = { "isv.idempotent-id-existed": "conflict" };

/** Asking for an order by its number has no code of its own for "there is none": it is an error of the arguments or of business. */
export const noSuchOrder: CodeTable = { 40004: "not_found", 50002: "not_found" };

/** `own` is what a call knows better; then the sub-code decides, then the class. */
export function kindOfError(code: number, subCode: string, own: CodeTable = {}): FailureKind {
  const [family = ""] = subCode.split(":");
  for (const table of [own, subKinds])
    for (const name of [family, String(code)]) if (Object.hasOwn(table, name)) return kindOfCode(table, name);
  return kindOfCode(classKinds, code);
}

/** What a person can do about it. */
export const hints: Readonly<Record<string, string>> = {
  "isv.signature-invalid":
    "app_key and app_secret do not fit each other; copy both from the application's page",
  "isv.app-id-invalid": "there is no application with this app_key; check appKey in the settings",
  "isv.app-id-expired": "the app_key has expired; renew it in the open platform",
  "isv.access-token-invalid": "the token belongs to another application",
  "isv.access-token-expired":
    "the access token has expired; the hub makes a new one, else authorise the application again",
  "isv.access-token-no-existed":
    "there is no such access token; the hub makes a new one, else authorise the application for shopId again",
  "isv.app-permissions-insufficient":
    "the application lacks the permission package of this call; apply for it in the open platform",
  "dop.authorization-no-existed":
    "the shop has not authorised this application; authorise it in the service market",
  "dop.authorization-closed": "the shop has withdrawn its authorisation; authorise the application again",
  "dop.app-forbidden": "the application is banned; ask the platform",
  "isv.timestamp-invalid": "the clock of this machine is off by more than ten minutes; set it",
  "30002": "the address of this machine is not on the application's IP white list; add it",
  "70000": "the platform has withdrawn this call; update the hub",
};

/** Order statuses (page douyin, section 6). */
export const orderStatus = {
  awaitingPayment: 1,
  toShip: 2,
  shipped: 3,
  cancelled: 4,
  completed: 5,
  partlyShipped: 101,
  inChecks: 105,
} as const;

/** After-sale statuses of a line that are still open. 12 succeeded, 14 exchanged, 28 failed, 51 and 53 closed. */
export const openAfterSale: ReadonlySet<number> = new Set([6, 7, 8, 11, 13, 27, 29]);

export const afterSaleType = { returned: 0, beforeShipping: 2 } as const;
export const refundSucceeded = 3;

/** Kinds of order that are redeemed or topped up, never sent: virtual, voucher, redeemed by third parties. */
export const unshippedOrderTypes: ReadonlySet<number> = new Set([2, 4, 5]);

/** Codes of `order.logisticsCompanyList`; from common use, the list itself needs an application. */
export const carriers: CarrierTable = {
  sf: "shunfeng",
  yto: "yuantong",
  zto: "zhongtong",
  sto: "shentong",
  yunda: "yunda",
  ems: "ems",
  chinaPost: "youzhengguonei",
  jd: "jd",
  deppon: "debangwuliu",
  jt: "jtexpress",
  best: "huitongkuaidi",
  cainiao: "danniao",
};
