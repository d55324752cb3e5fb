import { describe, expect, it } from "vitest";
import { demoProducts, faultsSchema } from "../../../src/connectors/sandbox/index.ts";
import { must, webhookSecret } from "../generic/subject.ts";
import { open, webhookUrl } from "./wire.ts";

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
