import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createClient, type DouyinClient } from "./client.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { id } from "./wire.ts";

const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.int().positive(),
  refresh_token: z.string().min(1),
  shop_id: id,
  shop_name: z.string().nullish(),
});

/** The documents call `expires_in` both a duration and a point in time; no token lives thirty years. */
const longestDuration = 1_000_000_000;

/**
 * Tokens of an own-shop application: made for its app_key, app_secret and shop number, once the shop has authorised it in the
 * service market, and renewed without a person. When the refresh token is over, new ones are simply made.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  return {
    async refresh(tokens, call) {
      const held = tokens ? { tokens } : {};
      const client = createClient({ ...context, ...held }, settings, secretsSchema.parse(context.secrets));
      const ask = (method: string, params: Record<string, unknown>) =>
        tokensFrom(client, { method, params }, settings.shopId, context.clock.nowMs(), call);
      const renewed =
        tokens?.refreshToken === undefined
          ? null
          : await ask("token.refresh", { grant_type: "refresh_token", refresh_token: tokens.refreshToken });
      if (renewed && (renewed.ok || renewed.kind !== "auth")) return renewed;
      return ask("token.create", { code: "", grant_type: "authorization_self", shop_id: settings.shopId });
    },
  };
}

async function tokensFrom(
  client: DouyinClient,
  request: { method: string; params: Record<string, unknown> },
  shopId: string,
  nowMs: number,
  call: Call,
): Promise<Result<Tokens>> {
  const result = await client.run(
    { ...request, answer: answerSchema, effect: "read", withoutToken: true },
    call,
  );
  if (!result.ok) return result;
  const { access_token, expires_in, refresh_token, shop_id, shop_name } = result.value;
  if (shop_id !== shopId)
    return failure("invalid", "The token is for another shop than shopId in the settings; correct shopId");
  const endsMs = expires_in > longestDuration ? expires_in * 1000 : nowMs + expires_in * 1000;
  return {
    ok: true,
    value: {
      accessToken: access_token,
      accessExpiresAt: instantOf(endsMs),
      // It lives 14 days, but no person is needed after that.
      refreshToken: refresh_token,
      extra: { shopName: shop_name ?? "" },
    },
  };
}
