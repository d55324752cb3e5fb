import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { storedCounts } from "../support/http.ts";
import { type LiveApp, liveApp } from "./live-app.ts";

let live: LiveApp;
beforeAll(async () => {
  live = await liveApp();
});
afterAll(() => live.test.close());

describe("planning", () => {
  let before: Record<string, number>;
  beforeEach(async () => {
    before = await storedCounts(live.test.db);
  });

  it.each([
    ["an unknown SKU", { items: [{ sku: "NOPE", code: "A", priceMinor: 1, share: 1 }] }, 422, "unknown_sku"],
    [
      "a SKU twice",
      {
        items: [
          { sku: "MUG", code: "A", priceMinor: 1, share: 1 },
          { sku: "MUG", code: "B", priceMinor: 1, share: 1 },
        ],
      },
      400,
      "invalid_request",
    ],
    [
      "a code twice",
      {
        items: [
          { sku: "MUG", code: "A", priceMinor: 1, share: 1 },
          { sku: "DRESS-RED-L", code: "ａ", priceMinor: 1, share: 1 },
        ],
      },
      400,
      "invalid_request",
    ],
    [
      "a code of nothing",
      { items: [{ sku: "MUG", code: "🔥", priceMinor: 1, share: 1 }] },
      400,
      "invalid_request",
    ],
    ["an unknown account", { connection: "00000000-0000-7000-8000-000000000000" }, 404, "not_found"],
    [
      "half a unit",
      { items: [{ sku: "MUG", code: "A", priceMinor: 1, share: 0.5 }] },
      400,
      "invalid_request",
    ],
    ["a setting that is none", { settings: { holdMinutes: 3 } }, 400, "invalid_request"],
  ])("refuses %s, and nothing is stored", async (_, change, status, code) => {
    const body = { connection: live.test.hub.connectionId, room: "r", title: "t", ...change };
    const reply = await live.call("POST", "/v1/live-sessions", body);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(await storedCounts(live.test.db)).toEqual(before);
  });

  it("changes rules and the line-up, and keeps what is not named", async () => {
    const session = await live.plan();
    const at = `/v1/live-sessions/${session.id}`;
    const changed = await live.call("PATCH", at, {
      title: "New",
      host: null,
      settings: { holdSeconds: 60, words: { keywords: ["冲"] } },
    });
    expect(changed.body).toMatchObject({
      title: "New",
      host: null,
      settings: { holdSeconds: 60, hostCommissionBp: 1_000, words: { keywords: ["冲"] } },
    });
    const added = await live.call("POST", `${at}/items`, {
      items: [{ sku: "MUG", code: "C", priceMinor: 1, share: 1 }],
    });
    expect(added.status).toBe(400);
    const [large] = session.items;
    const patched = await live.call("PATCH", `${at}/items/${large.id}`, {
      priceMinor: 8_800,
      codeAliases: ["连衣裙"],
      active: true,
    });
    expect(patched.body.items[0]).toMatchObject({
      priceMinor: 8_800,
      codeAliases: ["连衣裙"],
      variant: "红色 L",
      code: "A1",
    });
    expect((await live.call("PATCH", `${at}/items/${session.id}`, { priceMinor: 1 })).status).toBe(404);
    const moved = await live.call("PATCH", `${at}/items/${large.id}`, { position: 3 });
    expect(
      moved.body.items.map((item: { sku: string; position: number }) => [item.sku, item.position]),
    ).toEqual([
      ["DRESS-RED-M", 1],
      ["MUG", 2],
      ["DRESS-RED-L", 3],
    ]);
    await live.call("POST", `${at}/start`);
    expect((await live.call("PATCH", at, { room: "elsewhere" })).status).toBe(409);
    expect((await live.call("PATCH", at, { settings: { mode: "first_paid" } })).status).toBe(409);
    expect((await live.say(session.id, ["ann", "冲连衣裙红色L"])).body.results).toMatchObject([
      { outcome: "claimed" },
    ]);
    await live.call("POST", `${at}/end`);
    expect(
      (
        await live.call("POST", `${at}/items`, {
          items: [{ sku: "MUG", code: "C", priceMinor: 1, share: 1 }],
        })
      ).status,
    ).toBe(409);
    await live.expectClean();
  });
});
