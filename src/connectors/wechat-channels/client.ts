import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { type Effect, failure } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints } from "./codes.ts";
import { secretsSchema } from "./settings.ts";

export const apiUrl = "https://api.weixin.qq.com";

export interface WechatClient {
  /** Every call is a POST; `effect` says whether it changes anything. */
  post<Value>(
    path: string,
    body: Record<string, unknown>,
    answer: z.ZodType<Value>,
    call: Call,
    effect?: Effect,
  ): Promise<Result<Value>>;
}

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export function createClient(context: OpenContext): WechatClient {
  const token = context.tokens?.accessToken;
  const http = createHttpClient({
    ...context,
    baseUrl: apiUrl,
    secrets: [...Object.values(secretsSchema.parse(context.secrets)), token],
    errorCode: () => undefined,
    largeIntegersAsText: true,
    refusal: refusalOf,
  });
  return {
    async post(path, body, answer, call, effect = "read") {
      if (token === undefined)
        return failure("auth", "There is no access token yet; the hub asks for one with AppID and AppSecret");
      const query = { access_token: token };
      const result = await http.send({ method: "POST", path, query, body, answer, effect }, call);
      // Busy says nothing of a write; for a question nothing has happened.
      return !result.ok && result.kind === "unknown" && effect === "read"
        ? { ...result, kind: "unavailable" }
        : result;
    },
  };
}

const errorSchema = z.object({ errcode: z.int() });

/** Refusals come with status 200; `errmsg` is never shown. A server that is not on the white-list gets 403 and no code. */
export function refusalOf(body: unknown, status: number): Refusal | undefined {
  const code = errorSchema.safeParse(body).data?.errcode;
  if (code === undefined)
    return status === 403
      ? {
          kind: "invalid",
          what: "the hub's address is not on the IP white-list of the shop (403); add it in the shop's backend",
        }
      : undefined;
  if (code === 0) return undefined;
  return {
    kind: kindOfCode(errorKinds, code),
    what: `WeChat refused it (${code})${hints[String(code)] ?? ""}`,
  };
}

/** Whether a call was refused with this code: two of them are answered by asking otherwise. */
export const isCode = (result: Result<unknown>, code: string): boolean =>
  !result.ok && result.message.includes(`WeChat refused it (${code})`);

/** What a list is asked with next; null at its end. More without a new key would pass over the rest, or go round for ever. */
export function nextKey(
  { has_more, next_key }: { has_more?: boolean | null | undefined; next_key?: string | null | undefined },
  asked: string,
): Result<string | null> {
  if (!has_more) return { ok: true, value: null };
  return next_key && next_key !== asked
    ? { ok: true, value: next_key }
    : failure("malformed", "WeChat tells of more rows and gives no new next_key");
}
