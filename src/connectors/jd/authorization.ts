import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { createClient } from "./client.ts";
import * as methods from "./methods.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";

/** JD's OAuth (open.jd.com, common document 32). */
const loginUrl = "https://open-oauth.jd.com/oauth2";

const answerSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.union([
    z.number().positive(),
    z
      .string()
      .regex(/^\d{1,12}$/)
      .transform(Number),
  ]),
});

/**
 * A token lives as long as JD grants the application, a month to a year. It is renewed within the day before it expires; after
 * that a person must log in again, so the refresh token ends with it.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const { appSecret } = secrets;
  const ask = async (fields: Record<string, string>, path: string, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: loginUrl,
      secrets: [appSecret, ...secretFields(fields)],
      refusal: refusalOf,
      errorCode: () => undefined,
    });
    const query = { app_key: settings.appKey, app_secret: appSecret, ...fields };
    const result = await http.send({ method: "GET", path, query, answer: answerSchema }, call);
    if (!result.ok) return result;
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = result.value;
    const accessExpiresAt = instantOf(context.clock.nowMs() + seconds * 1000);
    const tokens: Tokens = { accessToken, accessExpiresAt };
    return {
      ok: true,
      value:
        refreshToken === undefined ? tokens : { ...tokens, refreshToken, refreshExpiresAt: accessExpiresAt },
    };
  };
  return {
    address: ({ redirectUrl, state }) =>
      `${loginUrl}/to_login?${new URLSearchParams({
        app_key: settings.appKey,
        response_type: "code",
        redirect_uri: redirectUrl,
        state,
        scope: "snsapi_base",
      })}`,
    async exchange({ parameters }, call) {
      if (!parameters.code)
        return failure("invalid", "The callback carries no code; open the address for granting access again");
      const fields = { grant_type: "authorization_code", code: parameters.code };
      const tokens = await ask(fields, "/access_token", call);
      if (!tokens.ok) return tokens;
      // The token names a user, not a shop. Where the shop cannot be asked now, `check` will tell.
      const client = createClient({ ...context, tokens: tokens.value }, settings, secrets);
      const shop = await client.run(methods.shop, {}, call);
      return shop.ok && shop.value.vender_id !== settings.venderId
        ? failure("invalid", "Access was granted for another shop than the one in the settings")
        : tokens;
    },
    refresh: async (tokens, call) =>
      tokens?.refreshToken === undefined
        ? failure("auth", "There is no refresh token; grant access again")
        : ask({ grant_type: "refresh_token", refresh_token: tokens.refreshToken }, "/refresh_token", call),
  };
}

const refusedSchema = z.object({
  access_token: z.undefined().optional(),
  code: z.union([z.string(), z.number()]),
});

/** Refusals come with status 200 and a code of their own. */
const refusalOf = (body: unknown, status: number): Refusal | undefined => {
  const isRefused = refusedSchema.safeParse(body).success && status < 500 && status !== 429;
  return isRefused || status === 400 || status === 401
    ? {
        kind: "auth",
        what: "JD refused the code, the refresh token, the AppKey or the AppSecret; grant access again",
      }
    : undefined;
};
