import { describe, expect, it } from "vitest";
import type { Json, PullPage, Result } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { afterPage, openRun, type PageFacts, type PullState } from "../../../src/connectors/generic/pull.ts";
import { addMs, type Instant } from "../../../src/core/clock.ts";
import { orderStatuses } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { idsOf, longAgo, openSession, placeOrders, pullAll, successOf } from "../session.ts";
import type { Subject } from "../subject.ts";
import { must, startSandbox, subject } from "./subject.ts";

const noon: Instant = "2026-11-22T12:00:00.000Z";
const policy = { overlapMs: 60_000, clockSkewMs: 5000 };
const at = (seconds: number): Instant => addMs(noon, seconds * 1000);

const page = (times: Instant[], nextCursor: string | null, more: Partial<PageFacts> = {}): PageFacts => ({
  rows: times.map((updatedAt, index) => ({ externalId: `A-${index}`, updatedAt })),
  nextCursor,
  watermark: null,
  askedAt: at(3600),
  ...more,
});

const started = (state: PullState | null = null) => openRun(state, noon, at(3600), policy);

describe("where the next page is read from", () => {
  it("begins at the start it is told, less a millisecond", () => {
    expect(started().state.run).toMatchObject({ after: addMs(noon, -1), page: null });
    expect(started().problem).toBeUndefined();
  });

  it("asks for the next page by time, not by the shop's cursor", () => {
    const { state, more } = afterPage(started().state, page([at(1), at(2), at(3)], "c1"), policy);
    expect(more).toBe(true);
    expect(state.run).toMatchObject({ after: addMs(at(3), -1), page: null, sorted: true });
  });

  it.each([
    ["all of one instant", [at(1), at(1), at(1)]],
    ["one order only", [at(1)]],
    ["no order at all", []],
  ])("goes by the shop's cursor through a page with %s", (_, times) => {
    const { state } = afterPage(started().state, page(times, "c1"), policy);
    expect(state.run).toMatchObject({ after: addMs(noon, -1), page: "c1", sorted: true });
  });

  const reading = (state: PullState, rows: Instant[], nextCursor: string | null) =>
    afterPage(openRun(state, noon, at(3600), policy).state, page(rows, nextCursor), policy);

  it("reads an instant again from its beginning, and goes on by time when that finds the same", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    expect(again.state.run).toMatchObject({ after: addMs(noon, -1), page: null });
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(2)], "c2");
    expect(fourth.state.run).toMatchObject({ after: addMs(at(2), -1), page: null, moment: null });
  });

  it("goes on at once when the instant fits a page by now", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    expect(reading(again.state, [at(1), at(2)], "c1").state.run).toMatchObject({ after: addMs(at(2), -1) });
    expect(reading(again.state, [at(1)], null)).toMatchObject({ more: false, state: { resumeAt: at(1) } });
  });

  it("goes on with the order that stood behind the instant while it was whole, though others stand there later", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(9)], "c2");
    expect(fourth.state.run).toMatchObject({
      after: addMs(at(2), -1),
      page: null,
      moment: null,
      unsure: null,
    });
  });

  it("reads once more when only one reading saw an order behind the instant", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1)], null);
    expect(again).toMatchObject({ more: true, state: { run: { page: null } } });
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(9)], "c2");
    expect(fourth.state.run).toMatchObject({ after: addMs(noon, -1), page: null, moment: { readings: 3 } });
  });

  it("leaves an instant that never stands still, and begins the next run with it", () => {
    let state = started().state as PullState;
    let step = reading(state, [at(1), at(1)], "c1");
    for (let readings = 0; step.state.run?.page !== null || step.state.run.moment !== null; readings += 1) {
      expect(readings).toBeLessThan(20);
      state = reading(step.state, [...(readings % 2 === 0 ? [at(1)] : []), at(2)], "c2").state;
      if (state.run?.moment === null) break;
      step = reading(state, [at(1), at(1)], "c1");
    }
    const end = afterPage(
      openRun(state, noon, at(3600), policy).state,
      page([at(99)], null, { watermark: at(100) }),
      policy,
    );
    expect(end).toMatchObject({ more: false, state: { resumeAt: at(1), run: null } });
    expect(end.watermark, "nobody may say that all is in").toBeUndefined();
  });

  it("gets past an instant of a shop that takes the time asked with as included", () => {
    const asked = addMs(noon, -1);
    let step = reading(started().state, [asked, asked], "c1");
    step = reading(step.state, [asked, noon], "c2");
    step = reading(step.state, [asked, asked], "c1");
    step = reading(step.state, [asked, noon], "c2");
    expect(step.state.run).toMatchObject({ after: noon, page: null });
  });

  it.each([
    ["sorted the other way round", [at(3), at(2)]],
    ["with orders from before what was asked", [at(-10), at(5)]],
  ])("reads a shop %s by its own cursors to the end", (_, times) => {
    const first = afterPage(started().state, page(times, "c1"), policy);
    expect(first.state.run).toMatchObject({ page: "c1", sorted: false });
    expect(first.problem).toContain("does not give orders in order of updatedAt");
    const second = afterPage(
      openRun(first.state, noon, at(3600), policy).state,
      page([at(7), at(8)], "c2"),
      policy,
    );
    expect(second.state.run).toMatchObject({ page: "c2", sorted: false });
    expect(second.problem, "said once per run").toBeUndefined();
  });

  it("resumes at the newest order seen, less overlap and clock difference", () => {
    const end = afterPage(started().state, page([at(100), at(200)], null), policy);
    expect(end).toMatchObject({ more: false, state: { resumeAt: at(200), run: null } });
    const next = openRun(end.state, noon, at(7200), policy);
    expect(next.state.run?.after).toBe(addMs(at(200 - 65), -1));
  });

  it("never reads from before the very first start", () => {
    const end = afterPage(started().state, page([at(10)], null), policy);
    expect(openRun(end.state, noon, at(7200), policy).state.run?.after).toBe(addMs(noon, -1));
  });

  it("stays where it was when there was nothing", () => {
    const end = afterPage(started().state, page([at(100)], null), policy);
    const quiet = afterPage(
      openRun(end.state, noon, at(7200), policy).state,
      page([], null, { askedAt: at(7200) }),
      policy,
    );
    expect(quiet.state.resumeAt).toBe(at(100));
  });

  it("resumes an unsorted run no later than its beginning, as an order may have changed on a page already read", () => {
    const run = openRun(null, noon, at(50), policy);
    const first = afterPage(run.state, page([at(40), at(30)], "c1", { askedAt: at(50) }), policy);
    const end = afterPage(
      openRun(first.state, noon, at(500), policy).state,
      page([at(450)], null, { askedAt: at(500) }),
      policy,
    );
    expect(end.state.resumeAt).toBe(at(50));
  });

  it("F068: an order from the future moves the cursor no further than the beginning of the run, with a warning", () => {
    const run = openRun(null, noon, at(100), policy);
    const end = afterPage(
      run.state,
      page([at(50), "2062-01-01T00:00:00.000Z"], null, { askedAt: at(110) }),
      policy,
    );
    expect(end.state.resumeAt).toBe(at(100));
    expect(end.problem).toContain("a time in the future (2062-01-01T00:00:00.000Z)");
  });

  it("F068: a stored cursor from the future is set back, with a warning", () => {
    const stored: PullState = { version: 1, floor: noon, resumeAt: "2062-01-01T00:00:00.000Z", run: null };
    const run = openRun(stored, noon, at(1000), policy);
    expect(run.problem).toContain("a time in the future");
    expect(run.state.run?.after).toBe(addMs(at(1000 - 60), -1));
  });

  it("gives the first page's watermark, at the end only, and none from the future", () => {
    const run = openRun(null, noon, at(100), policy);
    const first = afterPage(run.state, page([at(1), at(2)], "c1", { watermark: at(99) }), policy);
    expect(first.watermark).toBeUndefined();
    const end = afterPage(
      openRun(first.state, noon, at(200), policy).state,
      page([at(3)], null, { watermark: at(199) }),
      policy,
    );
    expect(end.watermark).toBe(at(99));
    const ahead = afterPage(run.state, page([], null, { watermark: "2062-01-01T00:00:00.000Z" }), policy);
    expect(ahead.watermark).toBe(at(105));
    const none = afterPage(run.state, page([], null), policy);
    expect(none.watermark).toBeUndefined();
  });
});

