import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { type Effect, failure } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { refusalOfCode } from "./codes.ts";
import type { JdSecrets, JdSettings } from "./settings.ts";
import { signatureOf, timestampOf } from "./sign.ts";
import { errorSchema, verdictSchema } from "./wire.ts";

/**
 * The routerjson gateway. JD moves to another one, SP-API (https://api-cn.jd.com), whose fields are not published; all that is
 * known of a gateway (address, signature, envelope, errors) stands in this file and in `sign.ts`.
 */
export const gateway = "https://api.jd.com";

export interface Method<Value> {
  name: string;
  /** Where the result stands below the envelope. */
  result: string;
  answer: z.ZodType<Value>;
  effect: Effect;
  /** Where the result says whether it is a success: in itself, or in its `apiResult`; some say nothing. */
  verdict?: "self" | "apiResult";
}

export interface JdClient {
  run<Value>(method: Method<Value>, parameters: Record<string, unknown>, call: Call): Promise<Result<Value>>;
}

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export function createClient(context: OpenContext, { appKey }: JdSettings, secrets: JdSecrets): JdClient {
  const token = context.tokens?.accessToken;
  return {
    async run(method, parameters, call) {
      if (token === undefined)
        return failure("auth", "No access to this shop yet: grant access in the browser");
      const envelope = `${method.name.replaceAll(".", "_")}_responce`;
      const http = createHttpClient({
        ...context,
        baseUrl: gateway,
        secrets: [secrets.appSecret, token, context.tokens?.refreshToken],
        errorCode: () => undefined,
        largeIntegersAsText: true,
        refusal: (body) => refusalOf(body, method, envelope),
      });
      const business = { "360buy_param_json": JSON.stringify(parameters) };
      const system = {
        method: method.name,
        app_key: appKey,
        access_token: token,
        timestamp: timestampOf(context.clock.nowMs()),
        v: "2.0",
      };
      const result = await http.send(
        {
          method: "POST",
          path: "/routerjson",
          query: { ...system, sign: signatureOf({ ...system, ...business }, secrets.appSecret) },
          form: business,
          answer: z.object({ [envelope]: z.object({ [method.result]: method.answer }) }),
          effect: method.effect,
        },
        call,
      );
      if (!result.ok) {
        // For a question nothing has happened.
        const kind = result.kind === "unknown" && method.effect === "read" ? "unavailable" : result.kind;
        return { ...result, kind, message: `${method.name}, ${result.message}` };
      }
      return { ok: true, value: result.value[envelope]?.[method.result] as z.infer<typeof method.answer> };
    },
  };
}

/** Refusals come with status 200: in `error_response`, or in what the result says of itself. */
function refusalOf(body: unknown, method: Method<unknown>, envelope: string): Refusal | undefined {
  const error = errorSchema.safeParse(body).data?.error_response;
  if (error) return refusalOfCode(error.code, `${error.zh_desc} ${error.en_desc} ${error.msg}`);
  if (method.verdict === undefined) return undefined;
  const told = verdictSchema.safeParse(
    verdictPath(method, envelope).reduce<unknown>((value, name) => memberOf(value, name), body),
  );
  if (!told.success || told.data.success) return undefined;
  const { numberCode, errorCode, code, ...words } = told.data;
  return refusalOfCode(
    numberCode || errorCode || code,
    `${words.chineseErrCode} ${words.errorMessage} ${words.errorMsg} ${words.msg}`,
  );
}

const verdictPath = ({ result, verdict }: Method<unknown>, envelope: string): string[] =>
  verdict === "apiResult" ? [envelope, result, "apiResult"] : [envelope, result];

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
