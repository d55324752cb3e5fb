import { describe, expect, it } from "vitest";
import { amazon } from "../../../src/connectors/amazon/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { longAgo } from "../session.ts";
import { openShop } from "./shop.ts";
import { listings } from "./subject.ts";

const minuteMs = 60_000;
const [mug, , bag] = listings as [(typeof listings)[0], (typeof listings)[0], (typeof listings)[0]];
const theirs = "MUG-BLU-350-FBA";

describe("reading orders", () => {
  it("asks twelve times an hour at most, however often it is called, and stays within Amazon's limit all day", async () => {
    const { runtime, fake, market, run } = openShop({ settings: { refunds: false } });
    let cursor: unknown = null;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (minute % 97 === 0) market.place(mug.sku, 1);
      ({ cursor } = await run(cursor));
      await runtime.advance(minuteMs);
    }
    expect(fake.calls.get("searchOrders")).toBe(288);
  });

  it("a page token that has lived a day is not used again: the window is read from its beginning", async () => {
    const { runtime, market, account, call, run } = openShop();
    const placed = Array.from({ length: 9 }, () => market.place(mug.sku, 1).id);
    await runtime.advance(5 * minuteMs);
    const first = await account().orders!.pull({ cursor: null, since: longAgo }, call());
    if (!first.ok) throw new Error(first.message);
    await runtime.advance(25 * 60 * minuteMs);
    const rest = await run(first.value.cursor);
    expect(rest.orders.map((order) => order.externalId).sort()).toEqual(placed.sort());
  });

  it("brings a refund with its whole order, once it stands in the books, and every later one", async () => {
    const { runtime, market, run } = openShop();
    const order = market.place(mug.sku, 2);
    await runtime.advance(5 * minuteMs);
    const first = await run(null);
    expect(first.orders[0]?.refunds).toBeUndefined();
    const one = market.refund(order.id, 2500, 100);
    await runtime.advance(minuteMs * 4);
    const second = await run(first.cursor);
    expect(second.orders.map((read) => read.refunds?.map((refund) => refund.externalId))).toEqual([
      [one.refundId],
    ]);
    expect(second.orders[0]?.refunds?.[0]).toMatchObject({ amountMinor: 2600, shippingMinor: 100 });
    const two = market.refund(order.id, 500);
    let { cursor } = second;
    const later: OrderSnapshot[] = [];
    for (let hour = 0; hour < 13; hour += 1) {
      await runtime.advance(60 * minuteMs);
      for (let turn = 0; turn < 2; turn += 1) {
        const next = await run(cursor);
        later.push(...next.orders);
        ({ cursor } = next);
      }
    }
    expect(later.at(-1)?.refunds?.map((refund) => refund.externalId)).toEqual([one.refundId, two.refundId]);
  });

  it("orders go on while refunds fail; without the role for them a person is told", async () => {
    const { runtime, fake, market, run } = openShop();
    await runtime.advance(5 * minuteMs);
    let { cursor } = await run(null);
    fake.fail("listTransactions", { status: 503, code: "ServiceUnavailable" });
    await runtime.advance(minuteMs);
    await expect(run(cursor)).rejects.toThrow(/503/);
    market.place(mug.sku, 1);
    await runtime.advance(10 * minuteMs);
    const next = await run(cursor);
    expect(next.orders).toHaveLength(1);
    ({ cursor } = next);
    fake.fail("listTransactions", { status: 403, code: "Unauthorized" });
    await runtime.advance(minuteMs);
    const told = await run(cursor);
    expect(told.warnings).toEqual([expect.stringMatching(/Refunds are not read.*lacks the role/)]);
  });

  it("orders of another marketplace of the same seller are not taken in, whoever names them", async () => {
    const { runtime, market, account, call } = openShop();
    const order = market.place(mug.sku, 1);
    order.marketplaceId = "A2EUQ1WTGCTBG2";
    await runtime.advance(5 * minuteMs);
    const fetched = await account().orders!.fetch([order.id], call());
    expect(fetched).toMatchObject({ ok: true, value: { orders: [], rejected: [] } });
  });
});

