import type { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints, isNegative } from "./codes.ts";
import { countries, type LazadaSecrets, type LazadaSettings } from "./settings.ts";
import { signedParameters } from "./sign.ts";
import { envelopeSchema } from "./wire.ts";

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export interface LazadaClient {
  get<Value>(
    path: string,
    parameters: Parameters,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
  write<Value>(
    path: string,
    parameters: Parameters,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
}
export type Parameters = Readonly<Record<string, string>>;

export function createClient(
  context: OpenContext,
  { country, appKey }: LazadaSettings,
  secrets: LazadaSecrets,
): LazadaClient {
  const accessToken = context.tokens?.accessToken;
  const { appSecret } = secrets;
  const http = createHttpClient({
    ...context,
    baseUrl: countries[country].host,
    secrets: [...Object.values(secrets), accessToken, context.tokens?.refreshToken],
    refusal: refusalOf,
  });
  const signed = (path: string, parameters: Parameters) =>
    signedParameters(path, context.clock.nowMs(), { appKey, appSecret }, parameters, accessToken);
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> =>
    accessToken === undefined
      ? failure(
          "auth",
          "No access to this store yet: open the connection's authorization address and grant it",
        )
      : http.send(request, call);
  return {
    async get(path, parameters, answer, call) {
      const result = await send({ method: "GET", path, query: signed(path, parameters), answer }, call);
      // Lazada's own fault: for a question nothing has happened.
      return !result.ok && result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
    },
    write: (path, parameters, answer, call) =>
      send({ method: "POST", path, form: signed(path, parameters), answer }, call),
  };
}

/** Refusals come with status 200. Of an error its code is shown, and what to do. */
export function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status === 401 || status === 429 || status >= 500) return undefined;
  const told = envelopeSchema.safeParse(body).data;
  if (!told || told.code === "0" || !/^[\w.-]{1,40}$/.test(told.code)) return undefined;
  const detail = JSON.stringify(told.detail ?? "");
  if (isNegative.test(detail))
    return { kind: "conflict", what: `${told.code}, the figure would fall below zero` };
  const hint = Object.hasOwn(hints, told.code) ? hints[told.code] : "";
  return { kind: kindOfCode(errorKinds, told.code), what: `${told.code}${hint}` };
}
