import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runDoctor } from "../../src/core/doctor.ts";
import { submitComments } from "../../src/core/live/intake.ts";
import { storedCounts, type TestApp, testApp } from "../support/http.ts";

let test: TestApp;
let key: string;
beforeAll(async () => {
  test = await testApp();
  key = await test.key("operator");
  await test.hub.sku("DRESS-RED-L", 10, { unitCostMinor: 500 });
  await test.hub.sku("DRESS-RED-M", 10, { unitCostMinor: 500 });
  await test.hub.sku("MUG", 4, { unitCostMinor: 100 });
  await test.hub.sku("SET", 0, { kind: "bundle", components: [{ sku: "MUG", quantity: 2 }] });
});
afterAll(() => test.close());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  test.call(method, path, body, { authorization: `Bearer ${key}`, ...headers });

let made = 0;
const plan = async (more: Record<string, unknown> = {}) => {
  made += 1;
  const reply = await call("POST", "/v1/live-sessions", {
    connection: test.hub.connectionId,
    room: `room-${made}`,
    title: `Show ${made}`,
    host: "Lin",
    settings: { hostCommissionBp: 1_000, agencyCommissionBp: 500 },
    items: [
      { sku: "DRESS-RED-L", code: "A1", variant: "红色 L", priceMinor: 9_900, share: 2 },
      { sku: "DRESS-RED-M", code: "A1", variant: "红色 M", priceMinor: 9_900, share: 2 },
      { sku: "MUG", code: "B2", priceMinor: 2_500, limitPerBuyer: 2, share: 2 },
    ],
    ...more,
  });
  expect(reply.status).toBe(201);
  return reply.body;
};

let said = 0;
const say = (id: string, ...comments: [viewer: string | null, text: string][]) =>
  call("POST", `/v1/live-sessions/${id}/comments`, {
    comments: comments.map(([viewer, text]) => {
      said += 1;
      return {
        externalId: `m${said}`,
        ...(viewer === null ? {} : { viewer: { externalId: viewer, name: `Name of ${viewer}` } }),
        text,
        sentAt: "2026-11-22T08:00:00Z",
      };
    }),
  });

const expectClean = async () => {
  const report = await runDoctor(test.db);
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
};

