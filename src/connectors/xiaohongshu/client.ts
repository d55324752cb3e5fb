import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { type Effect, failure } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { quotaCodes, wordKinds } from "./codes.ts";
import { gateway, gatewayPath, type XiaohongshuSecrets, type XiaohongshuSettings } from "./settings.ts";
import { signatureOf } from "./sign.ts";

export interface XiaohongshuRequest<Value> {
  /** Such as `order.getOrderDetail`. */
  method: string;
  params: Record<string, unknown>;
  /** Shape of `data`. */
  answer: z.ZodType<Value>;
  effect: Effect;
  /** Calls for tokens are signed like the others, without one. */
  withoutToken?: true;
}

export interface XiaohongshuClient {
  run<Value>(request: XiaohongshuRequest<Value>, call: Call): Promise<Result<Value>>;
}

/** The only file of this folder that reaches the network: one gateway, what is asked for beside the system's parameters. */
export function createClient(
  context: OpenContext,
  { appId }: XiaohongshuSettings,
  secrets: XiaohongshuSecrets,
): XiaohongshuClient {
  const { tokens } = context;
  const http = createHttpClient({
    ...context,
    baseUrl: gateway,
    secrets: [...Object.values(secrets), tokens?.accessToken, tokens?.refreshToken],
    largeIntegersAsText: true,
    errorCode: () => undefined,
    refusal: refusalOf,
  });
  return {
    async run({ method, params, answer, effect, withoutToken }, call) {
      if (!withoutToken && tokens === undefined)
        return failure("auth", "No access to this shop yet: grant it in the browser");
      const timestamp = String(Math.floor(context.clock.nowMs() / 1000));
      const sign = signatureOf({ method, appId, timestamp }, secrets.appSecret);
      const system = { appId, method, version: "2.0", timestamp, sign };
      const result = await http.send(
        {
          method: "POST",
          path: gatewayPath,
          body: { ...params, ...system, ...(withoutToken ? {} : { accessToken: tokens?.accessToken }) },
          effect,
          answer: z.object({ success: z.literal(true), data: answer }),
        },
        call,
      );
      if (result.ok) return { ok: true, value: result.value.data };
      const named = { ...result, message: result.message.replace(gatewayPath, method) };
      return result.kind === "unknown" && effect === "read" ? { ...named, kind: "unavailable" } : named;
    },
  };
}

/** Older calls say `error_code` and `error_msg`, newer ones `code` and `msg`. */
const refusalSchema = z.object({
  success: z.boolean().nullish(),
  error_code: z.int().nullish(),
  error_msg: z.string().nullish(),
  code: z.int().nullish(),
  msg: z.string().nullish(),
});

/** Refusals come with status 200. Shown are the number and what to do; the platform's words are only looked at. */
function refusalOf(body: unknown): Refusal | undefined {
  const parsed = refusalSchema.safeParse(body);
  if (!parsed.success || parsed.data.success === true) return undefined;
  const code = parsed.data.error_code ?? parsed.data.code;
  if (parsed.data.success == null && !code) return undefined;
  const words = `${parsed.data.error_msg ?? ""} ${parsed.data.msg ?? ""}`;
  const found = wordKinds.find((line) => line.words.test(words));
  if (quotaCodes.has(code ?? 0))
    return { kind: "unsupported", what: `${code}, the quota for buyers' data is used up` };
  const what = `error ${code ?? "without a number"}`;
  return found ? { kind: found.kind, what: `${what}, ${found.hint}` } : { kind: "invalid", what };
}
