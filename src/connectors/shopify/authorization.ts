import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, Failure, Grant, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type Refusal } from "../toolkit/http.ts";
import { constantTimeEqual, hmac } from "../toolkit/signatures.ts";
import { scopes, secretsSchema, settingsSchema } from "./settings.ts";

const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: z.number().positive().optional(),
});

/** Granting access in the browser, with tokens that expire: an hour, and a refresh token that is replaced at each use. */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const { clientSecret } = secretsSchema.parse(context.secrets);
  const { shop, clientId } = settings;
  const missing: Failure | null =
    clientId === undefined || clientSecret === undefined
      ? failure("invalid", "Granting access needs clientId in the settings and clientSecret in the secrets")
      : null;
  const ask = async (fields: Record<string, string>, call: Call): Promise<Result<Tokens>> => {
    if (missing) return missing;
    const http = createHttpClient({
      ...context,
      baseUrl: `https://${shop}/admin/oauth`,
      secrets: [...Object.values(context.secrets), ...secretFields(fields)],
      refusal: refusalOf,
      errorCode: () => undefined,
    });
    const body = { client_id: clientId, client_secret: clientSecret, ...fields };
    const result = await http.send(
      { method: "POST", path: "/access_token", body, answer: answerSchema },
      call,
    );
    return result.ok ? { ok: true, value: tokensOf(result.value, context.clock.nowMs()) } : result;
  };
  return {
    address: ({ redirectUrl, state }) =>
      `https://${shop}/admin/oauth/authorize?${new URLSearchParams({
        client_id: clientId ?? "",
        scope: scopes.join(","),
        redirect_uri: redirectUrl,
        state,
      })}`,
    async exchange(grant, call) {
      if (missing) return missing;
      const refused = refusalOfGrant(grant, shop, clientSecret ?? "");
      return refused ?? ask({ code: grant.parameters.code ?? "", expiring: "1" }, call);
    },
    refresh: async (tokens, call) =>
      tokens?.refreshToken === undefined
        ? failure("auth", "There is no refresh token; grant access again")
        : ask({ grant_type: "refresh_token", refresh_token: tokens.refreshToken }, call),
  };
}

const after = (nowMs: number, seconds: number | undefined) =>
  seconds === undefined ? undefined : instantOf(nowMs + seconds * 1000);

function tokensOf(answer: z.infer<typeof answerSchema>, nowMs: number): Tokens {
  const tokens: Tokens = { accessToken: answer.access_token };
  const accessExpiresAt = after(nowMs, answer.expires_in);
  const refreshExpiresAt = after(nowMs, answer.refresh_token_expires_in);
  if (accessExpiresAt) tokens.accessExpiresAt = accessExpiresAt;
  if (answer.refresh_token) tokens.refreshToken = answer.refresh_token;
  if (refreshExpiresAt) tokens.refreshExpiresAt = refreshExpiresAt;
  return tokens;
}

/** The callback is signed: hex HMAC-SHA256 over its other parameters, sorted and joined as in an address. */
function refusalOfGrant({ parameters }: Grant, shop: string, clientSecret: string): Failure | null {
  const { hmac: given = "", ...others } = parameters;
  const message = Object.keys(others)
    .sort()
    .map((name) => `${name}=${others[name]}`)
    .join("&");
  const expected = Buffer.from(hmac("sha256", clientSecret, [message])).toString("hex");
  if (!constantTimeEqual(given, expected))
    return failure("auth", "The callback is not signed by Shopify for this app");
  if (parameters.shop !== shop)
    return failure("invalid", "Access was granted to another shop than the one in the settings");
  return null;
}

/** 400 and 401 here mean that code, refresh token or app are not good any more. */
const refusalOf = (_body: unknown, status: number): Refusal | undefined =>
  status === 400 || status === 401 || status === 403
    ? {
        kind: "auth",
        what: `the grant, the refresh token or the app was refused (${status}); check clientId and clientSecret, then grant access again`,
      }
    : undefined;
