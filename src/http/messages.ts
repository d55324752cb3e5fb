import type { ErrorCode } from "../core/errors.ts";

/**
 * The sentences of HTTP errors, in the languages the API speaks. Codes never change with the language; a sentence
 * that names ids comes from the place that refused and stays in English.
 */

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

type Catalogue = Record<Language, string>;

/** `title` of a problem document: what kind of refusal it is. */
const titles: Record<ErrorCode, Catalogue> = {
  invalid_request: { en: "The request is not valid", zh: "请求内容无效" },
  malformed_json: { en: "The body is not JSON", zh: "请求体不是有效的 JSON" },
  duplicate_key: { en: "A key occurs twice in one JSON object", zh: "同一个 JSON 对象中出现了重复的键" },
  unauthorized: { en: "No valid API key", zh: "缺少有效的 API 密钥" },
  signature_refused: { en: "The signature was refused", zh: "签名校验未通过" },
  forbidden: { en: "This key may not do that", zh: "该密钥没有此权限" },
  not_found: { en: "Not found", zh: "未找到" },
  unknown_sku: { en: "Unknown SKU", zh: "未知的 SKU" },
  unknown_location: { en: "Unknown location", zh: "未知的库位" },
  unknown_connector: { en: "Unknown connector", zh: "未知的连接器" },
  unknown_currency: { en: "Unknown currency", zh: "未知的货币" },
  number_out_of_range: { en: "A number does not fit", zh: "数值超出允许范围" },
  totals_mismatch: { en: "The amounts do not add up", zh: "金额合计不一致" },
  method_not_allowed: { en: "Method not allowed", zh: "不支持该请求方法" },
  conflict: { en: "Conflict", zh: "冲突" },
  already_exists: { en: "Already exists", zh: "已存在" },
  insufficient_stock: { en: "Not enough stock", zh: "库存不足" },
  illegal_transition: { en: "Not possible in this state", zh: "当前状态下不允许此操作" },
  period_closed: { en: "The accounting period is closed", zh: "会计期间已关闭" },
  body_too_large: { en: "The body is too large", zh: "请求体过大" },
  unsupported_media_type: { en: "Unsupported content type", zh: "不支持的内容类型" },
  idempotency_mismatch: { en: "Idempotency key used for another request", zh: "幂等键已用于其他请求" },
  idempotency_in_progress: { en: "The first request is still at work", zh: "首次请求仍在处理中" },
  too_many_requests: { en: "Too many requests", zh: "请求过于频繁" },
  unsupported: { en: "Not supported", zh: "不支持" },
  file_unreadable: { en: "The file cannot be read", zh: "文件无法读取" },
  connection_failed: { en: "The platform could not be reached", zh: "无法连接平台" },
  overloaded: { en: "The hub is overloaded", zh: "系统繁忙" },
  unavailable: { en: "Not available now", zh: "暂时不可用" },
  request_timeout: { en: "The request took too long", zh: "请求处理超时" },
  database_locked: { en: "The database is in use", zh: "数据库正被占用" },
  schema_mismatch: { en: "The database has another version", zh: "数据库版本不匹配" },
  configuration: { en: "The hub is not set up correctly", zh: "系统配置有误" },
  internal: { en: "Internal error", zh: "内部错误" },
};

