import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { submitComments } from "../../src/core/live/intake.ts";
import { storedCounts } from "../support/http.ts";
import { type LiveApp, liveApp } from "./live-app.ts";

let live: LiveApp;
beforeAll(async () => {
  live = await liveApp();
});
afterAll(() => live.test.close());

describe("comments that cannot be taken", () => {
  it.each([
    ["none", { comments: [] }, "comments"],
    [
      "more than 1,000",
      {
        comments: Array.from({ length: 1_001 }, (_, id) => ({
          externalId: `x${id}`,
          text: "B2",
          sentAt: "2026-11-22T08:00:00Z",
        })),
      },
      "comments",
    ],
    [
      "one without an id among others",
      {
        comments: [
          { externalId: "x1", text: "B2", sentAt: "2026-11-22T08:00:00Z" },
          { text: "B2", sentAt: "2026-11-22T08:00:00Z" },
        ],
      },
      "comments[1].externalId",
    ],
    [
      "a time without a zone",
      { externalId: "x1", text: "B2", sentAt: "2026-11-22T08:00:00" },
      "comments[0].sentAt",
    ],
  ])("%s: refused by name, and nothing is stored", async (_, body, path) => {
    const session = await live.plan();
    const before = await storedCounts(live.test.db);
    const reply = await live.call("POST", `/v1/live-sessions/${session.id}/comments`, body);
    expect([reply.status, reply.body.code]).toEqual([400, "invalid_request"]);
    expect(JSON.stringify(reply.body)).toContain(path);
    expect(await storedCounts(live.test.db)).toEqual(before);
  });
});

describe("comments from connectors", () => {
  it("find their session by room, and comments of other rooms are kept nowhere", async () => {
    const session = await live.plan();
    const parts = { db: live.test.db, engine: live.test.hub.engine, runtime: live.test.runtime };
    const of = (room: string, id: string, text: string) => ({
      externalId: id,
      room,
      viewer: { externalId: "zed" },
      text,
      sentAt: "2026-11-22T08:00:00.000Z",
    });
    const send = (...comments: ReturnType<typeof of>[]) =>
      submitComments(parts, live.test.hub.merchant.id, live.test.hub.connectionId, comments);
    expect(await send(of(session.room, "k0", "B2"))).toMatchObject({
      results: [{ outcome: "late", reason: "not_on_air" }],
    });
    await live.call("POST", `/v1/live-sessions/${session.id}/start`);
    const before = await storedCounts(live.test.db);
    expect(await send(of("nowhere", "k1", "B2"))).toEqual({
      results: [{ externalId: "k1", outcome: "no_session" }],
      withoutSession: 1,
    });
    expect(await storedCounts(live.test.db)).toEqual(before);
    const mixed = await send(
      of(session.room, "k2", "B2"),
      of("nowhere", "k3", "B2"),
      of(session.room, "k2", "B2"),
    );
    expect(mixed.results.map((result) => result.outcome)).toEqual(["claimed", "no_session", "repeated"]);
    await live.call("POST", `/v1/live-sessions/${session.id}/end`);
    expect((await send(of(session.room, "k4", "B2"))).results).toMatchObject([
      { outcome: "late", reason: "session_ended" },
    ]);
    expect((await send(of(session.room, "k5", "cancel B2"))).results).toMatchObject([
      { outcome: "cancelled" },
    ]);
    await live.expectClean();
  });
});