describe("stock", () => {
  it("Amazon's own is read and never written", async () => {
    const { fake, market, account, call, write } = openShop();
    const outcomes = await account().stock!.push([write(theirs, 5), write(mug.sku, 7)], call());
    expect(outcomes).toMatchObject([{ ok: false, kind: "unsupported" }, { ok: true }]);
    expect(market.listing(theirs)).toMatchObject({ channel: "AMAZON_NA", quantity: 20 });
    expect(fake.calls.get("patchListing")).toBe(1);
    const read = await account().stock!.read!([{ externalId: theirs }, { externalId: bag.sku }], call());
    expect(read.map((one) => one.ok && one.value.quantity)).toEqual([20, 30]);
    const pulled = await account().listings!.pull({ cursor: null }, call());
    const listed = pulled.ok ? pulled.value.listings : [];
    expect(listed.filter((one) => one.managedBy === "platform").map((one) => one.externalId)).toEqual([
      theirs,
    ]);
  });

  it("an accepted figure is not yet the one that sells", async () => {
    const { runtime, market, account, call, write } = openShop();
    market.applyAfterMs = 90_000;
    const read = async () => (await account().stock!.read!([{ externalId: mug.sku }], call()))[0];
    expect(await account().stock!.push([write(mug.sku, 3)], call())).toEqual([{ ok: true }]);
    expect(await read()).toMatchObject({ value: { quantity: 50 } });
    await runtime.advance(90_000);
    expect(await read()).toMatchObject({ value: { quantity: 3 } });
    expect(amazon.manifest.behaviour.clockSkewMs).toBeGreaterThan(90_000);
  });

  it("200 with INVALID is no success", async () => {
    const { context, call, write, fake, market } = openShop();
    const real = fake.fetch;
    const shop = amazon.open({
      ...context,
      tokens: fake.login.authorization.tokens(),
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (request.method !== "PATCH") return real(request);
        const issues = [{ code: "90220", message: "Ana", severity: "ERROR", categories: [] }];
        return Response.json({ sku: mug.sku, status: "INVALID", submissionId: "s", issues });
      },
    });
    const [outcome] = await shop.stock!.push([write(mug.sku, 3)], call());
    expect(outcome).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringMatching(/issues 90220/),
    });
    expect(market.listing(mug.sku).quantity).toBe(50);
  });

  it("Amazon takes its sales off from pending on and puts them back, as declared", async () => {
    const { market } = openShop();
    const order = market.place(mug.sku, 2, "PENDING");
    expect(market.listing(mug.sku).quantity).toBe(48);
    market.cancel(order.id);
    expect(market.listing(mug.sku).quantity).toBe(50);
  });
});

describe("listings", () => {
  it("more than a search gives: the next one begins where it was cut off", async () => {
    const { runtime, market, account, call } = openShop();
    for (let at = 0; at < 1030; at += 1) {
      const sku = `X-${String(at).padStart(4, "0")}`;
      market.listings.set(sku, { ...mug, sku, createdMs: Date.UTC(2026, 1, 1) + Math.floor(at / 3) * 1000 });
    }
    const found = new Set<string>();
    for (let cursor: unknown = null, more = true, pages = 0; more; pages += 1) {
      expect(pages).toBeLessThan(80);
      await runtime.advance(1000);
      const page = await account().listings!.pull({ cursor: cursor as never }, call());
      if (!page.ok) throw new Error(page.message);
      for (const one of page.value.listings) found.add(one.externalId);
      ({ cursor, more } = page.value);
    }
    expect(found.size).toBe(1034);
  });
});

describe("parcels", () => {
  const parcelOf = (orderExternalId: string, line: string, change: object = {}) => ({
    shipmentId: "0197a5b4-0000-7000-8000-000000000001",
    orderExternalId,
    shippedAt: "2026-11-22T07:00:00.000Z",
    lines: [{ externalLineId: line, quantity: 1 }],
    carrier: "UPS",
    trackingNumber: "1Z999AA10123456784",
    ...change,
  });

  it("a corrected tracking number changes the parcel, and the day is never before the order's", async () => {
    const { market, account, call } = openShop();
    const order = market.place(mug.sku, 2);
    const line = order.items[0]!.id;
    const first = await account().fulfilments!.push(parcelOf(order.id, line), call());
    const second = await account().fulfilments!.push(
      parcelOf(order.id, line, { trackingNumber: "1Z999AA10123456785" }),
      call(),
    );
    expect(second).toEqual(first);
    expect(order.packages).toMatchObject([{ number: "1Z999AA10123456785", atMs: order.createdMs }]);
    const other = parcelOf(order.id, line, { shipmentId: "0197a5b4-0000-7000-8000-000000000002" });
    expect((await account().fulfilments!.push(other, call())).ok).toBe(true);
    expect(order.packages).toHaveLength(2);
    expect(order.status).toBe("SHIPPED");
  });

  it.each([
    ["without a tracking number", mug.sku, "UNSHIPPED", { trackingNumber: undefined }, "invalid"],
    ["of an order that is not paid", mug.sku, "PENDING", {}, "invalid"],
    ["of a cancelled order", mug.sku, "CANCELLED", {}, "invalid"],
    ["of an order Amazon ships", theirs, "UNSHIPPED", {}, "unsupported"],
    ["with more units than ordered", mug.sku, "UNSHIPPED", { lines: [] as object[] }, "invalid"],
  ] as const)("%s it is refused, and there is no parcel", async (_, sku, status, change, kind) => {
    const { market, account, call } = openShop();
    const order = market.place(sku, 1, status);
    const lines = "lines" in change ? { lines: [{ externalLineId: order.items[0]!.id, quantity: 2 }] } : {};
    const parcel = parcelOf(order.id, order.items[0]!.id, { ...change, ...lines });
    expect(await account().fulfilments!.push(parcel as never, call())).toMatchObject({ ok: false, kind });
    expect(order.packages).toEqual([]);
  });
});