/** `detail` where the HTTP layer itself refuses. `{name}` stands for a value. */
const details = {
  key_missing: {
    en: 'Send the header "Authorization: Bearer <key>"; an owner makes keys with `sluice keys create`.',
    zh: "请发送请求头“Authorization: Bearer <密钥>”；所有者可用 `sluice keys create` 创建密钥。",
  },
  key_refused: {
    en: "This API key does not exist or was revoked; ask an owner for a new one.",
    zh: "该 API 密钥不存在或已被撤销；请向所有者申请新的密钥。",
  },
  role_refused: {
    en: "Keys of role {role} may not do this; it takes one of: {allowed}.",
    zh: "角色 {role} 的密钥不能执行此操作；需要以下角色之一：{allowed}。",
  },
  body_invalid: {
    en: "The request does not match the schema; see issues for each place and correct them.",
    zh: "请求与接口定义不符；请按 issues 中列出的位置逐一修正。",
  },
  body_missing: {
    en: "This call needs a JSON body; send one with Content-Type: application/json.",
    zh: "此接口需要 JSON 请求体；请以 Content-Type: application/json 发送。",
  },
  body_too_large: {
    en: "The body may have at most {limit} bytes; send less at a time.",
    zh: "请求体最多 {limit} 字节；请分批发送。",
  },
  body_interrupted: {
    en: "The body ended before all of it had arrived; send it again.",
    zh: "请求体未完整到达；请重新发送。",
  },
  nul_in_address: {
    en: "The address holds the character NUL, which no code or id can have.",
    zh: "地址中包含 NUL 字符，任何编码或编号都不能包含该字符。",
  },
  query_unknown: {
    en: "The query parameter {names} is unknown here; allowed are: {allowed}. Correct its spelling or leave it out.",
    zh: "此处没有查询参数 {names}；可用参数：{allowed}。请更正拼写或去掉该参数。",
  },
  query_not_taken: {
    en: "This call takes no query parameters, but {names} was sent; leave it out.",
    zh: "此接口不接受查询参数，但收到了 {names}；请去掉该参数。",
  },
  query_repeated: {
    en: "The query parameter {names} stands more than once; allowed are, each once: {allowed}. Send it once.",
    zh: "查询参数 {names} 出现了多次；可用参数（每个最多一次）：{allowed}。请只发送一次。",
  },
  content_type: {
    en: "The body must be sent as application/json in UTF-8.",
    zh: "请求体必须以 application/json（UTF-8）发送。",
  },
  content_encoding: {
    en: "The body must be sent as it is; leave out Content-Encoding.",
    zh: "请求体不得压缩；请勿使用 Content-Encoding。",
  },
  path_unknown: {
    en: "There is nothing at this address; see /docs for all routes.",
    zh: "该地址不存在；所有接口见 /docs。",
  },
  method_not_allowed: {
    en: "{method} is not possible here; possible are: {allowed}.",
    zh: "此处不支持 {method}；可用方法：{allowed}。",
  },
  key_unusable: {
    en: "Idempotency-Key must be 1 to 200 visible ASCII characters.",
    zh: "Idempotency-Key 必须为 1 到 200 个可见 ASCII 字符。",
  },
  key_reused: {
    en: "This Idempotency-Key was used for another request; use a new key for new content.",
    zh: "此 Idempotency-Key 已用于其他请求；内容不同请使用新的键。",
  },
  key_in_progress: {
    en: "The first request with this Idempotency-Key is still at work; repeat it in a moment.",
    zh: "使用此 Idempotency-Key 的首次请求仍在处理；请稍后重试。",
  },
  took_too_long: {
    en: "No answer within {seconds} s. The work goes on; repeat the same request with the same Idempotency-Key or reference to learn its outcome.",
    zh: "{seconds} 秒内未完成。处理仍在继续；请用相同的 Idempotency-Key 或 reference 重发同一请求以获知结果。",
  },
  signature_refused: {
    en: "The delivery is not signed with this connection's secret, or is too old; nothing was stored.",
    zh: "该推送未使用此连接的密钥签名，或已过期；未保存任何内容。",
  },
  not_found: { en: "There is no {what} {id} for this merchant.", zh: "该商户没有此 {what}：{id}。" },
  database_lost: {
    en: "The database does not answer. Repeat the request in a moment; with the same Idempotency-Key or reference nothing is done twice.",
    zh: "数据库暂时无响应。请稍后重试；使用相同的 Idempotency-Key 或 reference 不会重复执行。",
  },
  failed: {
    en: "Something broke inside the hub; the log has the cause under this request id. Repeating is safe with the same Idempotency-Key.",
    zh: "系统内部出错；可凭此请求编号在日志中查找原因。使用相同的 Idempotency-Key 重试是安全的。",
  },
} satisfies Record<string, Catalogue>;

export type DetailKey = keyof typeof details;
export type DetailValues = Readonly<Record<string, string | number>>;

export const titleOf = (code: ErrorCode, language: Language): string => titles[code][language];

export const detailOf = (key: DetailKey, language: Language, values: DetailValues = {}): string =>
  details[key][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/**
 * The language of an Accept-Language header: the highest weight we speak, English when none
 * (RFC 9110, section 12.5.4). "zh-CN,zh;q=0.9,en;q=0.8" -> zh.
 */
export function languageOf(header: string | null | undefined): Language {
  if (!header) return "en";
  let best: Language = "en";
  let bestWeight = 0;
  for (const range of header.slice(0, 200).split(",")) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const language = languages.find((known) => tag === known || tag.startsWith(`${known}-`));
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    if (language !== undefined && weight > bestWeight) {
      best = language;
      bestWeight = weight;
    }
  }
  return best;
}
