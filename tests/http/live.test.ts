import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testApp } from "../support/http.ts";
import { type LiveApp, liveApp } from "./live-app.ts";

let live: LiveApp;
beforeAll(async () => {
  live = await liveApp();
});
afterAll(() => live.test.close());

describe("a show from start to report", () => {
  it("goes through every route", async () => {
    const session = await live.plan();
    const at = `/v1/live-sessions/${session.id}`;
    expect(session).toMatchObject({ state: "planned", currency: "CNY", room: "room-1" });
    const [large, , mug] = session.items;
    const started = await live.call("POST", `${at}/start`);
    expect([started.status, started.body.outcome, started.body.state]).toEqual([200, "changed", "on_air"]);
    expect((await live.call("GET", "/v1/live-sessions?state=on_air")).body.items).toHaveLength(1);

    const told = await live.say(
      session.id,
      ["ann", "A1 红色 L 两件"],
      ["ben", "A1红色L"],
      ["cat", "A1"],
      [null, "B2"],
      ["dan", "多少钱"],
    );
    expect(
      told.body.results.map((result: { outcome: string; reason: string | null }) => [
        result.outcome,
        result.reason,
      ]),
    ).toEqual([
      ["claimed", null],
      ["claimed", null],
      ["unclear", "which_variant"],
      ["unclear", "no_viewer"],
      ["nothing", null],
    ]);
    const shown = await live.call("POST", `${at}/show`, { item: mug.id });
    expect(shown.body.shownItemId).toBe(mug.id);
    const single = await live.call("POST", `${at}/comments`, {
      externalId: "alone",
      viewer: { externalId: "eve" },
      text: "+2",
      sentAt: "2026-11-22T08:00:01Z",
    });
    expect(single.body.results).toMatchObject([
      { outcome: "claimed", claims: [{ quantity: 2, state: "held" }] },
    ]);

    const queue = await live.call("GET", `${at}/queue`);
    expect(queue.body.items).toMatchObject([
      { text: "A1", viewer: { externalId: "cat", name: "Name of cat" }, reason: "which_variant" },
      { text: "B2", viewer: null, reason: "no_viewer" },
    ]);
    const [first, second] = queue.body.items;
    expect(
      (await live.call("POST", `${at}/queue/${first.no}`, { claims: [{ item: session.items[1].id }] })).body,
    ).toMatchObject({
      outcome: "decided",
      claims: [{ quantity: 1, state: "held" }],
    });
    expect((await live.call("POST", `${at}/queue/${second.no}`)).body.outcome).toBe("dismissed");
    expect((await live.call("POST", `${at}/queue/${second.no}`)).status).toBe(409);
    expect((await live.call("GET", `${at}/queue`)).body.items).toEqual([]);

    const waiting = (await live.call("GET", `${at}/claims?state=waitlisted`)).body.items;
    expect(waiting).toMatchObject([{ sku: "DRESS-RED-L", inLine: 1, viewer: { externalId: "ben" } }]);
    expect(
      (await live.call("POST", `${at}/top-up`, { item: large.id, quantity: 1 })).body.items[0],
    ).toMatchObject({ share: 3, claimed: 3, waiting: 0 });
    expect((await live.call("GET", `/v1/claims/${waiting[0].id}`)).body).toMatchObject({
      state: "offered",
      inLine: null,
    });
    expect((await live.call("POST", `/v1/claims/${waiting[0].id}/hold`)).body).toMatchObject({
      outcome: "unchanged",
      state: "offered",
    });

    const [ann] = (await live.call("GET", `${at}/claims?viewer=ann`)).body.items;
    const order = { externalId: "LIVE-1", status: "pending_payment", shippingMinor: 600 };
    const ordered = await live.call("POST", `/v1/claims/${ann.id}/order`, order);
    expect([ordered.status, ordered.body.totalMinor, ordered.body.liveSession]).toEqual([
      201,
      20_400,
      session.id,
    ]);
    expect((await live.call("POST", `/v1/claims/${ann.id}/order`, order)).body).toMatchObject({
      outcome: "duplicate",
      id: ordered.body.id,
    });
    expect((await live.call("POST", `/v1/claims/${ann.id}/order`, { externalId: "LIVE-2" })).status).toBe(
      409,
    );
    const paid = await live.call("POST", `/v1/claims/${ann.id}/order`, {
      ...order,
      status: "paid",
      paidAt: "2026-11-22T08:20:00Z",
    });
    expect([paid.status, paid.body.status, paid.body.shortfall]).toEqual([200, "paid", 0]);
    expect((await live.call("GET", `/v1/orders/${ordered.body.id}`)).body.buyer).toMatchObject({
      externalId: "ann",
      name: "Name of ann",
    });
    await live.call("POST", `/v1/orders/${ordered.body.id}/refunds`, { reference: "r1", amountMinor: 400 });

    const [eve] = (await live.call("GET", `${at}/claims?viewer=eve`)).body.items;
    expect((await live.call("POST", `/v1/claims/${eve.id}/release`)).body).toMatchObject({
      outcome: "changed",
      state: "cancelled",
    });
    expect((await live.call("POST", `${at}/sold-out`, { item: mug.id })).body.items[2]).toMatchObject({
      soldOut: true,
      free: 2,
    });
    expect((await live.call("POST", `${at}/give-back`, { item: mug.id })).body.items[2]).toMatchObject({
      share: 0,
      givenBack: 2,
    });
    expect((await live.call("POST", `${at}/end`)).body).toMatchObject({ state: "ended", outcome: "changed" });

    const report = (await live.call("GET", `${at}/report`)).body;
    expect(report).toMatchObject({
      funnel: { comments: 6, viewers: 5, claims: 4, claimants: 4, ordered: 1, paid: 1, unclear: 0 },
      items: [
        { sku: "DRESS-RED-L", taken: 3, sold: 2, sellThroughBp: 6_667 },
        { sku: "DRESS-RED-M", taken: 2, claimed: 1, givenBack: 1 },
        { sku: "MUG", taken: 2, sold: 0, givenBack: 2, sellThroughBp: 0 },
      ],
      money: [
        {
          orders: 1,
          paidOrders: 1,
          grossMinor: 20_400,
          refundedMinor: 400,
          netMinor: 20_000,
          hostCommissionMinor: 2_000,
          agencyCommissionMinor: 1_000,
        },
      ],
    });
    await live.expectClean();
  });
});