describe("a show from start to report", () => {
  it("goes through every route", async () => {
    const session = await plan();
    const at = `/v1/live-sessions/${session.id}`;
    expect(session).toMatchObject({ state: "planned", currency: "CNY", room: `room-${made}` });
    const [large, , mug] = session.items;
    const started = await call("POST", `${at}/start`);
    expect([started.status, started.body.outcome, started.body.state]).toEqual([200, "changed", "on_air"]);
    expect((await call("GET", "/v1/live-sessions?state=on_air")).body.items).toHaveLength(1);

    const told = await say(
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
    const shown = await call("POST", `${at}/show`, { item: mug.id });
    expect(shown.body.shownItemId).toBe(mug.id);
    const single = await call("POST", `${at}/comments`, {
      externalId: "alone",
      viewer: { externalId: "eve" },
      text: "+2",
      sentAt: "2026-11-22T08:00:01Z",
    });
    expect(single.body.results).toMatchObject([
      { outcome: "claimed", claims: [{ quantity: 2, state: "held" }] },
    ]);

    const queue = await call("GET", `${at}/queue`);
    expect(queue.body.items).toMatchObject([
      { text: "A1", viewer: { externalId: "cat", name: "Name of cat" }, reason: "which_variant" },
      { text: "B2", viewer: null, reason: "no_viewer" },
    ]);
    const [first, second] = queue.body.items;
    expect(
      (await call("POST", `${at}/queue/${first.no}`, { claims: [{ item: session.items[1].id }] })).body,
    ).toMatchObject({
      outcome: "decided",
      claims: [{ quantity: 1, state: "held" }],
    });
    expect((await call("POST", `${at}/queue/${second.no}`)).body.outcome).toBe("dismissed");
    expect((await call("POST", `${at}/queue/${second.no}`)).status).toBe(409);
    expect((await call("GET", `${at}/queue`)).body.items).toEqual([]);

    const waiting = (await call("GET", `${at}/claims?state=waitlisted`)).body.items;
    expect(waiting).toMatchObject([{ sku: "DRESS-RED-L", inLine: 1, viewer: { externalId: "ben" } }]);
    expect((await call("POST", `${at}/top-up`, { item: large.id, quantity: 1 })).body.items[0]).toMatchObject(
      { share: 3, claimed: 3, waiting: 0 },
    );
    expect((await call("GET", `/v1/claims/${waiting[0].id}`)).body).toMatchObject({
      state: "offered",
      inLine: null,
    });
    expect((await call("POST", `/v1/claims/${waiting[0].id}/hold`)).body).toMatchObject({
      outcome: "unchanged",
      state: "offered",
    });

    const [ann] = (await call("GET", `${at}/claims?viewer=ann`)).body.items;
    const order = { externalId: "LIVE-1", status: "pending_payment", shippingMinor: 600 };
    const ordered = await call("POST", `/v1/claims/${ann.id}/order`, order);
    expect([ordered.status, ordered.body.totalMinor, ordered.body.liveSession]).toEqual([
      201,
      20_400,
      session.id,
    ]);
    expect((await call("POST", `/v1/claims/${ann.id}/order`, order)).body).toMatchObject({
      outcome: "duplicate",
      id: ordered.body.id,
    });
    expect((await call("POST", `/v1/claims/${ann.id}/order`, { externalId: "LIVE-2" })).status).toBe(409);
    const paid = await call("POST", `/v1/claims/${ann.id}/order`, {
      ...order,
      status: "paid",
      paidAt: "2026-11-22T08:20:00Z",
    });
    expect([paid.status, paid.body.status, paid.body.shortfall]).toEqual([200, "paid", 0]);
    expect((await call("GET", `/v1/orders/${ordered.body.id}`)).body.buyer).toMatchObject({
      externalId: "ann",
      name: "Name of ann",
    });
    await call("POST", `/v1/orders/${ordered.body.id}/refunds`, { reference: "r1", amountMinor: 400 });

    const [eve] = (await call("GET", `${at}/claims?viewer=eve`)).body.items;
    expect((await call("POST", `/v1/claims/${eve.id}/release`)).body).toMatchObject({
      outcome: "changed",
      state: "cancelled",
    });
    expect((await call("POST", `${at}/sold-out`, { item: mug.id })).body.items[2]).toMatchObject({
      soldOut: true,
      free: 2,
    });
    expect((await call("POST", `${at}/give-back`, { item: mug.id })).body.items[2]).toMatchObject({
      share: 0,
      givenBack: 2,
    });
    expect((await call("POST", `${at}/end`)).body).toMatchObject({ state: "ended", outcome: "changed" });

    const report = (await call("GET", `${at}/report`)).body;
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
    await expectClean();
  });
});

describe("planning", () => {
  let before: Record<string, number>;
  beforeEach(async () => {
    before = await storedCounts(test.db);
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
    const body = { connection: test.hub.connectionId, room: "r", title: "t", ...change };
    const reply = await call("POST", "/v1/live-sessions", body);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(await storedCounts(test.db)).toEqual(before);
  });

  it("changes rules and the line-up, and keeps what is not named", async () => {
    const session = await plan();
    const at = `/v1/live-sessions/${session.id}`;
    const changed = await call("PATCH", at, {
      title: "New",
      host: null,
      settings: { holdSeconds: 60, words: { keywords: ["冲"] } },
    });
    expect(changed.body).toMatchObject({
      title: "New",
      host: null,
      settings: { holdSeconds: 60, hostCommissionBp: 1_000, words: { keywords: ["冲"] } },
    });
    const added = await call("POST", `${at}/items`, {
      items: [{ sku: "MUG", code: "C", priceMinor: 1, share: 1 }],
    });
    expect(added.status).toBe(400);
    const [large] = session.items;
    const patched = await call("PATCH", `${at}/items/${large.id}`, {
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
    expect((await call("PATCH", `${at}/items/${session.id}`, { priceMinor: 1 })).status).toBe(404);
    const moved = await call("PATCH", `${at}/items/${large.id}`, { position: 3 });
    expect(
      moved.body.items.map((item: { sku: string; position: number }) => [item.sku, item.position]),
    ).toEqual([
      ["DRESS-RED-M", 1],
      ["MUG", 2],
      ["DRESS-RED-L", 3],
    ]);
    await call("POST", `${at}/start`);
    expect((await call("PATCH", at, { room: "elsewhere" })).status).toBe(409);
    expect((await call("PATCH", at, { settings: { mode: "first_paid" } })).status).toBe(409);
    expect((await say(session.id, ["ann", "冲连衣裙红色L"])).body.results).toMatchObject([
      { outcome: "claimed" },
    ]);
    await call("POST", `${at}/end`);
    expect(
      (await call("POST", `${at}/items`, { items: [{ sku: "MUG", code: "C", priceMinor: 1, share: 1 }] }))
        .status,
    ).toBe(409);
    await expectClean();
  });
});

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
    const session = await plan();
    const before = await storedCounts(test.db);
    const reply = await call("POST", `/v1/live-sessions/${session.id}/comments`, body);
    expect([reply.status, reply.body.code]).toEqual([400, "invalid_request"]);
    expect(JSON.stringify(reply.body)).toContain(path);
    expect(await storedCounts(test.db)).toEqual(before);
  });
});

