import { z } from "zod";
import { instantOf, msOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure, secretFields } from "../toolkit/failures.ts";
import { createHttpClient, type HttpRequest } from "../toolkit/http.ts";
import { refusalOf } from "./client.ts";
import { grantErrorKinds, success } from "./codes.ts";
import { gateway, grantPage, scopes, secretsSchema, settingsSchema } from "./settings.ts";

const answerSchema = z.object({
  result: z.literal(success),
  access_token: z.string().min(1),
  expires_in: z.int().positive(),
  refresh_token: z.string().min(1),
  refresh_token_expires_in: z.int().positive().nullish(),
  open_id: z.string().nullish(),
});

type Ask = Pick<HttpRequest<unknown>, "method" | "path" | "query" | "form">;

/**
 * Granting access in the browser. A token lasts 48 hours; each renewal replaces the refresh token, whose end stays where the grant
 * put it, 180 days off: then a person must grant access again.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const { appKey } = settingsSchema.parse(context.settings);
  const { appSecret } = secretsSchema.parse(context.secrets);
  const app = { app_id: appKey, app_secret: appSecret };
  const ask = async (request: Ask, held: Tokens | null, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: gateway,
      secrets: [
        ...Object.values(context.secrets),
        ...secretFields({ ...request.query, ...request.form }),
        held?.accessToken,
      ],
      refusal: (body) => refusalOf(body, grantErrorKinds),
      errorCode: () => undefined,
    });
    const result = await http.send({ ...request, answer: answerSchema, effect: "write" }, call);
    return result.ok ? { ok: true, value: tokensOf(result.value, held, context.clock.nowMs()) } : result;
  };
  return {
    address: ({ redirectUrl, state }) =>
      `${grantPage}?${new URLSearchParams({
        app_id: appKey,
        redirect_uri: redirectUrl,
        scope: scopes.join(","),
        response_type: "code",
        state,
      })}`,
    async exchange({ parameters }, call) {
      const { code } = parameters;
      if (!code)
        return failure("invalid", "The callback brought no code; open the address for granting access again");
      const query = { ...app, grant_type: "code", code };
      return ask({ method: "GET", path: "/oauth2/access_token", query }, null, call);
    },
    async refresh(tokens, call) {
      if (tokens?.refreshToken === undefined)
        return failure("auth", "There is no refresh token; grant access again");
      const form = { ...app, grant_type: "refresh_token", refresh_token: tokens.refreshToken };
      return ask({ method: "POST", path: "/oauth2/refresh_token", form }, tokens, call);
    },
  };
}

function tokensOf(answer: z.infer<typeof answerSchema>, held: Tokens | null, nowMs: number): Tokens {
  const tokens: Tokens = {
    accessToken: answer.access_token,
    accessExpiresAt: instantOf(nowMs + answer.expires_in * 1000),
    refreshToken: answer.refresh_token,
  };
  const told = answer.refresh_token_expires_in
    ? nowMs + answer.refresh_token_expires_in * 1000
    : Number.POSITIVE_INFINITY;
  const before =
    held?.refreshExpiresAt === undefined ? Number.POSITIVE_INFINITY : msOf(held.refreshExpiresAt);
  const endsMs = Math.min(told, before);
  if (Number.isFinite(endsMs)) tokens.refreshExpiresAt = instantOf(endsMs);
  const openId = answer.open_id ?? held?.extra?.openId;
  if (openId) tokens.extra = { openId };
  return tokens;
}
