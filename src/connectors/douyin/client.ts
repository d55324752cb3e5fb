import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import type { CodeTable } from "../toolkit/codes.ts";
import { type Effect, failure } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { hints, kindOfError, successCode } from "./codes.ts";
import { baseUrls, type DouyinSecrets, type DouyinSettings } from "./settings.ts";
import { inKeyOrder, signatureOf } from "./sign.ts";

export interface DouyinRequest<Value> {
  /** Such as `order.searchList`. */
  method: string;
  params: Record<string, unknown>;
  /** Shape of `data`. */
  answer: z.ZodType<Value>;
  effect: Effect;
  /** What this call's refusals mean, where it differs. */
  kinds?: CodeTable;
  /** Calls for tokens are signed like the others, without one. */
  withoutToken?: true;
}

export interface DouyinClient {
  run<Value>(request: DouyinRequest<Value>, call: Call): Promise<Result<Value>>;
}

/** The only file of this folder that reaches the network. Every call is a signed POST of sorted JSON. */
export function createClient(
  context: OpenContext,
  { appKey, environment }: DouyinSettings,
  secrets: DouyinSecrets,
): DouyinClient {
  const { tokens } = context;
  const options = {
    ...context,
    baseUrl: baseUrls[environment],
    // Without it the answers carry the platform's retired error codes.
    headers: { "x-open-no-old-err-code": "1" },
    secrets: [...Object.values(secrets), tokens?.accessToken, tokens?.refreshToken],
    largeIntegersAsText: true,
  };
  return {
    async run({ method, params, answer, effect, kinds, withoutToken }, call) {
      if (!withoutToken && tokens === undefined)
        return failure("auth", "The shop's token is not there yet; authorise the application for this shop");
      const body = inKeyOrder(params);
      const timestamp = String(Math.floor(context.clock.nowMs() / 1000));
      const paramJson = JSON.stringify(body);
      const query = {
        app_key: appKey,
        method,
        timestamp,
        v: "2",
        sign_method: "hmac-sha256",
        sign: signatureOf({ appKey, method, paramJson, timestamp }, secrets.appSecret),
        ...(withoutToken ? {} : { access_token: tokens?.accessToken }),
      };
      const http = createHttpClient({ ...options, refusal: (reply) => refusalOf(reply, kinds) });
      const result = await http.send(
        {
          method: "POST",
          path: `/${method.replaceAll(".", "/")}`,
          query,
          body,
          effect,
          answer: z.object({ code: z.literal(successCode), data: answer }),
        },
        call,
      );
      if (result.ok) return { ok: true, value: result.value.data };
      return result.kind === "unknown" && effect === "read" ? { ...result, kind: "unavailable" } : result;
    },
  };
}

const refusalSchema = z.object({
  code: z.int().refine((code) => code !== successCode),
  sub_code: z.string().nullish(),
  log_id: z.string().nullish(),
});

const isSubCode = /^[a-z]{2,5}\.[A-Za-z-]{1,60}(:[\w.-]{1,20})?$/;
const isLogId = /^[0-9A-Fa-f]{16,64}$/;

/** Refusals come with status 200. Shown are codes, the log id that the platform's support asks for, and what to do. */
function refusalOf(body: unknown, kinds: CodeTable | undefined): Refusal | undefined {
  const parsed = refusalSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, sub_code, log_id } = parsed.data;
  const subCode = sub_code && isSubCode.test(sub_code) ? sub_code : "";
  const hint = hints[subCode.split(":")[0] ?? ""] ?? hints[String(code)];
  const words = [
    `${code}${subCode && ` ${subCode}`}`,
    ...(log_id && isLogId.test(log_id) ? [`log_id ${log_id}`] : []),
    ...(hint === undefined ? [] : [hint]),
  ];
  return { kind: kindOfError(code, subCode, kinds), what: words.join(", ") };
}
