import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";

let db: Database;
let test: TestApp;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
});
afterEach(() => test.close());

describe("granting access", () => {
  it("gives the address to owners only", async () => {
    const path = `/v1/connections/${test.hub.connectionId}/authorization`;
    const reply = await test.call("GET", path);
    expect(reply.body).toMatchObject({ address: "https://shop.test/grant" });
    const operator = await test.key("operator");
    const refused = await test.call("GET", path, undefined, { authorization: `Bearer ${operator}` });
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  });

  it("takes what comes to the callback, from an address or as JSON, and logs none of it", async () => {
    test.sync.finishAuthorization = async (parameters) => {
      test.sync.calls.push(["finish", parameters]);
      return { merchantId: test.hub.merchant.id, connectionId: test.hub.connectionId };
    };
    const got = await test.app.request("/authorizations/callback?code=secret-code&state=s1");
    expect([got.status, await got.json()]).toEqual([
      200,
      { connection: test.hub.connectionId, granted: true },
    ]);
    const posted = await test.app.request("/authorizations/callback", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user_id: "s2", key_id: 7, consumer_secret: "secret-key", more: { x: 1 } }),
    });
    expect(posted.status).toBe(200);
    expect(test.sync.calls).toEqual([
      ["finish", { code: "secret-code", state: "s1" }],
      ["finish", { user_id: "s2", key_id: "7", consumer_secret: "secret-key" }],
    ]);
    expect(JSON.stringify(test.logged)).not.toMatch(/secret-/);
  });

  it("tokens entered by hand are passed on, checked, and shown nowhere", async () => {
    const path = `/v1/connections/${test.hub.connectionId}/authorization`;
    const reply = await test.call("PUT", path, {
      accessToken: "secret-token",
      refreshToken: "secret-refresh",
    });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain("secret-");
    const wrong = await test.call("PUT", path, { refreshToken: "secret-refresh" });
    expect([wrong.status, wrong.text.includes("secret-")]).toEqual([400, false]);
    expect(JSON.stringify(test.logged)).not.toMatch(/secret-/);
  });

  it("a GET to a webhook address that asks nothing is refused", async () => {
    test.sync.receipt = { accepted: false, reason: "not_a_probe" };
    const reply = await test.app.request(`/webhooks/${test.hub.connectionId}`);
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "POST"]);
    test.sync.receipt = {
      accepted: true,
      repeated: false,
      probe: true,
      acknowledgement: { status: 200, body: "word", contentType: "text/plain" },
    };
    const asked = await test.app.request(`/webhooks/${test.hub.connectionId}?echostr=word`);
    expect([asked.status, await asked.text()]).toEqual([200, "word"]);
  });
});
