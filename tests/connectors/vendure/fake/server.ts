import { getResponse, HttpResponse, http } from "msw";
import { z } from "zod";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { channelToken, operationsOf, Refused, type ServerSettings } from "./operations.ts";
import { FakeShop } from "./shop.ts";

/** The admin API of a Vendure server with the token methods `bearer` and `api-key`. Shares no code with the connector. */
export const baseUrl = "https://vendure.example";
export const username = "hub@sluice.example";
export const password = "correct-horse-battery";
export const apiKey = "8a959a331f9fa8e37ddb46b3:3a0165e5b70a55a4037cf709fa516139";

const requestSchema = z.strictObject({ query: z.string(), variables: z.record(z.string(), z.unknown()) });

export interface FakeVendure {
  fetch: Fetch;
  shop: FakeShop;
  server: ServerSettings;
  authorization: FakeAuthorization;
  /** Names of documents the role may not run. */
  forbidden: Set<string>;
  /** What was asked, in order. */
  requests: { name: string; variables: Record<string, unknown> }[];
}

const errorAnswer = (code: string | undefined, message: string, path?: string[], status = 200) =>
  HttpResponse.json(
    {
      errors: [{ message, ...(path ? { path } : {}), ...(code ? { extensions: { code } } : {}) }],
      data: null,
    },
    { status },
  );

export function createFakeVendure(runtime: TestRuntime): FakeVendure {
  const shop = new FakeShop(runtime);
  const server: ServerSettings = { precision: 2, trackInventory: true, threshold: 0 };
  const sessions = createSessions();
  const operations = operationsOf(shop, server);
  const handlers = [
    http.post(`${baseUrl}/admin-api`, async ({ request }) => {
      const { query, variables } = requestSchema.parse(await request.json());
      const name = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? "";
      fake.requests.push({ name, variables });
      if (name === "HubLogin") return sessions.login(variables);
      const channel = request.headers.get("vendure-token");
      if (channel !== null && channel !== channelToken)
        return errorAnswer("CHANNEL_NOT_FOUND", "No Channel with this token");
      const field = /\{\s*(\w+)/.exec(query)?.[1] ?? "";
      const forbid = () =>
        errorAnswer("FORBIDDEN", "You are not currently authorized to perform this action", [field]);
      if (!sessions.knows(request.headers) || fake.forbidden.has(name)) return forbid();
      const operation = operations[name];
      if (!operation) return errorAnswer("GRAPHQL_VALIDATION_FAILED", "Cannot query field", undefined, 400);
      try {
        return HttpResponse.json({ data: operation(variables) });
      } catch (error) {
        if (error instanceof Refused) return errorAnswer(error.code, error.message, [field]);
        throw error;
      }
    }),
  ];
  const fake: FakeVendure = {
    shop,
    server,
    authorization: sessions.fake,
    forbidden: new Set(),
    requests: [],
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ??
      HttpResponse.json({ error: "Not Found" }, { status: 404 }),
  };
  return fake;
}

/** A login gives a session in a header; sessions end without a word about when. */
function createSessions() {
  const live = new Set<string>();
  let made = 0;
  let isRevoked = false;
  const open = (): string => {
    made += 1;
    const token = `session-token-number-${made}`;
    live.add(token);
    return token;
  };
  const first = open();
  const fake: FakeAuthorization = {
    tokens: () => ({ accessToken: first }),
    wrongTokens: () => ({ accessToken: "session-of-somebody-else" }),
    grant: () => ({}),
    expire: () => live.clear(),
    revoke() {
      live.clear();
      isRevoked = true;
    },
  };
  return {
    fake,
    knows(headers: Headers): boolean {
      const bearer = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
      return (bearer !== undefined && live.has(bearer)) || headers.get("vendure-api-key") === apiKey;
    },
    login(variables: Record<string, unknown>) {
      const isGood = variables.username === username && variables.password === password && !isRevoked;
      if (!isGood)
        return HttpResponse.json({
          data: { login: { errorCode: "INVALID_CREDENTIALS_ERROR", message: "refused" } },
        });
      return HttpResponse.json(
        { data: { login: { id: "5" } } },
        { headers: { "vendure-auth-token": open() } },
      );
    },
  };
}
