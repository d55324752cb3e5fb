import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { refusalOf } from "./client.ts";
import { hosts, secretsSchema, settingsSchema } from "./settings.ts";
import { signedQuery } from "./sign.ts";
import { tokensSchema } from "./wire.ts";

/** Refresh tokens live 30 days and are replaced at each use; access tokens four hours (developer guide 20). */
const refreshLifeMs = 30 * 86_400_000;

/**
 * Shopee's page takes no state, so it stands in the callback's address, which Shopee keeps as it is. Callbacks are not signed: the code proves
 * itself when it is exchanged for this shop.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const { partnerId, shopId } = settings;
  const key = { partnerId, partnerKey: secrets.partnerKey };
  const host = hosts[settings.host];
  const ask = async (path: string, fields: Record<string, string>, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: host,
      secrets: [...Object.values(secrets), ...secretFields(fields)],
      refusal: refusalOfGrant,
      errorCode: () => undefined,
    });
    const nowMs = context.clock.nowMs();
    const query = signedQuery(path, nowMs, key);
    const body = { ...fields, partner_id: Number(partnerId), shop_id: Number(shopId) };
    const result = await http.send(
      { method: "POST", path, query, body, answer: tokensSchema, effect: "read" },
      call,
    );
    if (!result.ok) return result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
    return {
      ok: true,
      value: {
        accessToken: result.value.access_token,
        accessExpiresAt: instantOf(nowMs + result.value.expire_in * 1000),
        refreshToken: result.value.refresh_token,
        refreshExpiresAt: instantOf(nowMs + refreshLifeMs),
      },
    };
  };
  return {
    address({ redirectUrl, state }) {
      const path = "/api/v2/shop/auth_partner";
      const redirect = new URL(redirectUrl);
      redirect.searchParams.set("state", state);
      const query = { ...signedQuery(path, context.clock.nowMs(), key), redirect: redirect.href };
      return `${host}${path}?${new URLSearchParams(query)}`;
    },
    async exchange({ parameters }, call) {
      const { code, shop_id } = parameters;
      if (!code) return failure("invalid", "The callback brings no code");
      if (shop_id !== shopId)
        return failure(
          "invalid",
          "Access was granted by another shop than the one in the settings, or by a main account",
        );
      return ask("/api/v2/auth/token/get", { code }, call);
    },
    refresh: async (tokens, call) =>
      tokens?.refreshToken === undefined
        ? failure("auth", "There is no refresh token; grant access again")
        : ask("/api/v2/auth/access_token/get", { refresh_token: tokens.refreshToken }, call),
  };
}

/** Shopee's own faults may pass. Whatever else it says here, a person must grant access again or enter another key. */
function refusalOfGrant(body: unknown, status: number): Refusal | undefined {
  const refusal = refusalOf(body, status);
  const passes = refusal && /^(unknown|unavailable|rate_limited)$/.test(refusal.kind);
  if (passes || (!refusal && (status < 400 || status === 429 || status >= 500))) return refusal;
  return {
    kind: "auth",
    what: refusal?.what ?? `the grant, the refresh token or the application was refused (${status})`,
  };
}
