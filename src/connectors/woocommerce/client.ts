import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest, isCodeLike, type Refusal } from "../toolkit/http.ts";
import { toBase64 } from "../toolkit/signatures.ts";
import { errorKinds, hints } from "./codes.ts";
import type { WooSecrets, WooSettings } from "./settings.ts";

/** The only file of this folder that reaches the network. */
export interface WooClient {
  get<Value>(
    path: string,
    query: HttpRequest<Value>["query"],
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
  write<Value>(
    method: "POST" | "PUT",
    path: string,
    body: unknown,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
}

export function createClient(context: OpenContext, settings: WooSettings, secrets: WooSecrets): WooClient {
  const key = context.tokens?.accessToken ?? secrets.consumerKey;
  const secret = context.tokens?.extra?.consumerSecret ?? secrets.consumerSecret;
  const credentials = toBase64(new TextEncoder().encode(`${key}:${secret}`));
  const inAddress = settings.keysInAddress && key !== undefined && secret !== undefined;
  const keys = inAddress ? { consumer_key: key, consumer_secret: secret } : {};
  const http = createHttpClient({
    ...context,
    baseUrl: `${settings.baseUrl.replace(/\/+$/, "")}/wp-json/wc/v3`,
    headers: inAddress ? {} : { authorization: `Basic ${credentials}` },
    secrets: [...Object.values(secrets), key, secret, credentials],
    refusal: refusalOf,
    // PHP writes 19.9 as 19.899999999999999 where it was told to give 17 digits, and plugins keep long numbers in meta data.
    inexactNumbersAsText: true,
    entered: { address: "baseUrl", key: "consumerKey and consumerSecret" },
  });
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> =>
    key === undefined || secret === undefined
      ? failure(
          "auth",
          "No access to this shop yet: enter consumerKey and consumerSecret, or grant access in the browser",
        )
      : http.send({ ...request, query: { ...request.query, ...keys } }, call);
  return {
    get: (path, query, answer, call) => send({ method: "GET", path, query: query ?? {}, answer }, call),
    write: (method, path, body, answer, call) => send({ method, path, body, answer }, call),
  };
}

const errorSchema = z.object({ code: z.string() });

function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status < 400 || status === 429 || status >= 500) return undefined;
  const code = errorSchema.safeParse(body).data?.code;
  if (code === undefined || !isCodeLike(code) || !Object.hasOwn(errorKinds, code)) {
    // A security plugin or the host, not WooCommerce, whose refusals carry a code.
    if (status === 403)
      return {
        kind: "auth",
        what: "the server refuses the hub (403); a security plugin or firewall may be in the way",
      };
    return undefined;
  }
  return { kind: kindOfCode(errorKinds, code), what: `${status} ${code}${hints[code] ?? ""}` };
}