describe("who may do what", () => {
  it("lets read-only keys look, without viewers, and change nothing", async () => {
    const session = await plan();
    await call("POST", `/v1/live-sessions/${session.id}/start`);
    await say(session.id, ["ann", "B2"]);
    const reader = { authorization: `Bearer ${await test.key("read-only")}` };
    const claims = await test.call("GET", `/v1/live-sessions/${session.id}/claims`, undefined, reader);
    expect(claims.body.items).toMatchObject([{ state: "held", viewer: null }]);
    const comments = await test.call("GET", `/v1/live-sessions/${session.id}/comments`, undefined, reader);
    expect(comments.body.items).toMatchObject([{ text: null, viewer: null, outcome: "claimed" }]);
    for (const action of ["start", "end", "show", "comments"]) {
      expect((await test.call("POST", `/v1/live-sessions/${session.id}/${action}`, {}, reader)).status).toBe(
        403,
      );
    }
    const id = claims.body.items[0].id;
    for (const action of ["order", "release", "hold"]) {
      expect(
        (await test.call("POST", `/v1/claims/${id}/${action}`, { externalId: "x" }, reader)).status,
      ).toBe(403);
    }
    await call("POST", `/v1/live-sessions/${session.id}/end`);
    await call("POST", `/v1/claims/${id}/release`);
  });

  it("shows nothing of another merchant, and nothing of viewers in the log or its events", async () => {
    const session = await plan();
    await call("POST", `/v1/live-sessions/${session.id}/start`);
    await say(session.id, ["secret-viewer", "B2"]);
    const other = await testApp({ db: test.db });
    for (const path of ["", "/claims", "/comments", "/queue", "/report", "/stream"]) {
      expect((await other.call("GET", `/v1/live-sessions/${session.id}${path}`)).status).toBe(404);
    }
    const [claim] = (await call("GET", `/v1/live-sessions/${session.id}/claims`)).body.items;
    expect((await other.call("GET", `/v1/claims/${claim.id}`)).status).toBe(404);
    expect((await other.call("POST", `/v1/claims/${claim.id}/release`)).status).toBe(404);
    await other.close();
    const everything = JSON.stringify([
      test.logged,
      await test.db.query("select * from events"),
      await test.db.query("select viewer_key, encode(body, 'escape') as body from live_comments"),
      await test.db.query("select * from claims"),
    ]);
    expect(everything).not.toContain("secret-viewer");
    await call("POST", `/v1/live-sessions/${session.id}/end`);
    await call("POST", `/v1/claims/${claim.id}/release`);
    await expectClean();
  });
});

