import type { FailureKind } from "../contract.ts";

/**
 * The platform publishes no numbers for what goes wrong most often and advises to look for words in its message instead. The first
 * line that fits decides; what fits none is a refusal for reasons of business.
 */
export const wordKinds: readonly { words: RegExp; kind: FailureKind; hint: string }[] = [
  {
    words: /access.?token|refresh.?token|授权(已)?(过期|失效)|token.*(expired|invalid|过期|失效)/i,
    kind: "auth",
    hint: "the token has expired or the grant was taken back; grant access again",
  },
  {
    words: /签名|\bsign\b|signature|app.?secret/i,
    kind: "auth",
    hint: "appId and app-secret do not fit each other; check appId and appSecret",
  },
  {
    words: /app.?id|应用不存在/i,
    kind: "auth",
    hint: "there is no application with this appId; check it in the settings",
  },
  {
    words: /授权码|\bcode\b.*(expired|invalid|过期|失效)/i,
    kind: "auth",
    hint: "the code of the grant is used or too old",
  },
  { words: /限流|频繁|flow.?limit|too many|qps/i, kind: "rate_limited", hint: "too many calls" },
  {
    words: /权限|permission|无权/i,
    kind: "unsupported",
    hint: "the application lacks the permission; apply for it, then grant access again",
  },
  { words: /不存在|not.?(exist|found)/i, kind: "not_found", hint: "it does not exist" },
  {
    words: /系统(异常|繁忙|错误)|稍后|timeout|system error|internal/i,
    kind: "unknown",
    hint: "the platform is in trouble",
  },
];

/** Decryption and receivers have a quota of their own. */
export const quotaCodes: ReadonlySet<number> = new Set([-2000701, -2000702]);

export const orderStatus = {
  awaitingPayment: 1,
  inChecks: 2,
  inCustoms: 3,
  toShip: 4,
  closed: 8,
  cancelled: 9,
} as const;

/** After-sale of an order: handled, or with the platform. 3 done, 4 refused, 5 closed, 7 withdrawn. */
export const openAfterSale: ReadonlySet<number> = new Set([2, 6]);
export const noAfterSale = 1;

/** `returnType`: 1 goods come back, 5 before shipping; 4 money alone, 6 price protection, 2 exchange. */
export const tellsUnits: ReadonlySet<number> = new Set([1, 5]);
/** States of a case in which nothing more happens: done, cancelled, closed, refused, receipt refused. */
export const endedCases: ReadonlySet<number> = new Set([4, 5, 6, 9, 9001]);
export const refundPaid = 2;

/** Modes in which the goods lie with the platform, which ships them. */
export const stockedModes: ReadonlySet<string> = new Set([
  "red_express",
  "red_domestic_trade",
  "red_standard",
]);
