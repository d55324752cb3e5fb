import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { refusalOf } from "./client.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { signedParameters } from "./sign.ts";
import { tokensSchema } from "./wire.ts";

/** Codes are used once, within half an hour. How long tokens live Lazada says with them: it differs for test and live applications. */
export function createAuthorization(context: OpenContext): Authorization {
  const { appKey, country, sellerId } = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const { appSecret } = secrets;
  const ask = async (path: string, fields: Record<string, string>, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: "https://auth.lazada.com/rest",
      secrets: [...Object.values(secrets), ...secretFields(fields)],
      refusal: refusalOfGrant,
      errorCode: () => undefined,
    });
    const nowMs = context.clock.nowMs();
    const form = signedParameters(path, nowMs, { appKey, appSecret }, fields);
    const result = await http.send(
      { method: "POST", path, form, answer: tokensSchema, effect: "read" },
      call,
    );
    if (!result.ok) return result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
    const told = result.value;
    // A cross-border account names its store in each country.
    const stores = [...(told.country_user_info ?? []), ...(told.country_user_info_list ?? [])];
    const isOurs = stores.some((store) => store.country === country && store.seller_id === sellerId);
    if (stores.length > 0 && !isOurs)
      return failure("invalid", "Access was granted by another store than the one in the settings");
    const tokens: Tokens = {
      accessToken: told.access_token,
      accessExpiresAt: instantOf(nowMs + told.expires_in * 1000),
      refreshToken: told.refresh_token,
    };
    if (told.refresh_expires_in) tokens.refreshExpiresAt = instantOf(nowMs + told.refresh_expires_in * 1000);
    return { ok: true, value: tokens };
  };
  return {
    address: ({ redirectUrl, state }) =>
      `https://auth.lazada.com/oauth/authorize?${new URLSearchParams({
        response_type: "code",
        force_auth: "true",
        redirect_uri: redirectUrl,
        client_id: appKey,
        country,
        state,
      })}`,
    exchange: async ({ parameters }, call) =>
      parameters.code
        ? ask("/auth/token/create", { code: parameters.code }, call)
        : failure("invalid", "The callback brings no code"),
    refresh: async (tokens, call) =>
      tokens?.refreshToken === undefined
        ? failure("auth", "There is no refresh token; grant access again")
        : ask("/auth/token/refresh", { refresh_token: tokens.refreshToken }, call),
  };
}

/** Lazada's own faults may pass. Whatever else it says here, a person must grant access again or enter another secret. */
function refusalOfGrant(body: unknown, status: number): Refusal | undefined {
  const refusal = refusalOf(body, status);
  const passes = refusal && /^(unknown|unavailable|rate_limited)$/.test(refusal.kind);
  if (passes || (!refusal && (status < 400 || status === 429 || status >= 500))) return refusal;
  return {
    kind: "auth",
    what: refusal?.what ?? `the grant, the refresh token or the application was refused (${status})`,
  };
}
