import { z } from "zod";
import type { Call, FailureKind, OpenContext, Result } from "../contract.ts";
import { type CodeTable, kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints, success } from "./codes.ts";
import { gateway, type KuaishouSecrets, type KuaishouSettings } from "./settings.ts";
import { signatureOf } from "./sign.ts";

export interface KuaishouRequest<Value> {
  /** Such as `open.order.cursor.list`. */
  method: string;
  params: Record<string, unknown>;
  /** Shape of `data`; writes answer none. */
  answer: z.ZodType<Value>;
  /** GET asks, POST changes. */
  verb: "GET" | "POST";
  /** What this call's refusals mean, where it differs, and what those mean that stand in no table. */
  kinds?: CodeTable;
  otherwise?: FailureKind;
}

export interface KuaishouClient {
  run<Value>(request: KuaishouRequest<Value>, call: Call): Promise<Result<Value>>;
}

/** Ids are whole numbers on the wire; those a number cannot hold go as text. */
export const longOf = (id: string): number | string => (Number.isSafeInteger(Number(id)) ? Number(id) : id);

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export function createClient(
  context: OpenContext,
  { appKey }: KuaishouSettings,
  secrets: KuaishouSecrets,
): KuaishouClient {
  const { tokens } = context;
  const options = {
    ...context,
    baseUrl: gateway,
    secrets: [...Object.values(secrets), tokens?.accessToken, tokens?.refreshToken],
    largeIntegersAsText: true,
  };
  return {
    async run({ method, params, answer, verb, kinds = {}, otherwise }, call) {
      if (tokens === undefined) return failure("auth", "No access to this shop yet: grant it in the browser");
      const signed = {
        access_token: tokens.accessToken,
        appkey: appKey,
        method,
        param: JSON.stringify(params),
        signMethod: "HMAC_SHA256",
        timestamp: String(context.clock.nowMs()),
        version: "1",
      } as const;
      const fields = { ...signed, sign: signatureOf(signed, secrets.signSecret) };
      const http = createHttpClient({
        ...options,
        refusal: (body) => refusalOf(body, { ...errorKinds, ...kinds }, otherwise),
      });
      const result = await http.send(
        {
          method: verb,
          path: `/${method.replaceAll(".", "/")}`,
          ...(verb === "GET" ? { query: fields } : { form: fields }),
          answer: z.object({ result: z.literal(success), data: answer }),
        },
        call,
      );
      return result.ok ? { ok: true, value: result.value.data } : result;
    },
  };
}

const refusalSchema = z.object({
  result: z.int().refine((result) => result !== success),
  sub_code: z.union([z.string(), z.int().transform(String)]).nullish(),
});

const isSubCode = /^[\w.-]{1,40}$/;

/** Refusals come with status 200. Shown are numbers, and what to do; the platform's prose can quote buyers. */
export function refusalOf(body: unknown, kinds: CodeTable, otherwise?: FailureKind): Refusal | undefined {
  const parsed = refusalSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { result, sub_code } = parsed.data;
  const words = [`result ${result}`];
  if (sub_code && isSubCode.test(sub_code)) words.push(`sub_code ${sub_code}`);
  const hint = hints[String(result)];
  if (hint !== undefined) words.push(hint);
  return { kind: kindOfCode(kinds, result, otherwise), what: words.join(", ") };
}
