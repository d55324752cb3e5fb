import { describe, expect, it } from "vitest";
import type { Json, PullPage, Result } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { orderStatuses } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { idsOf, longAgo, openSession, placeOrders, pullAll, successOf } from "../session.ts";
import type { Subject } from "../subject.ts";
import { must, startSandbox, subject } from "./subject.ts";
import { at, noon } from "./times.ts";

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
