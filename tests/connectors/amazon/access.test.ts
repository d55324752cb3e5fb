import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../../src/connectors/amazon/authorization.ts";
import { amazon } from "../../../src/connectors/amazon/index.ts";
import { createWebhooks } from "../../../src/connectors/amazon/webhook.ts";
import { openSession } from "../session.ts";
import type { Operation } from "./fake/server.ts";
import { openShop } from "./shop.ts";
import { notificationOf, secrets, settings, subject } from "./subject.ts";

describe("notifications", () => {
  const webhooks = createWebhooks(amazon.manifest.settings.parse(settings) as never, secrets as never);
  const meaning = (body: object) => webhooks.interpret("", new TextEncoder().encode(JSON.stringify(body)));
  const id = "902-3159896-1390916";

  it("name the order to fetch; others, and those of another seller, do not", () => {
    expect(meaning(notificationOf(id))).toEqual({ kind: "fetch", externalIds: [id] });
    expect(meaning(notificationOf("902-1"))).toMatchObject({ kind: "unusable" });
    expect(meaning(notificationOf(id, { NotificationType: "FEED_PROCESSING_FINISHED" }))).toMatchObject({
      kind: "ignore",
    });
    const other = { OrderChangeNotification: { SellerId: "A9OTHER", AmazonOrderId: id } };
    expect(meaning(notificationOf(id, { Payload: other }))).toMatchObject({ kind: "ignore" });
  });
});

describe("access", () => {
  it("a private application's refresh token is enough", async () => {
    const { fake, context, call } = openShop();
    const { ownRefreshToken } = fake.login;
    const authorization = createAuthorization({
      ...context,
      secrets: { ...secrets, refreshToken: ownRefreshToken },
    });
    const tokens = await authorization.refresh!(null, call());
    expect(tokens).toMatchObject({
      ok: true,
      value: { refreshToken: ownRefreshToken, accessExpiresAt: "2026-11-22T09:00:00.000Z" },
    });
    const none = await createAuthorization(context).refresh!(null, call());
    expect(none).toMatchObject({ ok: false, kind: "auth" });
  });

  it("says what Login with Amazon refuses, and never the secret", async () => {
    const { context, call } = openShop();
    const wrong = {
      ...context,
      secrets: { clientSecret: "amzn1.oa2-cs.v1.rotated", refreshToken: "Atzr|x1234567" },
    };
    const refused = await createAuthorization(wrong).refresh!(null, call());
    expect(refused).toMatchObject({
      kind: "auth",
      message: expect.stringMatching(/invalid_client.*rotated; enter/),
    });
    const another = await createAuthorization(context).exchange!(
      {
        parameters: { spapi_oauth_code: "c", selling_partner_id: "A9OTHER" },
        redirectUrl: "https://hub.example",
      },
      call(),
    );
    expect(another).toMatchObject({ kind: "invalid", message: expect.stringMatching(/another seller/) });
  });

  it("testing the connection says exactly what is wrong", async () => {
    const check = async (
      spoil: (fake: ReturnType<typeof openShop>["fake"]) => void,
      more: Parameters<typeof openShop>[0] = {},
    ) => {
      const shop = openShop(more);
      const account = shop.account();
      spoil(shop.fake);
      const result = await account.check(shop.call());
      return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
    };
    const denied = (operation: Operation) => (fake: ReturnType<typeof openShop>["fake"]) =>
      fake.fail(operation, { status: 403, code: "Unauthorized" });
    expect(await check(() => undefined)).toBe("Demo Store, Amazon.com");
    expect(await check((fake) => fake.login.authorization.expire())).toMatch(/^auth: .*access token is over/);
    expect(await check(denied("searchListings"))).toMatch(
      /^unsupported: .*lacks the role.*grant access again/,
    );
    expect(await check(() => undefined, { settings: { sellerId: "A9OTHER" } })).toMatch(
      /^invalid: .*check sellerId/,
    );
    expect(await check(() => undefined, { settings: { marketplaceId: "A2EUQ1WTGCTBG2" } })).toMatch(
      /^invalid: .*does not sell in marketplace A2EUQ1WTGCTBG2/,
    );
  });

  it("every request carries token and name, and nothing of AWS", async () => {
    const seen: Request[] = [];
    const session = await openSession({
      ...subject,
      start: (runtime) => {
        const platform = subject.start(runtime) as Awaited<ReturnType<typeof subject.start>>;
        return {
          ...platform,
          fetch: (input, init) => {
            seen.push(new Request(input, init));
            return platform.fetch(input, init);
          },
        };
      },
    });
    await session.account.check(session.call());
    for (const request of seen) {
      expect(request.headers.get("x-amz-access-token")).toMatch(/^Atza\|/);
      expect(request.headers.get("user-agent")).toMatch(/\(Language=TypeScript\)$/);
      expect(request.headers.get("authorization")).toBeNull();
    }
    expect(seen).toHaveLength(2);
  });
});
