import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";
import { scripted } from "../sync/support/scripted.ts";

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

describe("tokens that are held", () => {
  const connector = scripted(
    {},
    {
      settings: z.object({ shop: z.string(), note: z.string().optional() }),
      secrets: z.object({ apiKey: z.string().optional(), word: z.string().optional() }),
      authorization: {
        grant: true,
        refresh: false,
        refreshBeforeMs: 0,
        boundTo: ["shop"],
        boundToSecrets: ["apiKey"],
      },
    },
  );
  it.each<[string, boolean, object]>([
    ["another shop", false, { settings: { shop: "two" } }],
    ["another note", true, { settings: { shop: "one", note: "seen" } }],
    ["a key of its own, which takes their place", false, { secrets: { apiKey: "entered" } }],
    ["another secret", true, { secrets: { word: "entered" } }],
  ])("%s: still held is %s", async (_, isKept, change) => {
    const own = await testApp({ db: test.db, connectors: [connector] });
    const made = await own.call("POST", "/v1/connections", {
      ...{ connector: "scripted", name: "Shop", settings: { shop: "one" }, secrets: {} },
    });
    expect(made.status).toBe(201);
    const { id } = made.body;
    await own.db.query("update connections set tokens = $2, tokens_version = 1 where id = $1", [
      id,
      new Uint8Array([1]),
    ]);
    expect((await own.call("PATCH", `/v1/connections/${id}`, change)).status).toBe(200);
    const [row] = await own.db.query<{ held: boolean }>(
      "select tokens is not null as held from connections where id = $1",
      [id],
    );
    expect(row?.held).toBe(isKept);
    await own.close();
  });
});
