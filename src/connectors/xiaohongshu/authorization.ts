import { z } from "zod";
import { instantOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createClient } from "./client.ts";
import { grantPage, secretsSchema, settingsSchema } from "./settings.ts";

const answerSchema = z.object({
  accessToken: z.string().min(1),
  accessTokenExpiresAt: z.int().positive(),
  refreshToken: z.string().min(1),
  refreshTokenExpiresAt: z.int().positive(),
  sellerId: z.string().nullish(),
  sellerName: z.string().nullish(),
});

/** Granting access in the browser: 7 days, and 14 for the refresh token. Earlier than half an hour before the end the same tokens come again. */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const ask = async (
    method: string,
    params: Record<string, string>,
    held: Tokens | null,
    call: Call,
  ): Promise<Result<Tokens>> => {
    const client = createClient(held ? { ...context, tokens: held } : context, settings, secrets);
    const result = await client.run(
      { method, params, answer: answerSchema, effect: "write", withoutToken: true },
      call,
    );
    return result.ok ? { ok: true, value: tokensOf(result.value, held) } : result;
  };
  return {
    address: ({ redirectUrl, state }) =>
      `${grantPage}?${new URLSearchParams({ appId: settings.appId, redirectUri: redirectUrl, state })}`,
    async exchange({ parameters }, call) {
      const { code } = parameters;
      if (!code)
        return failure("invalid", "The callback brought no code; open the address for granting access again");
      return ask("oauth.getAccessToken", { code }, null, call);
    },
    async refresh(tokens, call) {
      if (tokens?.refreshToken === undefined)
        return failure("auth", "There is no refresh token; grant access again");
      return ask("oauth.refreshToken", { refreshToken: tokens.refreshToken }, tokens, call);
    },
  };
}

function tokensOf(answer: z.infer<typeof answerSchema>, held: Tokens | null): Tokens {
  const extra = {
    ...held?.extra,
    ...(answer.sellerId ? { sellerId: answer.sellerId } : {}),
    ...(answer.sellerName ? { sellerName: answer.sellerName } : {}),
  };
  return {
    accessToken: answer.accessToken,
    accessExpiresAt: instantOf(answer.accessTokenExpiresAt),
    refreshToken: answer.refreshToken,
    refreshExpiresAt: instantOf(answer.refreshTokenExpiresAt),
    extra,
  };
}
