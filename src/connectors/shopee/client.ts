import type { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest, isCodeLike, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints, kindOfAuthError, speaksOfClock } from "./codes.ts";
import { hosts, type ShopeeSecrets, type ShopeeSettings } from "./settings.ts";
import { signedQuery } from "./sign.ts";
import { envelopeSchema } from "./wire.ts";

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export interface ShopeeClient {
  get<Value>(path: string, query: Query, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
  /** A POST that only asks. */
  ask<Value>(path: string, body: unknown, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
  write<Value>(path: string, body: unknown, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
}
type Query = NonNullable<HttpRequest<unknown>["query"]>;

export function createClient(
  context: OpenContext,
  { host, partnerId, shopId }: ShopeeSettings,
  secrets: ShopeeSecrets,
): ShopeeClient {
  const accessToken = context.tokens?.accessToken;
  const { partnerKey } = secrets;
  const http = createHttpClient({
    ...context,
    baseUrl: hosts[host],
    secrets: [...Object.values(secrets), accessToken, context.tokens?.refreshToken],
    refusal: refusalOf,
  });
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> => {
    if (accessToken === undefined)
      return failure(
        "auth",
        "No access to this shop yet: open the connection's authorization address and grant it",
      );
    const path = `/api/v2${request.path}`;
    const signed = signedQuery(
      path,
      context.clock.nowMs(),
      { partnerId, partnerKey },
      { accessToken, shopId },
    );
    const result = await http.send({ ...request, path, query: { ...request.query, ...signed } }, call);
    // Shopee's own fault: for a question nothing has happened.
    const isQuestion = request.method === "GET" || request.effect === "read";
    return !result.ok && result.kind === "unknown" && isQuestion
      ? { ...result, kind: "unavailable" }
      : result;
  };
  return {
    get: (path, query, answer, call) => send({ method: "GET", path, query, answer }, call),
    ask: (path, body, answer, call) => send({ method: "POST", path, body, answer, effect: "read" }, call),
    write: (path, body, answer, call) => send({ method: "POST", path, body, answer }, call),
  };
}

/** Refusals mostly come with status 200. Of an error its code is shown; the prose only tells kinds of one code apart. */
export function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status === 401 || status === 429 || status >= 500) return undefined;
  const told = envelopeSchema.safeParse(body).data;
  if (!told || told.error === "" || !isCodeLike(told.error)) return undefined;
  const code = told.error.slice(told.error.lastIndexOf(".") + 1);
  const message = told.message ?? "";
  if (code === "error_param" && speaksOfClock.test(message))
    return { kind: "invalid", what: "the time of the call was refused; set the clock of the hub's machine" };
  if (code === "error_param" && /access_token/.test(message))
    return { kind: "auth", what: "the call has no access token" };
  const kind = code === "error_auth" ? kindOfAuthError(message) : kindOfCode(errorKinds, code);
  const hint = code === "error_auth" && kind !== "auth" ? "" : Object.hasOwn(hints, code) ? hints[code] : "";
  return { kind, what: `${told.error}${hint}` };
}