describe("the cockpit", () => {
  it("shows the session at once, then what changes", async () => {
    const session = await plan();
    await call("POST", `/v1/live-sessions/${session.id}/start`);
    const response = await test.app.request(`/v1/live-sessions/${session.id}/stream`, {
      headers: { authorization: `Bearer ${key}`, accept: "text/event-stream" },
    });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const reader = response.body?.getReader();
    if (!reader) throw new Error("no stream");
    const next = async () => {
      for (;;) {
        const reading = reader.read();
        await test.runtime.advance(500);
        const text = new TextDecoder().decode((await reading).value);
        const data = /^data: (.*)$/m.exec(text)?.[1];
        if (data !== undefined) return JSON.parse(data).data;
      }
    };
    expect(await next()).toMatchObject({ session: { state: "on_air" }, comments: [], money: [] });
    await say(session.id, ["ann", "B2"], ["ben", "nice"]);
    expect(await next()).toMatchObject({
      comments: [
        { text: "B2", viewer: { externalId: "ann" }, outcome: "claimed" },
        { text: "nice", outcome: "nothing" },
      ],
      claims: [{ state: "held", quantity: 1 }],
      session: { items: [{}, {}, { claimed: 1, free: 1 }] },
    });
    const [claim] = (await call("GET", `/v1/live-sessions/${session.id}/claims`)).body.items;
    await call("POST", `/v1/claims/${claim.id}/order`, { externalId: "COCKPIT-1" });
    expect(await next()).toMatchObject({
      claims: [{ state: "ordered" }],
      money: [{ paidOrders: 1, grossMinor: 2_500 }],
    });
    await reader.cancel();
    await call("POST", `/v1/live-sessions/${session.id}/end`);
    await expectClean();
  });

  it("that comes back goes on where it was: every comment once, in order, after a rush too", async () => {
    const session = await plan();
    await call("POST", `/v1/live-sessions/${session.id}/start`);
    const open = (headers: Record<string, string>) => watch(session.id, headers);
    const first = await open({});
    await first.updates(1);
    await say(session.id, ["ann", "B2"], ["ben", "nice"]);
    const before = await first.updates(2);
    await first.leave();
    const rush = Array.from({ length: 450 }, (_, index): [string, string] => [`v${index}`, `hello ${index}`]);
    await say(session.id, ...rush);
    const second = await open({ "last-event-id": before.at(-1)?.id ?? "" });
    const after = await second.updates(2);
    await second.leave();
    const third = await open({ "last-event-id": after[1]?.id ?? "" });
    const rest = await third.updates(1);
    await third.leave();
    const numbers = [...before, ...after.slice(0, 2), ...rest].flatMap(({ data }) =>
      data.comments.map(({ no }: { no: number }) => no),
    );
    expect(numbers).toEqual(Array.from({ length: 452 }, (_, index) => index + 1));
    await call("POST", `/v1/live-sessions/${session.id}/end`);
  });
});

interface Update {
  id: string;
  data: { comments: { no: number }[] };
}

async function watch(sessionId: string, headers: Record<string, string>) {
  const response = await test.app.request(`/v1/live-sessions/${sessionId}/stream`, {
    headers: { authorization: `Bearer ${key}`, accept: "text/event-stream", ...headers },
  });
  const reader = response.body?.getReader();
  if (!reader) throw new Error("no stream");
  const seen: Update[] = [];
  return {
    /** Reads until there are so many. */
    async updates(count: number): Promise<Update[]> {
      while (seen.length < count) {
        const reading = reader.read();
        await test.runtime.advance(500);
        const text = new TextDecoder().decode((await reading).value);
        for (const [, id, data] of text.matchAll(/^id: (.*)\nevent: .*\ndata: (.*)$/gm))
          seen.push({ id: id ?? "", data: JSON.parse(data ?? "{}").data });
      }
      return seen;
    },
    leave: () => reader.cancel(),
  };
}

describe("comments from connectors", () => {
  it("find their session by room, and comments of other rooms are kept nowhere", async () => {
    const session = await plan();
    const parts = { db: test.db, engine: test.hub.engine, runtime: test.runtime };
    const of = (room: string, id: string, text: string) => ({
      externalId: id,
      room,
      viewer: { externalId: "zed" },
      text,
      sentAt: "2026-11-22T08:00:00.000Z",
    });
    const send = (...comments: ReturnType<typeof of>[]) =>
      submitComments(parts, test.hub.merchant.id, test.hub.connectionId, comments);
    expect(await send(of(session.room, "k0", "B2"))).toMatchObject({
      results: [{ outcome: "late", reason: "not_on_air" }],
    });
    await call("POST", `/v1/live-sessions/${session.id}/start`);
    const before = await storedCounts(test.db);
    expect(await send(of("nowhere", "k1", "B2"))).toEqual({
      results: [{ externalId: "k1", outcome: "no_session" }],
      withoutSession: 1,
    });
    expect(await storedCounts(test.db)).toEqual(before);
    const mixed = await send(
      of(session.room, "k2", "B2"),
      of("nowhere", "k3", "B2"),
      of(session.room, "k2", "B2"),
    );
    expect(mixed.results.map((result) => result.outcome)).toEqual(["claimed", "no_session", "repeated"]);
    await call("POST", `/v1/live-sessions/${session.id}/end`);
    expect((await send(of(session.room, "k4", "B2"))).results).toMatchObject([
      { outcome: "late", reason: "session_ended" },
    ]);
    expect((await send(of(session.room, "k5", "cancel B2"))).results).toMatchObject([
      { outcome: "cancelled" },
    ]);
    await expectClean();
  });
});
