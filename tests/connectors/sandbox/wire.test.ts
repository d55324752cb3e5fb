import { describe, expect, it } from "vitest";
import {
  createSandbox,
  demoProducts,
  type Faults,
  faultsSchema,
  type SandboxOptions,
} from "../../../src/connectors/sandbox/index.ts";
import { verifyStandardWebhook, webhookKeys } from "../../../src/connectors/toolkit/standard-webhooks.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { must, products, webhookSecret } from "../generic/subject.ts";
import { finish } from "../session.ts";

const webhookUrl = "https://hub.example/webhooks/c1";

interface Received {
  id: string;
  verified: boolean;
  orderId: string;
  status: string;
  atMs: number;
}

/** A shop whose webhooks arrive at a hub of the test's, which answers as told. */
function open(faults: Partial<Faults> = {}, more: Partial<SandboxOptions> & { answer?: () => number } = {}) {
  const received: Received[] = [];
  const { answer = () => 204, ...options } = more;
  const runtime = testRuntime({
    fetch: async (input, init) => {
      const request = new Request(input, init);
      expect(request.url).toBe(webhookUrl);
      const body = new Uint8Array(await request.arrayBuffer());
      const headers = Object.fromEntries(request.headers);
      const { data } = JSON.parse(new TextDecoder().decode(body));
      const nowMs = runtime.clock.nowMs();
      const { verified } = verifyStandardWebhook(
        { body, headers },
        webhookKeys([webhookSecret]),
        instantOf(nowMs),
      );
      received.push({
        id: headers["webhook-id"] ?? "",
        verified,
        orderId: data.externalId,
        status: data.status,
        atMs: nowMs,
      });
      const status = answer();
      if (status === 0) throw new TypeError("fetch failed");
      return new Response(null, { status });
    },
  });
  const sandbox = createSandbox({
    runtime,
    seed: 1,
    products,
    webhookUrl,
    webhookSecret,
    faults,
    ...options,
  });
  const buy = () => must(sandbox.shop.place({ lines: [{ externalId: "P2", quantity: 1 }] })).externalId;
  const get = async (path: string, init?: RequestInit) => {
    const response = await sandbox.fetch(`https://shop.example${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  };
  const send = (method: string, path: string, body: unknown) =>
    get(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return {
    runtime,
    sandbox,
    received,
    buy,
    get,
    send,
    settled: () => finish(runtime, sandbox.settled(), 86_400_000),
  };
}

describe("deliveries of the shop", () => {
  it("are sent for every change, signed, each with an id of its own", async () => {
    const { sandbox, received, buy, settled } = open();
    const id = buy();
    must(sandbox.shop.pay(id));
    await settled();
    expect(received.map(({ verified, orderId, status }) => ({ verified, orderId, status }))).toEqual([
      { verified: true, orderId: id, status: "pending_payment" },
      { verified: true, orderId: id, status: "paid" },
    ]);
    expect(new Set(received.map((one) => one.id)).size).toBe(2);
    expect(sandbox.deliveriesPending()).toBe(0);
  });

  it("are dropped", async () => {
    const { sandbox, received, buy, settled } = open({ dropWebhooks: 1 });
    buy();
    await settled();
    expect(received).toEqual([]);
    expect(sandbox.journal.counts()).toEqual({ order_placed: 1, webhook_dropped: 1 });
  });

  it("are duplicated under the same id", async () => {
    const { received, buy, settled } = open({ duplicateWebhooks: 1 });
    buy();
    await settled();
    expect(received).toHaveLength(2);
    expect(received[1]).toEqual(received[0]);
  });

  it("are delayed, on the shop's timers", async () => {
    const { runtime, received, buy, settled } = open({ delayWebhooksMs: 60_000 });
    const startMs = runtime.clock.nowMs();
    for (let turn = 0; turn < 10; turn += 1) buy();
    await settled();
    expect(received).toHaveLength(10);
    expect(Math.max(...received.map((one) => one.atMs - startMs))).toBeGreaterThan(10_000);
    expect(Math.max(...received.map((one) => one.atMs - startMs))).toBeLessThanOrEqual(61_000);
  });

  it("overtake one another", async () => {
    const { runtime, received, buy, settled } = open({ reorderWebhooks: 0.5 });
    const placed: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      placed.push(buy());
      await runtime.advance(200);
    }
    await settled();
    const arrived = received.map((one) => one.orderId);
    expect(arrived).not.toEqual(placed);
    expect(arrived.toSorted()).toEqual(placed.toSorted());
  });

  it("are joined by forgeries that do not verify and speak of orders that never were", async () => {
    const { sandbox, received, buy, settled } = open({ forgedWebhooks: 1 });
    const id = buy();
    await settled();
    expect(received.map(({ verified, orderId }) => [orderId, verified]).sort()).toEqual([
      [`FORGED-${id}`, false],
      [id, true],
    ]);
    expect(sandbox.shop.orders.get(`FORGED-${id}`)).toBeUndefined();
  });

  it("are repeated under the same id with a new time until taken", async () => {
    const answers = [500, 0, 429, 204];
    const { received, buy, settled, runtime } = open({}, { answer: () => answers.shift() ?? 204 });
    const startMs = runtime.clock.nowMs();
    buy();
    await settled();
    expect(received.map((one) => one.atMs - startMs)).toEqual([0, 5000, 305_000, 2_105_000]);
    expect(new Set(received.map((one) => one.id)).size).toBe(1);
    expect(received.every((one) => one.verified)).toBe(true);
  });

  it("are given up after the last repeat, and at once on 410", async () => {
    const refusing = open({}, { answer: () => 500 });
    refusing.buy();
    await refusing.settled();
    expect(refusing.received).toHaveLength(5);
    expect(refusing.sandbox.journal.counts().webhook_given_up).toBe(1);
    const gone = open({}, { answer: () => 410 });
    gone.buy();
    await gone.settled();
    expect(gone.received).toHaveLength(1);
  });

  it("go nowhere before the shop is told where, and to another place when told", async () => {
    const { sandbox, received, buy, settled } = open();
    sandbox.connectWebhook(null);
    buy();
    await settled();
    expect(received).toEqual([]);
    sandbox.connectWebhook({ url: webhookUrl, secret: webhookSecret });
    buy();
    await settled();
    expect(received).toHaveLength(1);
  });

  it("end when the shop stops", async () => {
    const { sandbox, received, buy, runtime } = open({ delayWebhooksMs: 60_000 });
    for (let turn = 0; turn < 5; turn += 1) buy();
    sandbox.stop();
    await sandbox.settled();
    expect(received.length).toBeLessThan(5);
    expect(runtime.sleeping()).toBe(0);
  });
});

describe("faults of the shop's answers", () => {
  const after = "/orders?updatedAfter=2026-01-01T00:00:00Z";

  it.each([
    [20, "20"],
    [0.5, "0.5"],
    [null, null],
  ])("429 with Retry-After %s", async (retryAfterSeconds, header) => {
    const { get } = open({ rateLimit: 1, retryAfterSeconds });
    const { status, headers } = await get(after);
    expect([status, headers.get("retry-after")]).toEqual([429, header]);
  });

  it("5xx of the chosen kind, before anything is done", async () => {
    const { sandbox, send } = open({ serverError: 1, serverErrorStatus: 502 });
    const updates = [
      { externalId: "P2", mode: "set", quantity: 1, writeId: "w", asOf: "2026-11-22T08:00:00Z" },
    ];
    expect((await send("POST", "/stock", { updates })).status).toBe(502);
    expect(sandbox.shop.shelf.figure({ externalId: "P2" })).toBe(30);
  });

  it("some calls, not all, when the probability is between", async () => {
    const { get } = open({ rateLimit: 0.5 });
    const statuses: number[] = [];
    for (let turn = 0; turn < 40; turn += 1) statuses.push((await get(after)).status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  it("an answered fulfilment that makes no parcel", async () => {
    const { sandbox, buy, send } = open({ writeAnsweredButNotApplied: 1 });
    const id = buy();
    must(sandbox.shop.pay(id));
    const parcel = {
      shipmentId: "s1",
      orderExternalId: id,
      shippedAt: "2026-11-22T08:00:00Z",
      lines: [{ externalLineId: "L1", quantity: 1 }],
    };
    expect((await send("POST", "/fulfilments", parcel)).status).toBe(200);
    expect(sandbox.shop.orders.get(id)?.shipments).toBeUndefined();
    expect(sandbox.journal.counts().fulfilment_not_applied).toBe(1);
  });

  it("a silent answer ends with 504 after hangMs", async () => {
    const { runtime, sandbox, send } = open({ writeAppliedButTimedOut: 1, hangMs: 5000 });
    const updates = [
      { externalId: "P2", mode: "set", quantity: 1, writeId: "w", asOf: "2026-11-22T08:00:00Z" },
    ];
    const work = send("POST", "/stock", { updates });
    await runtime.advance(4999);
    expect(sandbox.shop.shelf.figure({ externalId: "P2" })).toBe(1);
    await runtime.advance(1);
    expect((await work).status).toBe(504);
  });

  it("a skewed clock shows in orders and watermark", async () => {
    const { buy, get } = open({ clockSkewMs: -60_000 });
    buy();
    expect((await get(after)).body).toMatchObject({
      watermark: "2026-11-22T07:59:00.000Z",
      orders: [{ updatedAt: "2026-11-22T07:59:00.000Z" }],
    });
  });

  it("counted pages move up by one when an order changes", async () => {
    const { sandbox, buy, get } = open({ shiftingPages: true });
    const ids = Array.from({ length: 5 }, buy);
    for (const id of ids) must(sandbox.shop.pay(id));
    const first = await get(`${after}&limit=2`);
    const second = await get(`${after}&limit=2&cursor=${first.body.nextCursor}`);
    const given = [...first.body.orders, ...second.body.orders].map(
      (order: { externalId: string }) => order.externalId,
    );
    expect(given).toEqual([ids[0], ids[1], ids[3], ids[4]]);
  });
});

describe("the protocol as the shop speaks it", () => {
  it("wants its token, everywhere but under /_control", async () => {
    const { get } = open({}, { apiToken: "t0ken" });
    const statuses = await Promise.all(
      [
        "/orders?updatedAfter=2026-01-01T00:00:00Z",
        "/orders/ids",
        "/stock",
        "/listings",
        "/_control/state",
      ].map(async (path) => (await get(path)).status),
    );
    expect(statuses).toEqual([401, 401, 401, 401, 200]);
    const authorised = await get("/listings", { headers: { authorization: "Bearer t0ken" } });
    expect(authorised.status).toBe(200);
  });

  it.each([
    ["GET", "/orders?updatedAfter=yesterday", undefined],
    ["GET", "/orders", undefined],
    ["GET", "/orders?updatedAfter=2026-01-01T00:00:00Z&limit=0", undefined],
    ["GET", "/orders/ids?placedFrom=2026-01-01T00:00:00Z", undefined],
    ["POST", "/stock", {}],
    ["POST", "/stock", { updates: [] }],
    [
      "POST",
      "/stock",
      {
        updates: [
          { externalId: "P2", mode: "double", quantity: 1, writeId: "w", asOf: "2026-11-22T08:00:00Z" },
        ],
      },
    ],
    [
      "POST",
      "/stock",
      {
        updates: [
          { externalId: "P2", mode: "set", quantity: 1.5, writeId: "w", asOf: "2026-11-22T08:00:00Z" },
        ],
      },
    ],
    ["POST", "/fulfilments", { shipmentId: "s" }],
  ])("refuses %s %s %j with 422", async (method, path, body) => {
    const { get, send } = open();
    expect((await (body === undefined ? get(path) : send(method, path, body))).status).toBe(422);
  });

  it("reads a million changes as cheaply as a page", async () => {
    const { sandbox, get } = open(
      {},
      { products: [{ externalId: "P", title: "P", priceMinor: 1, quantity: 1_000_000 }] },
    );
    sandbox.connectWebhook(null);
    const ids = Array.from(
      { length: 300 },
      () => must(sandbox.shop.place({ lines: [{ externalId: "P", quantity: 1 }] })).externalId,
    );
    for (const id of ids) must(sandbox.shop.pay(id));
    for (let turn = 0; turn < 20; turn += 1) for (const id of ids) must(sandbox.shop.askForShipment(id));
    const { body } = await get("/orders?updatedAfter=2026-01-01T00:00:00Z&limit=1000");
    expect(body.orders.map((order: { externalId: string }) => order.externalId)).toEqual(ids);
    expect(body.nextCursor).toBeNull();
  });
});

describe("control routes", () => {
  it("show the state, and change faults while the shop runs", async () => {
    const { sandbox, get, send } = open();
    const changed = await send("PATCH", "/_control/faults", { dropWebhooks: 1, retryAfterSeconds: 7 });
    expect(changed.body).toMatchObject({ dropWebhooks: 1, retryAfterSeconds: 7, rateLimit: 0 });
    expect(sandbox.faults.dropWebhooks).toBe(1);
    expect((await get("/_control/faults")).body).toEqual(sandbox.faults);
    expect(faultsSchema.parse((await get("/_control/state")).body.faults)).toEqual(sandbox.faults);
  });

  it.each([[{ dropWebhooks: 2 }], [{ dropWebhook: 1 }], [{ serverErrorStatus: 404 }], ["on"]])(
    "refuse the faults %j and change none",
    async (faults) => {
      const { sandbox, send } = open();
      const before = { ...sandbox.faults };
      expect((await send("PATCH", "/_control/faults", faults)).status).toBe(422);
      expect(sandbox.faults).toEqual(before);
    },
  );

  it("let somebody buy, pay, edit, ask, cancel and want money back", async () => {
    const { send, get } = open();
    const bought = await send("POST", "/_control/orders", {
      lines: [{ externalId: "P1", externalVariantId: "V1", quantity: 2 }],
      pay: false,
    });
    expect([bought.status, bought.body.status]).toEqual([201, "pending_payment"]);
    const order = `/_control/orders/${bought.body.externalId}`;
    expect((await send("POST", `${order}/edit`, { externalLineId: "L1", quantity: 3 })).body.totalMinor).toBe(
      5970,
    );
    expect((await send("POST", `${order}/pay`, {})).body.status).toBe("paid");
    expect((await send("POST", `${order}/ask`, {})).status).toBe(200);
    expect((await send("POST", `${order}/refund`, { amountMinor: 100 })).body.refunds).toHaveLength(1);
    expect((await send("POST", `${order}/cancel`, {})).body.status).toBe("cancelled");
    expect((await send("POST", `${order}/complete`, {})).status).toBe(409);
    expect((await get(order)).body.status).toBe("cancelled");
    expect((await get("/_control/orders/none")).status).toBe(404);
    const { listings, counts } = (await get("/_control/state")).body;
    expect(listings[0]).toEqual({ externalId: "P1", externalVariantId: "V1", title: "Mug", figure: 47 });
    expect(counts).toMatchObject({ order_placed: 1, order_edited: 1, order_cancelled: 1 });
    expect((await get("/_control/journal")).body.entries.length).toBeGreaterThan(5);
  });

  it("refuse to sell what is not there", async () => {
    const { send } = open();
    expect(
      (await send("POST", "/_control/orders", { lines: [{ externalId: "P5", quantity: 11 }] })).body,
    ).toEqual({ code: "sold_out" });
    expect((await send("POST", "/_control/orders", { lines: [] })).status).toBe(422);
  });

  it("connect webhooks and set the shoppers' pace", async () => {
    const { sandbox, send, received, runtime, settled } = open({}, { products: demoProducts(5, 1) });
    sandbox.connectWebhook(null);
    expect((await send("PUT", "/_control/webhook", { url: webhookUrl, secret: webhookSecret })).status).toBe(
      204,
    );
    expect((await send("PUT", "/_control/shoppers", { actsPerMinute: 60 })).status).toBe(204);
    await runtime.advance(60_000);
    expect((await send("PUT", "/_control/shoppers", { actsPerMinute: 0 })).status).toBe(204);
    await settled();
    expect(received.length).toBeGreaterThan(10);
    expect(runtime.sleeping()).toBe(0);
  });
});
