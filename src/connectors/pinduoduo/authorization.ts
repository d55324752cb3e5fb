import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createClient } from "./client.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { idSchema } from "./wire.ts";

const grantSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().optional(),
  /** Unix seconds. */
  expires_at: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: z.coerce.number().optional(),
  refresh_token_expires_at: z.coerce.number().positive().optional(),
  owner_id: idSchema.optional(),
});
type Granted = z.infer<typeof grantSchema>;

/**
 * A shop's main account grants access; a new grant ends all older tokens. Renewing gives a new token, but need not put off the end
 * (document BD3A776A4D41D5F5): where it does not, a person must grant again.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const ask = async (
    method: "pdd.pop.auth.token.create" | "pdd.pop.auth.token.refresh",
    parameters: Record<string, string>,
    call: Call,
  ): Promise<Result<Tokens>> => {
    // What is sent here is as secret as a token, and must not show up in a message.
    const sent = { accessToken: Object.values(parameters)[0] ?? "" };
    const client = createClient({ ...context, tokens: sent }, settings, secrets);
    const result = await client.run({ method, parameters, answer: grantSchema, needsToken: false }, call);
    if (!result.ok) return isRefusal(result.kind) ? failure("auth", withoutNextStep(result.message)) : result;
    const { owner_id } = result.value;
    if (owner_id !== undefined && owner_id !== settings.mallId)
      return failure("invalid", "Access was granted by another shop than the one in the settings (mallId)");
    return { ok: true, value: tokensOf(result.value, context.clock.nowMs()) };
  };
  return {
    address: ({ redirectUrl, state }) =>
      `https://fuwu.pinduoduo.com/service-market/auth?${new URLSearchParams({
        response_type: "code",
        client_id: settings.clientId,
        redirect_uri: redirectUrl,
        state,
      })}`,
    exchange: async ({ parameters: { code = "" } }, call) =>
      code === ""
        ? failure("invalid", "The callback brought no code; grant access again")
        : ask("pdd.pop.auth.token.create", { code }, call),
    async refresh(tokens, call) {
      if (tokens?.refreshToken === undefined)
        return failure("auth", "There is no refresh token; grant access again");
      const renewed = await ask("pdd.pop.auth.token.refresh", { refresh_token: tokens.refreshToken }, call);
      if (!renewed.ok) return renewed;
      const { accessExpiresAt } = renewed.value;
      const isOver = accessExpiresAt !== undefined && Date.parse(accessExpiresAt) <= context.clock.nowMs();
      return isOver
        ? failure("auth", "Pinduoduo renewed the access without putting off its end; grant access again")
        : renewed;
    },
  };
}

/** Code, refresh token or application are not good any more. */
const isRefusal = (kind: string): boolean => kind === "invalid" || kind === "not_found" || kind === "auth";

const withoutNextStep = (message: string): string => message.slice(0, message.lastIndexOf(": "));

function tokensOf(granted: Granted, nowMs: number): Tokens {
  const endOf = (atSeconds: number | undefined, inSeconds: number | undefined) =>
    atSeconds !== undefined
      ? atSeconds * 1000
      : inSeconds === undefined
        ? undefined
        : nowMs + inSeconds * 1000;
  const tokens: Tokens = { accessToken: granted.access_token };
  const accessEndMs = endOf(granted.expires_at, granted.expires_in);
  if (accessEndMs !== undefined) tokens.accessExpiresAt = instantOf(accessEndMs);
  if (granted.refresh_token !== undefined) {
    tokens.refreshToken = granted.refresh_token;
    const refreshEndMs = endOf(granted.refresh_token_expires_at, granted.refresh_token_expires_in);
    if (refreshEndMs !== undefined) tokens.refreshExpiresAt = instantOf(refreshEndMs);
  }
  return tokens;
}
