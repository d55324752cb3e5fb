import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient } from "../toolkit/http.ts";
import { answerKeys, type Method, refusalOf } from "./codes.ts";
import type { PinduoduoSecrets, PinduoduoSettings } from "./settings.ts";
import { signatureOf } from "./sign.ts";

const gateway = "https://gw-api.pinduoduo.com";

export interface Question<Value> {
  method: Method;
  parameters: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Shape within the envelope. */
  answer: z.ZodType<Value>;
  /** Default: asks only. */
  effect?: "write";
  /** False for calls made before there is a token. Default true. */
  needsToken?: boolean;
}

export interface PinduoduoClient {
  run<Value>(question: Question<Value>, call: Call): Promise<Result<Value>>;
}

/** The only file of this folder that reaches the network. */
export function createClient(
  context: OpenContext,
  { clientId }: PinduoduoSettings,
  secrets: PinduoduoSecrets,
): PinduoduoClient {
  const token = context.tokens?.accessToken;
  const http = createHttpClient({
    ...context,
    baseUrl: gateway,
    secrets: [...Object.values(secrets), token, context.tokens?.refreshToken],
    refusal: refusalOf,
    largeIntegersAsText: true,
  });
  return {
    async run({ method, parameters, answer, effect, needsToken = true }, call) {
      if (needsToken && token === undefined)
        return failure("auth", "No access to this shop yet: open the address for granting access");
      const form = {
        type: method,
        client_id: clientId,
        timestamp: String(Math.floor(context.clock.nowMs() / 1000)),
        data_type: "JSON",
        version: "V1",
        ...(needsToken && token !== undefined ? { access_token: token } : {}),
        ...given(parameters),
      };
      const key = answerKeys[method];
      const result = await http.send(
        {
          method: "POST",
          path: "/api/router",
          form: { ...form, sign: signatureOf(form, secrets.clientSecret) },
          answer: key === null ? answer : z.object({ [key]: answer }).transform((body) => body[key] as never),
          effect: effect ?? "read",
        },
        call,
      );
      if (result.ok) return result;
      // The platform's own fault: for a question nothing has happened.
      const kind = result.kind === "unknown" && effect === undefined ? "unavailable" : result.kind;
      return { ...result, kind, message: `${method}: ${result.message}` };
    },
  };
}

const given = (parameters: Question<unknown>["parameters"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
