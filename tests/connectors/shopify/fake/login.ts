import { createHmac } from "node:crypto";
import { HttpResponse } from "msw";
import { z } from "zod";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";

export const shopDomain = "tea-house.myshopify.com";
export const clientSecret = "hush_client_secret_2026";
const clientId = "client-1";
export const allScopes =
  "read_orders write_orders read_products read_locations write_inventory write_merchant_managed_fulfillment_orders";

const tokenRequest = z.object({
  client_id: z.literal(clientId),
  client_secret: z.literal(clientSecret),
  code: z.string().optional(),
  grant_type: z.literal("refresh_token").optional(),
  refresh_token: z.string().optional(),
});

/** Expiring tokens: an hour, each refresh token good for one use. */
export function createLogin(runtime: TestRuntime, access: Set<string>) {
  let made = 0;
  const refresh = new Set<string>();
  const codes = new Set<string>();
  const issue = (): Tokens => {
    made += 1;
    access.add(`shpat_granted_${made}`);
    refresh.add(`shprt_granted_${made}`);
    return {
      accessToken: `shpat_granted_${made}`,
      refreshToken: `shprt_granted_${made}`,
      accessExpiresAt: instantOf(runtime.clock.nowMs() + 3_600_000),
      refreshExpiresAt: instantOf(runtime.clock.nowMs() + 90 * 86_400_000),
    };
  };
  const first = issue();
  const fake: FakeAuthorization = {
    tokens: () => first,
    wrongTokens: () => ({ accessToken: "shpat_of_somebody_else" }),
    grant(address) {
      const url = new URL(address);
      if (url.host !== shopDomain || url.searchParams.get("client_id") !== clientId)
        throw new Error("another app");
      const code = `code-${codes.size + 1}-`;
      codes.add(code);
      const parameters = {
        code,
        shop: shopDomain,
        state: url.searchParams.get("state") ?? "",
        timestamp: "1795334400",
      };
      const message = `code=${code}&shop=${shopDomain}&state=${parameters.state}&timestamp=1795334400`;
      return { ...parameters, hmac: createHmac("sha256", clientSecret).update(message).digest("hex") };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refresh.clear();
    },
  };
  const answer = (body: unknown) => {
    const asked = tokenRequest.safeParse(body).data;
    const isGood =
      asked !== undefined &&
      (asked.grant_type === "refresh_token"
        ? refresh.delete(asked.refresh_token ?? "")
        : codes.delete(asked.code ?? ""));
    if (!isGood) return HttpResponse.json({ error: "invalid_request" }, { status: 400 });
    const tokens = issue();
    return HttpResponse.json({
      access_token: tokens.accessToken,
      scope: allScopes.replaceAll(" ", ","),
      expires_in: 3600,
      refresh_token: tokens.refreshToken,
      refresh_token_expires_in: 7_776_000,
    });
  };
  return { fake, answer };
}