describe("who may do what", () => {
  it("lets read-only keys look, without viewers, and change nothing", async () => {
    const session = await live.plan();
    await live.call("POST", `/v1/live-sessions/${session.id}/start`);
    await live.say(session.id, ["ann", "B2"]);
    const reader = { authorization: `Bearer ${await live.test.key("read-only")}` };
    const claims = await live.test.call("GET", `/v1/live-sessions/${session.id}/claims`, undefined, reader);
    expect(claims.body.items).toMatchObject([{ state: "held", viewer: null }]);
    const comments = await live.test.call(
      "GET",
      `/v1/live-sessions/${session.id}/comments`,
      undefined,
      reader,
    );
    expect(comments.body.items).toMatchObject([{ text: null, viewer: null, outcome: "claimed" }]);
    for (const action of ["start", "end", "show", "comments"]) {
      expect(
        (await live.test.call("POST", `/v1/live-sessions/${session.id}/${action}`, {}, reader)).status,
      ).toBe(403);
    }
    const id = claims.body.items[0].id;
    for (const action of ["order", "release", "hold"]) {
      expect(
        (await live.test.call("POST", `/v1/claims/${id}/${action}`, { externalId: "x" }, reader)).status,
      ).toBe(403);
    }
    await live.call("POST", `/v1/live-sessions/${session.id}/end`);
    await live.call("POST", `/v1/claims/${id}/release`);
  });

  it("shows nothing of another merchant, and nothing of viewers in the log or its events", async () => {
    const session = await live.plan();
    await live.call("POST", `/v1/live-sessions/${session.id}/start`);
    await live.say(session.id, ["secret-viewer", "B2"]);
    const other = await testApp({ db: live.test.db });
    for (const path of ["", "/claims", "/comments", "/queue", "/report", "/stream"]) {
      expect((await other.call("GET", `/v1/live-sessions/${session.id}${path}`)).status).toBe(404);
    }
    const [claim] = (await live.call("GET", `/v1/live-sessions/${session.id}/claims`)).body.items;
    expect((await other.call("GET", `/v1/claims/${claim.id}`)).status).toBe(404);
    expect((await other.call("POST", `/v1/claims/${claim.id}/release`)).status).toBe(404);
    await other.close();
    const everything = JSON.stringify([
      live.test.logged,
      await live.test.db.query("select * from events"),
      await live.test.db.query("select viewer_key, encode(body, 'escape') as body from live_comments"),
      await live.test.db.query("select * from claims"),
    ]);
    expect(everything).not.toContain("secret-viewer");
    await live.call("POST", `/v1/live-sessions/${session.id}/end`);
    await live.call("POST", `/v1/claims/${claim.id}/release`);
    await live.expectClean();
  });
});
