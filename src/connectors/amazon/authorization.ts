import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, Failure, Grant, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { userAgent } from "./client.ts";
import { loginErrors } from "./codes.ts";
import { ownMarketplace, secretsSchema, settingsSchema } from "./settings.ts";

const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
});

/**
 * Login with Amazon. A public application is granted access in Seller Central; a private one brings its refresh token. Access tokens live an
 * hour; the refresh token stays the same until the authorisation ends (developer-docs.amazon.com/sp-api, connecting-to-the-selling-partner-api).
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const { clientId, sellerId, applicationId, isDraft } = settings;
  const ask = async (fields: Record<string, string>, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: "https://api.amazon.com/auth/o2",
      headers: { "user-agent": userAgent },
      secrets: [...Object.values(secrets), ...secretFields(fields)],
      refusal: refusalOf,
      errorCode: () => undefined,
    });
    const form = { ...fields, client_id: clientId, client_secret: secrets.clientSecret };
    // Asking twice does no harm: nothing is used up but a code, and that is refused the second time.
    const result = await http.send(
      { method: "POST", path: "/token", form, answer: answerSchema, effect: "read" },
      call,
    );
    if (!result.ok) return result;
    const { access_token, expires_in, refresh_token = fields.refresh_token } = result.value;
    const tokens: Tokens = {
      accessToken: access_token,
      accessExpiresAt: instantOf(context.clock.nowMs() + expires_in * 1000),
    };
    if (refresh_token !== undefined) tokens.refreshToken = refresh_token;
    return { ok: true, value: tokens };
  };
  return {
    ...(secrets.refreshToken === undefined ? {} : { refreshesAlone: true }),
    address: ({ redirectUrl, state }) =>
      `https://${ownMarketplace(settings).sellerCentral}/apps/authorize/consent?${new URLSearchParams({
        application_id: applicationId ?? "",
        state,
        redirect_uri: redirectUrl,
        ...(isDraft ? { version: "beta" } : {}),
      })}`,
    async exchange(grant, call) {
      const refused = refusalOfGrant(grant, sellerId, applicationId);
      if (refused) return refused;
      const code = grant.parameters.spapi_oauth_code ?? "";
      return ask({ grant_type: "authorization_code", code, redirect_uri: grant.redirectUrl }, call);
    },
    refresh: async (tokens, call) => {
      // One a person entered counts first: it is the newer one after the seller has authorised a private application again.
      const refreshToken = secrets.refreshToken ?? tokens?.refreshToken;
      return refreshToken === undefined
        ? failure(
            "auth",
            "There is no refresh token; enter that of a private application, or grant access in the browser",
          )
        : ask({ grant_type: "refresh_token", refresh_token: refreshToken }, call);
    },
  };
}

function refusalOfGrant(
  { parameters }: Grant,
  sellerId: string,
  applicationId: string | undefined,
): Failure | null {
  if (applicationId === undefined)
    return failure("invalid", "Granting access in the browser needs applicationId in the settings");
  if (!parameters.spapi_oauth_code) return failure("invalid", "The callback brings no spapi_oauth_code");
  if (parameters.selling_partner_id !== sellerId)
    return failure("invalid", "Access was granted by another seller than the one in the settings");
  return null;
}

const errorSchema = z.object({ error: z.string() });

function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status < 400 || status === 429 || status >= 500) return undefined;
  const code = errorSchema.safeParse(body).data?.error;
  const known = code !== undefined && Object.hasOwn(loginErrors, code) ? loginErrors[code] : undefined;
  if (known) return { kind: known.kind, what: `${code}, ${known.hint}` };
  return { kind: "auth", what: `Login with Amazon refused the application or the grant (${status})` };
}
