import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { createClient } from "./client.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { idSchema } from "./wire.ts";

/**
 * What a grant gives: times in seconds from now, or as an instant in milliseconds. Which of the two is there was seen in answers, not
 * on the platform's page. r1 to w2 are the ends per level of sensitivity; a call past its own answers 27 and the hub renews.
 */
const grantSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
  expire_time: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  re_expires_in: z.coerce.number().min(0).optional(),
  refresh_token_valid_time: z.coerce.number().positive().optional(),
  taobao_user_nick: z.string().optional(),
  taobao_user_id: idSchema.optional(),
});
type Granted = z.infer<typeof grantSchema>;

const answerSchema = z.object({ token_result: z.string() });

export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const ask = async (
    method: string,
    parameters: Record<string, string>,
    call: Call,
  ): Promise<Result<Tokens>> => {
    // What is sent here is as secret as a token, and must not show up in a message.
    const sent = { accessToken: Object.values(parameters)[0] ?? "" };
    const client = createClient({ ...context, tokens: sent }, settings, secrets);
    const result = await client.run({ method, parameters, answer: answerSchema, needsSession: false }, call);
    if (!result.ok) return isRefusal(result.kind) ? failure("auth", withoutNextStep(result.message)) : result;
    const granted = grantOf(result.value.token_result);
    if (granted === null) return failure("malformed", `${method} gave tokens of an unknown shape`);
    const account = mainNick(granted.taobao_user_nick ?? "");
    if (account !== "" && account !== settings.sellerNick)
      return failure(
        "invalid",
        "Access was granted by another shop than the one in the settings (sellerNick)",
      );
    return { ok: true, value: tokensOf(granted, context.clock.nowMs()) };
  };
  return {
    address: ({ redirectUrl, state }) =>
      `https://oauth.taobao.com/authorize?${new URLSearchParams({
        response_type: "code",
        client_id: settings.appKey,
        redirect_uri: redirectUrl,
        state,
        view: "web",
      })}`,
    exchange: async ({ parameters: { code = "" } }, call) =>
      code === ""
        ? failure("invalid", "The callback brought no code; grant access again")
        : ask("taobao.top.auth.token.create", { code }, call),
    refresh: async (tokens, call) =>
      tokens?.refreshToken === undefined
        ? failure("auth", "This application's grants cannot be renewed; grant access again")
        : ask("taobao.top.auth.token.refresh", { refresh_token: tokens.refreshToken }, call),
  };
}

/** Code, refresh token or application are not good any more. */
const isRefusal = (kind: string): boolean => kind === "invalid" || kind === "not_found" || kind === "auth";

const withoutNextStep = (message: string): string => message.slice(0, message.lastIndexOf(": "));

function grantOf(text: string): Granted | null {
  try {
    return grantSchema.safeParse(parseStrictJson(text, { largeIntegersAsText: true })).data ?? null;
  } catch (error) {
    if (isSluiceError(error)) return null;
    throw error;
  }
}

/** Encoded as in an address; a sub-account's name follows that of its shop after a colon. */
function mainNick(encoded: string): string {
  try {
    return decodeURIComponent(encoded).split(":")[0] ?? "";
  } catch {
    return encoded;
  }
}

function tokensOf(granted: Granted, nowMs: number): Tokens {
  const endOf = (instantMs: number | undefined, seconds: number | undefined) =>
    instantMs ?? (seconds === undefined ? undefined : nowMs + seconds * 1000);
  const tokens: Tokens = { accessToken: granted.access_token };
  const accessEndMs = endOf(granted.expire_time, granted.expires_in);
  if (accessEndMs !== undefined) tokens.accessExpiresAt = instantOf(accessEndMs);
  // Zero: an application that is not sold in the service market; its grants end and cannot be renewed.
  if (granted.refresh_token && granted.re_expires_in !== 0) {
    tokens.refreshToken = granted.refresh_token;
    const refreshEndMs = endOf(granted.refresh_token_valid_time, granted.re_expires_in);
    if (refreshEndMs !== undefined) tokens.refreshExpiresAt = instantOf(refreshEndMs);
  }
  if (granted.taobao_user_id) tokens.extra = { userId: granted.taobao_user_id };
  return tokens;
}
