import type { FailureKind } from "../contract.ts";
import type { CarrierTable } from "../toolkit/carriers.ts";
import { type CodeTable, kindOfCode } from "../toolkit/codes.ts";

/**
 * Codes of `error_response`. Only 8 and 21 are told by a second source; the others are common knowledge and unverified. 65
 * and 67 come after the call was taken in, so a write that gets them is in doubt.
 */
export const errorKinds: CodeTable = {
  "8": "unavailable",
  "11": "unsupported",
  "12": "unsupported",
  "19": "auth",
  "21": "auth",
  "22": "auth",
  "62": "unsupported",
  "65": "unknown",
  "66": "unavailable",
  "67": "unknown",
  "2001": "unsupported",
};

/** What a code means for a person, and what to do. */
const hints: Readonly<Record<string, string>> = {
  "8": ", the clock of the hub's machine is off by more than six minutes; set it",
  "11": ", JD has no such method or the application may not call it; ask for its permission package on open.jd.com",
  "12": ", the application may not call this method; ask for its permission package on open.jd.com",
  "19": ", the access token is wrong or has expired; grant access again",
  "21": ", the AppKey is wrong; take it over from open.jd.com",
  "22": ", the signature does not fit; check the AppSecret",
  "62": ", JD limits or blocks the application; look at its state on open.jd.com",
  "2001": ", the application may not call this method; ask for its permission package on open.jd.com",
};

/** Codes are thin, so what is in no table is sorted by its Chinese words; never shown, they can quote buyers. */
const wordKinds: readonly (readonly [RegExp, FailureKind])[] = [
  [/超过调用次数|流量限制|调用频率|过于频繁/, "rate_limited"],
  [/签名|access_?token|令牌/i, "auth"],
  [/权限/, "unsupported"],
  [/不存在|未找到|没有找到/, "not_found"],
  [/系统繁忙|稍后再试|稍后重试/, "unavailable"],
  [/锁定|暂停|状态/, "conflict"],
];

const wordHints: Readonly<Partial<Record<FailureKind, string>>> = {
  rate_limited: ", too many calls",
  auth: ", it does not accept token or signature; check the AppSecret, or grant access again",
  unsupported: ", the application lacks a permission; ask for its permission package on open.jd.com",
  not_found: ", it does not exist there",
  conflict: ", the order's state does not allow it",
};

/** What a refusal means: by its code, else by its words, else a refusal for good. `what` names the code and what to do. */
export function refusalOfCode(code: string, words: string): { kind: FailureKind; what: string } {
  const shown = /^-?\w{1,40}$/.test(code) ? code : "without a code";
  if (Object.hasOwn(errorKinds, code))
    return { kind: kindOfCode(errorKinds, code), what: `JD refused it (${shown})${hints[code] ?? ""}` };
  const kind = wordKinds.find(([pattern]) => pattern.test(words))?.[1] ?? "invalid";
  return { kind, what: `JD refused it (${shown})${wordHints[kind] ?? ""}` };
}

/**
 * States asked for in lists: the filter is required, and there is no word for all. NOT_PAY is left out: JD shows orders once
 * they are paid, and a state it does not know could fail the call.
 */
export const askedStates = [
  "WAIT_SELLER_STOCK_OUT",
  "WAIT_SELLER_DELIVERY",
  "WAIT_GOODS_RECEIVE_CONFIRM",
  "FINISHED_L",
  "TRADE_CANCELED",
  "LOCKED",
  "PAUSE",
  "POP_ORDER_PAUSE",
] as const;

/** Words of `storeOrder` for goods that JD keeps and ships: its own warehouse, and the cloud warehouse. */
export const platformStores: ReadonlySet<string> = new Set(["京仓订单", "云仓订单"]);

/**
 * `couponType` begins with a number. Those that JD pays for: red packets, JD beans, JD coupons. The shop pays for the others, and
 * what its discounts come to in all is `sellerDiscount`.
 */
export const platformCoupons: ReadonlySet<string> = new Set(["34", "39", "41"]);

/** States of a cancel request (`refundapply`) in which the money goes back: JD's finance passed it, or it was closed by force. */
export const refundedApplies: ReadonlySet<number> = new Set([3, 9]);
/** State of the refund of a service order: 13 done, 14 failed. */
export const refundedService = 13;

/** Carriers by their numbers in JD (a shop's own list: jingdong.get.vender.carrier). Second-hand. */
export const carriers: CarrierTable = {
  sf: "467",
  yto: "463",
  zto: "1499",
  sto: "470",
  yunda: "1327",
  ems: "465",
  jd: "2087",
  deppon: "3046",
};

/** The shop brings the parcel itself: needs no number. */
export const ownDelivery = "1274";

const carrierNames: Readonly<Record<string, string>> = {
  "467": "SF",
  "463": "YTO",
  "1499": "ZTO",
  "470": "STO",
  "1327": "Yunda",
  "465": "EMS",
  "2087": "JD",
  "3046": "Deppon",
};

export const carrierName = (code: string): string => carrierNames[code] ?? code;
