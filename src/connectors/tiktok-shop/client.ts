import type { z } from "zod";
import type { Call, Failure, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints, manyMeanings } from "./codes.ts";
import type { TiktokSecrets, TiktokSettings } from "./settings.ts";
import { signed } from "./sign.ts";
import { envelopeSchema } from "./wire.ts";

/** One host for all regions. */
export const host = "https://open-api.tiktokglobalshop.com";

type Query = Record<string, string | number | undefined>;

/** The only part of this folder, besides `authorization.ts`, that reaches the network. Paths carry their version. */
export interface TiktokClient {
  get<Value>(path: string, query: Query, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
  /** A POST that only asks; its pages are chosen in the address, its filters stand in the body. */
  ask<Value>(
    path: string,
    query: Query,
    body: object,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
  write<Value>(path: string, body: object, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
}

export function createClient(
  context: OpenContext,
  { appKey }: TiktokSettings,
  secrets: TiktokSecrets,
): TiktokClient {
  const { tokens, clock } = context;
  const accessToken = tokens?.accessToken;
  const cipher = tokens?.extra?.shopCipher;
  const http = (extra: Record<string, string>) =>
    createHttpClient({
      ...context,
      baseUrl: host,
      secrets: [...Object.values(secrets), accessToken, tokens?.refreshToken, cipher],
      refusal: refusalOf,
      errorCode: () => undefined,
      largeIntegersAsText: true,
      sign: (outgoing) => signed(outgoing, secrets.appSecret, { app_key: appKey, ...extra }, clock.nowMs()),
    });
  const ofSeller = http({});
  const ofShop = cipher === undefined ? null : http({ shop_cipher: cipher });
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> => {
    // What is about the seller must not name a shop.
    const way = request.path.startsWith("/authorization/") ? ofSeller : ofShop;
    if (accessToken === undefined || way === null)
      return failure(
        "auth",
        "No access to this shop yet: open the connection's authorization address and grant it",
      );
    const headers = { "content-type": "application/json", "x-tts-access-token": accessToken };
    const result = await way.send({ ...request, headers }, call);
    // TikTok's own fault: for a question nothing has happened.
    const isQuestion = request.method === "GET" || request.effect === "read";
    return !result.ok && result.kind === "unknown" && isQuestion
      ? { ...result, kind: "unavailable" }
      : result;
  };
  return {
    get: (path, query, answer, call) => send({ method: "GET", path, query, answer }, call),
    ask: (path, query, body, answer, call) =>
      send({ method: "POST", path, query, body, answer, effect: "read" }, call),
    write: (path, body, answer, call) => send({ method: "POST", path, body, answer }, call),
  };
}

/** Refusals come with many statuses, 200 among them. Of an error its code is shown; the prose only tells meanings of one code apart. */
export function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status === 429 || status >= 500) return undefined;
  const told = envelopeSchema.safeParse(body).data;
  if (!told || told.code === "0") return undefined;
  const { code } = told;
  const meaning =
    code === "36009004"
      ? (manyMeanings.find(({ says }) => says.test(told.message ?? "")) ?? { kind: "invalid", hint: "" })
      : {
          kind: kindOfCode(errorKinds, code, code.startsWith("105") ? "auth" : "invalid"),
          hint: hints[code],
        };
  return { kind: meaning.kind, what: `TikTok Shop error ${code}${meaning.hint ?? ""}` } as Refusal;
}

/**
 * One id nobody knows may spoil a whole question: then each is asked for by itself, and those refused are left out. Where nothing but refusals as
 * `invalid` comes back, it is not the ids that are wrong.
 */
export async function eachKnown<Row>(
  ids: readonly string[],
  ask: (ids: readonly string[]) => Promise<Result<Row[]>>,
): Promise<Result<Row[]>> {
  const result = await ask(ids);
  if (result.ok || (result.kind !== "not_found" && result.kind !== "invalid")) return result;
  if (ids.length === 1) return result.kind === "not_found" ? { ok: true, value: [] } : result;
  return eachAlone(ids, ask);
}

async function eachAlone<Row>(
  ids: readonly string[],
  ask: (ids: readonly string[]) => Promise<Result<Row[]>>,
): Promise<Result<Row[]>> {
  const rows: Row[] = [];
  const invalid: Failure[] = [];
  for (const [index, id] of ids.entries()) {
    const one = await ask([id]);
    if (one.ok) rows.push(...one.value);
    else if (one.kind === "invalid") invalid.push(one);
    else if (one.kind !== "not_found") return one;
    const [first] = invalid;
    const isLast = index === ids.length - 1;
    if (first && invalid.length === index + 1 && (isLast || index >= 2)) return first;
  }
  return { ok: true, value: rows };
}
