import { z } from "zod";
import type { FailureKind } from "../contract.ts";
import type { CarrierTable } from "../toolkit/carriers.ts";
import { type CodeTable, kindOfCode } from "../toolkit/codes.ts";
import { isCodeLike, type Refusal } from "../toolkit/http.ts";

/**
 * Codes of the gateway (open.taobao.com, error codes; read 2026-11-22). 7, 11, 25, 27, 40, 41 and the rule for isv and isp are
 * verified, the others are not.
 */
export const gatewayKinds: CodeTable = {
  "3": "unavailable",
  "7": "rate_limited",
  "8": "unavailable",
  "9": "unsupported",
  "10": "unavailable",
  "11": "unsupported",
  "12": "unsupported",
  "13": "unsupported",
  "21": "invalid",
  "22": "invalid",
  "23": "invalid",
  "24": "invalid",
  "25": "auth",
  "26": "auth",
  "27": "auth",
  "28": "auth",
  "29": "auth",
  "30": "invalid",
  "31": "invalid",
  "40": "invalid",
  "41": "invalid",
  "42": "invalid",
  "43": "invalid",
};

/** What to do about it, in words. */
const hints: Readonly<Record<string, string>> = {
  "11": "the application lacks the permission package for this call; apply for it in the console",
  "12": "the shop did not grant this call to the application; grant access again",
  "13": "the application lacks the permission for this field or action; apply for it in the console",
  "25": "the signature does not fit; check the App Secret, which changes when it is reset in the console",
  "26": "no access was granted yet; grant access to the shop",
  "27": "the session key has expired or was taken back; grant access to the shop again",
  "28": "the App Key is missing; enter it in the settings",
  "29": "the App Key is not valid; check it in the settings and in the console",
  "31": "the time differs by more than ten minutes; set the hub's clock",
};

/** Beginnings of sub codes that say more than the code. The first that fits counts; names partly from SDKs, not the platform's pages. */
const subKinds: readonly (readonly [string, FailureKind])[] = [
  ["accesscontrol.", "rate_limited"],
  ["isp.call-limited", "rate_limited"],
  ["isp.top-remote-connection", "unavailable"],
  // The platform broke or gave up waiting: what was asked may have been done.
  ["isp.", "unknown"],
  ["isv.trade-not-exist", "not_found"],
  ["isv.item-not-exist", "not_found"],
  ["isv.item-is-delete", "not_found"],
  ["isv.sku-not-exist", "not_found"],
  ["isv.refund-not-exist", "not_found"],
  ["isv.permission", "unsupported"],
  ["isv.", "invalid"],
];

const errorSchema = z.object({
  error_response: z.object({
    code: z.union([z.int(), z.string()]),
    sub_code: z.string().optional().catch(undefined),
    sub_msg: z.string().optional().catch(undefined),
  }),
});

/** Errors come with status 200. Shown are codes and our own hints; the platform's prose can quote buyers. */
export function refusalOf(body: unknown): Refusal | undefined {
  const error = errorSchema.safeParse(body).data?.error_response;
  if (error === undefined) return undefined;
  const code = String(error.code);
  const sub = isCodeLike(error.sub_code) ? error.sub_code : undefined;
  const bySub = subKinds.find(([beginning]) => sub?.startsWith(beginning))?.[1];
  const known = Object.hasOwn(gatewayKinds, code);
  const kind = known ? kindOfCode(gatewayKinds, code) : (bySub ?? "invalid");
  const what = [`error ${/^\d{1,6}$/.test(code) ? code : "?"}`, sub, hints[code]].filter(Boolean).join(", ");
  return { kind, what, retryAfterMs: kind === "rate_limited" ? banMs(error.sub_msg) : undefined };
}

/** "This ban will last for 1 more seconds". */
function banMs(text: string | undefined): number | undefined {
  const seconds = /ban will last for (\d{1,5}) more second/i.exec(text ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Codes of `taobao.logistics.companies.get` that are well known; any other code can be written out. */
export const carriers: CarrierTable = {
  sf: "SF",
  yto: "YTO",
  zto: "ZTO",
  sto: "STO",
  yunda: "YUNDA",
  ems: "EMS",
  chinaPost: "POSTB",
  deppon: "DBKD",
  best: "HTKY",
};

/** A carrier the platform does not list. */
export const otherCarrier = "OTHER";