/** The generic connector on a shop of our making. */
async function onShop(more: Parameters<typeof startSandbox>[1] = {}, settings: Record<string, unknown> = {}) {
  let shop: ReturnType<typeof startSandbox> | undefined;
  const on: Subject = {
    ...subject,
    settings: { ...subject.settings, ...settings },
    start: (runtime) => {
      shop = startSandbox(runtime, more);
      return shop.platform;
    },
  };
  const session = await openSession(on);
  if (shop === undefined) throw new Error("no shop");
  return { ...shop, session };
}

describe("pulling from the simulated shop", () => {
  it("F064: skips nothing when the shop counts its pages and orders change while they are read", async () => {
    const { session } = await onShop({ faults: { shiftingPages: true } });
    const placed = await placeOrders(session, 43);
    const { orders, cursor } = await pullAll(session);
    expect(idsOf(orders.values())).toEqual(idsOf(placed));
    const rest = await pullAll(session, { cursor });
    const newest = new Map([...orders, ...rest.orders]);
    for (const { externalId } of placed) expect(newest.get(externalId)?.status).toBe("paid");
  });

  it("reads more orders of one instant than fit on a page", async () => {
    const { session, shop } = await onShop();
    const ids = Array.from(
      { length: 23 },
      () =>
        must(shop.place({ lines: [{ externalId: "P1", externalVariantId: "V1", quantity: 1 }] })).externalId,
    );
    const { orders } = await pullAll(session);
    expect(idsOf(orders.values())).toEqual(ids.toSorted());
  });

  it.each([3, 5, 20])(
    "skips nothing of one instant when a shop counts pages of %s and orders leave the instant meanwhile",
    async (size) => {
      const { session, shop } = await onShop({ faults: { shiftingPages: true } }, { ordersPerPage: size });
      const ids = Array.from({ length: 23 }, () => {
        const { externalId } = must(
          shop.place({ lines: [{ externalId: "P1", externalVariantId: "V1", quantity: 1 }] }),
        );
        return externalId;
      });
      for (const id of ids) shop.pay(id);
      const times = new Set([...shop.orders.all()].map(({ updatedAt }) => updatedAt));
      expect(times.size, "all of one instant").toBe(1);
      const { orders } = await pullAll(session);
      expect(idsOf(orders.values())).toEqual(ids.toSorted());
    },
  );

  it("gets through an instant although the order behind it is another one whenever it is read", async () => {
    const { session, shop } = await onShop({ faults: { shiftingPages: true } }, { ordersPerPage: 5 });
    const place = () =>
      must(shop.place({ lines: [{ externalId: "P1", externalVariantId: "V1", quantity: 1 }] })).externalId;
    const still = Array.from({ length: 9 }, place);
    await session.runtime.advance(1_000);
    const moving = Array.from({ length: 30 }, place);
    for (const id of moving) {
      await session.runtime.advance(10);
      shop.pay(id);
    }
    const { orders, pages } = await pullAll(session);
    expect(idsOf(orders.values())).toEqual([...still, ...moving].toSorted());
    expect(pages.at(-1)?.watermark, "all of them are in, and it says so").toBeDefined();
  });

  it("F064: a network failure at any request of a run loses nothing", async () => {
    const { session } = await onShop();
    const placed = await placeOrders(session, 17);
    for (let failing = 1; failing <= 5; failing += 1) {
      const seen: string[] = [];
      let requests = 0;
      let cursor: Json | null = null;
      for (let turn = 0; turn < 50; turn += 1) {
        session.wire.fault(async (_request, pass) => {
          requests += 1;
          if (requests === failing) throw new TypeError("fetch failed");
          return pass();
        });
        const result: Result<PullPage> | undefined = await session
          .reopen()
          .orders?.pull({ cursor, since: longAgo }, session.call());
        if (!result?.ok) continue;
        seen.push(...result.value.orders.map((order) => order.externalId));
        cursor = result.value.cursor;
        if (!result.value.more) break;
      }
      expect([...new Set(seen)].sort(), `request ${failing} failing`).toEqual(idsOf(placed));
    }
  });

  it("F070: fetches orders of every status, closed ones too", async () => {
    const { session, shop } = await onShop();
    const place = () =>
      must(shop.place({ lines: [{ externalId: "P1", externalVariantId: "V1", quantity: 2 }] })).externalId;
    const paid = () => {
      const id = place();
      must(shop.pay(id));
      return id;
    };
    const shipped = (quantity: number) => {
      const id = paid();
      must(
        shop.ship({
          shipmentId: `s-${id}`,
          orderExternalId: id,
          lines: [{ externalLineId: "L1", quantity }],
        }),
      );
      return id;
    };
    const expected: Record<string, string> = {
      [place()]: "pending_payment",
      [paid()]: "paid",
      [shipped(1)]: "partially_shipped",
      [shipped(2)]: "shipped",
      [must(shop.complete(shipped(2))).externalId]: "completed",
      [must(shop.cancel(paid())).externalId]: "cancelled",
      [must(shop.refund(paid(), { amountMinor: 3980 })).externalId]: "refunded",
    };
    const { orders } = await pullAll(session);
    expect(Object.fromEntries([...orders].map(([id, order]) => [id, order.status]))).toEqual(expected);
    // `refunding` is the one status this shop never shows; the wire takes it all the same.
    expect(orderStatuses).toHaveLength(new Set(Object.values(expected)).size + 1);
  });

  it("F068: goes on past an order dated in the future, warns, and finds later orders", async () => {
    const { session, shop } = await onShop();
    await placeOrders(session, 3);
    const real = session.platform.fetch;
    session.wire.fault(async (request) => {
      const response = await real(request);
      const body = (await response.json()) as { orders: { updatedAt: string }[] };
      return Response.json({
        ...body,
        orders: body.orders.map((order, index) =>
          index === 2 ? { ...order, updatedAt: "2062-01-01T00:00:00.000Z" } : order,
        ),
      });
    });
    const first = await pullAll(session);
    expect(first.pages.at(-1)?.warnings).toEqual([expect.stringContaining("2062-01-01")]);
    session.wire.fault(null);
    await session.runtime.advance(5000);
    const later = must(shop.place({ lines: [{ externalId: "P3", quantity: 1 }] }));
    const second = await pullAll(session, { cursor: first.cursor });
    expect(second.orders.has(later.externalId)).toBe(true);
    expect(second.pages.at(-1)?.warnings).toBeUndefined();
  });

  it("starts again from the beginning, with a warning, when the stored cursor cannot be read", async () => {
    const { session } = await onShop();
    const placed = await placeOrders(session, 2);
    const { orders, pages } = await pullAll(session, { cursor: { version: 0, offset: 7 } });
    expect(idsOf(orders.values())).toEqual(idsOf(placed));
    expect(pages[0]?.warnings).toEqual([
      "The stored cursor could not be read; the pull starts again from the beginning.",
    ]);
  });

  it("keeps rows aside that are no orders, and the good ones beside them", async () => {
    const { session } = await onShop();
    const placed = await placeOrders(session, 3);
    session.wire.fault(async (_request, pass) => {
      const body = (await (await pass()).json()) as { orders: { lines: unknown[] }[] };
      const [first, ...others] = body.orders;
      return Response.json({
        ...body,
        orders: [{ ...first, lines: [], buyer: { phone: "13812345678" } }, "junk", ...others],
      });
    });
    const { orders, pages } = await pullAll(session);
    expect(idsOf(orders.values())).toEqual(idsOf(placed.slice(1)));
    const rejected = pages.flatMap((one) => one.rejected);
    expect(rejected.map(({ externalId }) => externalId)).toEqual([placed[0]?.externalId, "(no externalId)"]);
    expect(rejected.map(({ reason }) => reason).join()).toContain("lines: needs at least one line");
    expect(rejected.map(({ reason }) => reason).join()).not.toContain("13812345678");
    expect(rejected[1]?.raw).toBe("junk");
  });

  it("refuses a shop that gives back the cursor it was asked with", async () => {
    const { session } = await onShop();
    session.wire.fault(async () => Response.json({ orders: [], nextCursor: "same" }));
    const first = successOf(
      await (session.account.orders?.pull({ cursor: null, since: longAgo }, session.call()) ?? never()),
    );
    const second = await session.account.orders?.pull(
      { cursor: first.cursor, since: longAgo },
      session.call(),
    );
    expect(second).toMatchObject({ ok: false, kind: "malformed" });
  });

  it("overlaps by what the settings say, and gives a watermark of the shop's time", async () => {
    const { session } = await onShop({}, { pullOverlapSeconds: 30, clockSkewSeconds: 2 });
    const placed = await placeOrders(session, 60);
    const { cursor, pages } = await pullAll(session);
    expect(pages.at(-1)?.watermark).toBe("2026-11-22T08:01:00.000Z");
    const again = await pullAll(session, { cursor });
    // The last order changed at 08:00:59; 30 + 2 seconds before that, inclusive.
    expect(idsOf(again.orders.values())).toEqual(idsOf(placed.slice(59 - 32)));
  });

  it("sends what the protocol says, over ids that need encoding and addresses that must not grow too long", async () => {
    const runtime = testRuntime();
    const urls: URL[] = [];
    const account = generic.open({
      settings: generic.manifest.settings.parse({ baseUrl: "https://shop.example/api/", ordersPerPage: 7 }),
      secrets: {},
      clock: runtime.clock,
      timers: runtime.timers,
      random: runtime.random,
      fetch: async (input) => {
        urls.push(new URL(String(input)));
        return Response.json({ orders: [], externalIds: [], nextCursor: null });
      },
    });
    const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 1000 };
    await account.orders?.pull({ cursor: null, since: noon }, call);
    await account.orders?.fetch(["a,b&c=1", "签"], call);
    await account.orders?.list({ from: noon, to: at(3600) }, call);
    expect(urls.map((url) => url.pathname)).toEqual(["/api/orders", "/api/orders", "/api/orders/ids"]);
    expect(Object.fromEntries(urls[0]?.searchParams ?? [])).toEqual({
      updatedAfter: "2026-11-22T11:59:59.999Z",
      limit: "7",
    });
    expect(urls[1]?.searchParams.getAll("ids")).toEqual(["a,b&c=1", "签"]);
    expect(Object.fromEntries(urls[2]?.searchParams ?? [])).toEqual({ placedFrom: noon, placedTo: at(3600) });
    const many = Array.from({ length: 200 }, (_, index) => `${"签".repeat(40)}${index}`);
    await account.orders?.fetch(many, call);
    expect(urls.slice(3).flatMap((url) => url.searchParams.getAll("ids"))).toEqual(many);
    for (const url of urls) expect(url.href.length).toBeLessThan(8000);
  });
});

const never = (): never => {
  throw new Error("the account pulls orders");
};
