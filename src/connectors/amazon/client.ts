import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest, isCodeLike, type Refusal } from "../toolkit/http.ts";
import { errorKinds, speaksOfToken } from "./codes.ts";
import { type AmazonSettings, ownMarketplace } from "./settings.ts";

/** The only part of this folder, besides `authorization.ts`, that reaches the network. Nothing is signed: the token is all there is. */
export interface AmazonClient {
  get<Value>(
    path: string,
    query: HttpRequest<Value>["query"],
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
  write<Value>(
    method: "POST" | "PATCH",
    path: string,
    query: HttpRequest<Value>["query"],
    body: unknown,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
}

/** Amazon asks every application for its name and language. */
export const userAgent = "Sluice/0.1 (Language=TypeScript)";

export function createClient(
  context: OpenContext,
  settings: AmazonSettings,
  secrets: readonly unknown[],
): AmazonClient {
  const token = context.tokens?.accessToken;
  const http = createHttpClient({
    ...context,
    baseUrl: `https://sellingpartnerapi-${ownMarketplace(settings).region}.amazon.com`,
    headers: { "user-agent": userAgent, ...(token === undefined ? {} : { "x-amz-access-token": token }) },
    secrets: [...secrets, token, context.tokens?.refreshToken],
    refusal: refusalOf,
  });
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> =>
    token === undefined
      ? failure(
          "auth",
          "No access to this seller yet: enter the refresh token of a private application, or grant access in the browser",
        )
      : http.send(request, call);
  return {
    get: (path, query, answer, call) => send({ method: "GET", path, query: query ?? {}, answer }, call),
    write: (method, path, query, body, answer, call) =>
      send({ method, path, query: query ?? {}, body, answer }, call),
  };
}

const errorsSchema = z.object({
  errors: z
    .array(z.object({ code: z.string(), message: z.string().nullish(), details: z.string().nullish() }))
    .min(1),
});

/** Of an error its code is shown; its prose only says which kind of 403 it is. */
function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status < 400 || status === 401 || status === 429 || status >= 500) return undefined;
  const error = errorsSchema.safeParse(body).data?.errors[0];
  if (status === 403) {
    if (error && speaksOfToken.test(`${error.message ?? ""} ${error.details ?? ""}`))
      return {
        kind: "auth",
        what: "the access token is over or was taken back (403); grant access again, or enter another refreshToken",
      };
    return {
      kind: "unsupported",
      what: "the application lacks the role for this (403); add it in Developer Central and grant access again",
    };
  }
  if (!error || !isCodeLike(error.code) || !Object.hasOwn(errorKinds, error.code)) return undefined;
  return { kind: kindOfCode(errorKinds, error.code), what: `${status} ${error.code}` };
}
