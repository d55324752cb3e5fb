import { z } from "zod";
import type { CarrierTable } from "../toolkit/carriers.ts";
import { type CodeTable, kindOfCode } from "../toolkit/codes.ts";
import { isCodeLike, type Refusal } from "../toolkit/http.ts";

/** Codes of the gateway (open.pinduoduo.com, read 2026-11-22); anything else is a refusal. */
export const gatewayKinds: CodeTable = {
  "10019": "auth",
  "20004": "auth",
  "20005": "unsupported",
  "20031": "unsupported",
  "52101": "rate_limited",
  "70031": "rate_limited",
  "52102": "unavailable",
  "52103": "unavailable",
  "70033": "unavailable",
  // The platform broke: what was asked may have been done.
  "50000": "unknown",
  "50001": "unknown",
  "50002": "unknown",
  "52001": "unknown",
  "52002": "unknown",
  "70032": "unsupported",
  "70034": "unsupported",
  "70035": "unsupported",
  "70036": "unsupported",
};

/** What to do about it, in words. */
const hints: Readonly<Record<string, string>> = {
  "10019": "access has expired or was replaced by a newer grant; grant access to the shop again",
  "20004": "the signature does not fit; check clientId and clientSecret",
  "20005": "the hub's outgoing IP address is not on the application's white-list; add it in the console",
  "20031": "the application lacks the permission package for this call; apply for it in the console",
  "70032": "the platform forbids this call to the application; ask its support",
  "70034": "the platform's risk control stopped the call; ask its support",
  "70035": "the platform's risk control stopped the call; ask its support",
  "70036": "an application that is still being tested has used up its calls; have it approved",
};

const code = z.union([z.int().transform(String), z.string().regex(/^\d{1,10}$/)]);
const errorSchema = z.object({
  error_response: z.object({
    error_code: code,
    sub_code: z
      .union([z.string(), z.int().transform(String)])
      .nullish()
      .catch(undefined),
  }),
});

/** Errors come with status 200. Shown are codes and our own hints; the platform's prose can quote buyers. */
export function refusalOf(body: unknown): Refusal | undefined {
  const error = errorSchema.safeParse(body).data?.error_response;
  if (error === undefined) return undefined;
  const { error_code, sub_code } = error;
  const isPlain = isCodeLike(sub_code) || /^\d{1,10}$/.test(sub_code ?? "");
  const what = [`error ${error_code}`, isPlain ? sub_code : undefined, hints[error_code]];
  return { kind: kindOfCode(gatewayKinds, error_code), what: what.filter(Boolean).join(", ") };
}

/** The outer name of an answer cannot be told from the method. The fourth was seen in clients, the refund's in none: it has none. */
export const answerKeys = {
  "pdd.order.number.list.increment.get": "order_sn_increment_get_response",
  "pdd.order.list.get": "order_list_get_response",
  "pdd.order.information.get": "order_info_get_response",
  "pdd.mall.info.get": "mall_info_get_response",
  "pdd.goods.list.get": "goods_list_get_response",
  "pdd.goods.information.get": "goods_info_get_response",
  "pdd.goods.quantity.update": "goods_quantity_update_response",
  "pdd.logistics.online.send": "logistics_online_send_response",
  "pdd.pop.auth.token.create": "pop_auth_token_create_response",
  "pdd.pop.auth.token.refresh": "pop_auth_token_refresh_response",
  "pdd.refund.information.get": null,
} as const;
export type Method = keyof typeof answerKeys;

/** Numbers of `pdd.logistics.companies.get`, from a published answer; any other number can be written out. */
export const carriers: CarrierTable = {
  sto: "1",
  best: "3",
  sf: "44",
  yto: "85",
  zto: "115",
  ems: "118",
  jd: "120",
  yunda: "121",
  deppon: "131",
  chinaPost: "132",
  fedex: "135",
  usps: "186",
  dhl: "239",
  ups: "246",
};
