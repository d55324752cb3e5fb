import { z } from "zod";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient } from "../toolkit/http.ts";
import { channelHeader, refusalOf } from "./client.ts";
import { loginMutation } from "./documents.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { loginSchema } from "./wire.ts";

/** The header in which a server with the token method `bearer` gives the session (`authOptions.authTokenHeaderKey`). */
const tokenHeader = "vendure-auth-token";

/**
 * A login with a password gives a session, which lives a year by default, is prolonged by use, and ends when the administrator is
 * logged out or changed. An API key needs none of this: it stands for itself.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const { apiKey, username, password, ...others } = secretsSchema.parse(context.secrets);
  return {
    async refresh(tokens, call) {
      if (apiKey !== undefined) return keyAsTokens(apiKey, tokens);
      if (username === undefined || password === undefined)
        return failure("auth", "Enter an API key, or username and password, in the secrets");
      let token: string | null = null;
      const http = createHttpClient({
        ...context,
        // The session comes in a header, which the answer's shape does not show.
        fetch: async (input, init) => {
          const response = await context.fetch(input, init);
          token = response.headers.get(tokenHeader);
          return response;
        },
        baseUrl: settings.baseUrl,
        headers: channelHeader(settings),
        secrets: [username, password, ...Object.values(others), tokens?.accessToken],
        refusal: refusalOf,
      });
      const request = {
        method: "POST",
        path: `/${settings.adminApiPath}`,
        body: { query: loginMutation, variables: { username, password } },
        answer: z.object({ data: loginSchema }),
        effect: "read",
      } as const;
      return sessionOf(await http.send(request, call satisfies Call), () => token);
    },
  };
}

const keyAsTokens = (apiKey: string, tokens: Tokens | null): Result<Tokens> =>
  tokens === null
    ? { ok: true, value: { accessToken: apiKey } }
    : failure("auth", "Vendure refuses the API key; make a new one and enter it in the secrets");

function sessionOf(
  result: Result<{ data: z.infer<typeof loginSchema> }>,
  tokenGiven: () => string | null,
): Result<Tokens> {
  if (!result.ok) return result;
  const { login } = result.value.data;
  if ("errorCode" in login)
    return failure("auth", `Vendure refuses username and password (${login.errorCode.slice(0, 64)})`);
  const accessToken = tokenGiven();
  if (accessToken) return { ok: true, value: { accessToken } };
  return failure(
    "invalid",
    "Vendure took the login but gave no token: add 'bearer' to authOptions.tokenMethod on the server, or use an API key",
  );
}
