import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { createClient, refusalOf } from "./client.ts";
import { consentPages, secretsSchema, settingsSchema } from "./settings.ts";
import { shopsSchema, tokensSchema, type WireShop } from "./wire.ts";

/** The token server. Its calls are not signed, and carry the app secret in the address, which no message shows. */
const tokenHost = "https://auth.tiktok-shops.com";

/** Ends are told as absolute seconds; a smaller figure would be a duration. */
const longestDuration = 1_000_000_000;
const endOf = (told: number, nowMs: number) =>
  instantOf((told > longestDuration ? told : Math.floor(nowMs / 1000) + told) * 1000);

/**
 * TikTok sends people back to the one address registered for the application; the address here names it too, which TikTok takes no notice of,
 * so that a person can compare. The callback is not signed: the code proves itself when it is exchanged. Calls need the shop's cipher, which
 * is asked for with the new token and kept beside it.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const ask = async (path: string, fields: Record<string, string>, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: tokenHost,
      secrets: [...Object.values(secrets), ...secretFields(fields)],
      refusal: refusalOfGrant,
      errorCode: () => undefined,
    });
    const query = { app_key: settings.appKey, app_secret: secrets.appSecret, ...fields };
    const result = await http.send({ method: "GET", path, query, answer: tokensSchema }, call);
    if (!result.ok) return result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
    const { access_token, access_token_expire_in, refresh_token, refresh_token_expire_in } = result.value;
    const nowMs = context.clock.nowMs();
    const tokens: Tokens = {
      accessToken: access_token,
      accessExpiresAt: endOf(access_token_expire_in, nowMs),
      refreshToken: refresh_token,
    };
    if (refresh_token_expire_in) tokens.refreshExpiresAt = endOf(refresh_token_expire_in, nowMs);
    return { ok: true, value: tokens };
  };
  return {
    address: ({ redirectUrl, state }) =>
      `${consentPages[settings.market]}?${new URLSearchParams({
        service_id: settings.serviceId,
        state,
        redirect_uri: redirectUrl,
      })}`,
    async exchange({ parameters }, call) {
      const { code, app_key } = parameters;
      if (!code) return failure("invalid", "The callback brings no code");
      if (app_key !== undefined && app_key !== settings.appKey)
        return failure("invalid", "Access was granted to another application than the one in the settings");
      const granted = await ask(
        "/api/v2/token/get",
        { auth_code: code, grant_type: "authorized_code" },
        call,
      );
      if (!granted.ok) return granted;
      const client = createClient({ ...context, tokens: granted.value }, settings, secrets);
      const shop = await readShop(client, settings.shopCode, call);
      if (!shop.ok) return shop;
      const { id, cipher } = shop.value;
      return { ok: true, value: { ...granted.value, extra: { shopCipher: cipher, shopId: id } } };
    },
    async refresh(tokens, call) {
      if (tokens?.refreshToken === undefined)
        return failure("auth", "There is no refresh token; grant access again");
      const fields = { refresh_token: tokens.refreshToken, grant_type: "refresh_token" };
      const renewed = await ask("/api/v2/token/refresh", fields, call);
      if (!renewed.ok || tokens.extra === undefined) return renewed;
      return { ok: true, value: { ...renewed.value, extra: tokens.extra } };
    },
  };
}

/** The shop of the settings among those the seller has authorised. */
export async function readShop(
  client: ReturnType<typeof createClient>,
  shopCode: string,
  call: Call,
): Promise<Result<WireShop>> {
  const result = await client.get("/authorization/202309/shops", {}, shopsSchema, call);
  if (!result.ok) return result;
  const shop = (result.value.shops ?? []).find((one) => one.code === shopCode);
  return shop
    ? { ok: true, value: shop }
    : failure(
        "invalid",
        `The seller has authorised no shop ${shopCode}; compare shopCode with Seller Center`,
      );
}

/** TikTok's own faults may pass. Whatever else it says here, a person must grant access again or enter another secret. */
function refusalOfGrant(body: unknown, status: number): Refusal | undefined {
  const refusal = refusalOf(body, status);
  if (refusal?.kind === "unknown" || refusal?.kind === "rate_limited") return refusal;
  if (!refusal && (status < 400 || status === 429 || status >= 500)) return undefined;
  return {
    kind: "auth",
    what: `the grant, the refresh token or the app secret was refused${refusal ? ` (${refusal.what})` : ""}`,
  };
}
