import { z } from "zod";
import { nowInstant } from "../../core/clock.ts";
import type { Call, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient } from "../toolkit/http.ts";
import { localText } from "../toolkit/time.ts";
import { refusalOf } from "./codes.ts";
import type { TaobaoSecrets, TaobaoSettings } from "./settings.ts";
import { signatureOf } from "./sign.ts";
import { timeZone } from "./wire.ts";

const gateway = "https://gw.api.taobao.com";

export interface Question<Value> {
  method: string;
  /** Business parameters; what is left out or empty is not sent. */
  parameters: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Shape within the envelope. */
  answer: z.ZodType<Value>;
  /** Default: asks only. */
  effect?: "write";
  /** False for calls made before there is a token. Default true. */
  needsSession?: boolean;
}

export interface TaobaoClient {
  run<Value>(question: Question<Value>, call: Call): Promise<Result<Value>>;
}

/** `taobao.trade.fullinfo.get` is answered under `trade_fullinfo_get_response`; other namespaces keep their first word. */
export const answerKey = (method: string): string =>
  `${method.replace(/^taobao\./, "").replaceAll(".", "_")}_response`;

/** The only file of this folder that reaches the network. */
export function createClient(
  context: OpenContext,
  settings: TaobaoSettings,
  secrets: TaobaoSecrets,
): TaobaoClient {
  const session = context.tokens?.accessToken;
  const http = createHttpClient({
    ...context,
    baseUrl: gateway,
    secrets: [...Object.values(secrets), session, context.tokens?.refreshToken],
    refusal: refusalOf,
    largeIntegersAsText: true,
  });
  return {
    async run({ method, parameters, answer, effect, needsSession = true }, call) {
      if (needsSession && session === undefined)
        return failure("auth", "No access to this shop yet: open the address for granting access");
      const system: Record<string, string> = {
        method,
        app_key: settings.appKey,
        timestamp: localText(nowInstant(context.clock), timeZone),
        v: "2.0",
        format: "json",
        sign_method: "hmac-sha256",
        ...(needsSession && session !== undefined ? { session } : {}),
      };
      const form = { ...system, ...given(parameters) };
      const key = answerKey(method);
      const result = await http.send(
        {
          method: "POST",
          path: "/router/rest",
          form: { ...form, sign: signatureOf(form, secrets.appSecret) },
          answer: z.object({ [key]: answer }),
          effect: effect ?? "read",
        },
        call,
      );
      if (result.ok) return { ok: true, value: result.value[key] as z.infer<typeof answer> };
      // The platform's own fault: for a question nothing has happened.
      const kind = result.kind === "unknown" && effect === undefined ? "unavailable" : result.kind;
      return { ...result, kind, message: `${method}: ${result.message}` };
    },
  };
}

const given = (parameters: Question<unknown>["parameters"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  );
