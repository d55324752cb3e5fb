import { createHmac } from "node:crypto";
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, LogSeverity, shopifyApi } from "@shopify/shopify-api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { shopify } from "../../../src/connectors/shopify/index.ts";
import { testRuntime } from "../../support/runtime.ts";
import { clientSecret, shopDomain } from "./fake/login.ts";
import { createFakeShopify } from "./fake/server.ts";

/** Shopify's own package decides what is signed as Shopify signs it; our reading of the same bytes must agree. */
const official = (secret: string) =>
  shopifyApi({
    apiKey: "client-1",
    apiSecretKey: secret,
    apiVersion: ApiVersion.July26,
    hostName: "hub.example",
    isEmbeddedApp: false,
    logger: { level: LogSeverity.Error },
  });

const bodies = ['{"id":450789469}', '{"id":1,"note":"红色 L 两件"}', "", '{"id":1}\n', "\u0000"];

describe("signatures of Shopify", () => {
  it.each(bodies)("a delivery passes here exactly when it passes there: %j", async (text) => {
    const runtime = testRuntime();
    const fake = createFakeShopify(runtime, []);
    const body = new TextEncoder().encode(text);
    const headers = { ...fake.sign(body, "orders/updated"), "x-shopify-api-version": "2026-07" };
    const account = (secret: string) =>
      shopify.open({
        ...runtime,
        settings: {
          shop: shopDomain,
          locationId: "1",
          captureAtShipment: false,
          notifyBuyer: true,
          ordersPerPage: 10,
        },
        secrets: { accessToken: "shpat_0123456789", clientSecret: secret },
      });
    const delivery = { body, headers, url: "https://hub.example/webhooks/1" };
    const asked = async (secret: string): Promise<boolean> => {
      const rawRequest = new Request(delivery.url, { method: "POST", headers, body: text });
      const { valid } = await official(secret).webhooks.validate({ rawBody: text, rawRequest });
      return valid;
    };
    for (const secret of [clientSecret, "another_client_secret"]) {
      const ours = account(secret).webhooks?.verify(delivery, "2026-11-22T08:00:00.000Z");
      // The package refuses an empty body before it looks at the signature.
      if (text !== "") expect(ours?.verified).toBe(await asked(secret));
      expect(ours?.verified).toBe(secret === clientSecret);
    }
  });

  it("a callback passes here when it passes there, and not with one parameter changed", async () => {
    const runtime = testRuntime();
    const calls: string[] = [];
    const context = {
      ...runtime,
      settings: { shop: shopDomain, locationId: "1", clientId: "client-1", ordersPerPage: 10 },
      secrets: { clientSecret },
      fetch: async (input: Parameters<typeof fetch>[0]) => {
        calls.push(String(input instanceof Request ? input.url : input));
        return Response.json({ access_token: "shpat_granted" });
      },
    };
    const signed = {
      code: "0907a61c0c8d55e99db179b68161bc00",
      shop: shopDomain,
      state: "st.ate",
      timestamp: "1795309260",
    };
    const message = Object.entries(signed)
      .map((pair) => pair.join("="))
      .join("&");
    const hmac = createHmac("sha256", clientSecret).update(message).digest("hex");
    const parameters = { ...signed, hmac };
    vi.setSystemTime(Number(signed.timestamp) * 1000);
    onTestFinished(() => void vi.useRealTimers());
    expect(await official(clientSecret).utils.validateHmac(parameters)).toBe(true);
    expect(await official(clientSecret).utils.validateHmac({ ...parameters, code: "another" })).toBe(false);
    const exchange = shopify.authorization?.(context)?.exchange;
    const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 };
    const redirectUrl = "https://hub.example/authorizations/callback";
    const forged = await exchange?.({ parameters: { ...parameters, code: "another" }, redirectUrl }, call);
    expect(forged).toMatchObject({ ok: false, kind: "auth" });
    expect(calls).toEqual([]);
    expect(await exchange?.({ parameters, redirectUrl }, call)).toMatchObject({
      ok: true,
      value: { accessToken: "shpat_granted" },
    });
  });
});
