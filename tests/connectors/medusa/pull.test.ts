import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { afterPage, maxOwed, openRun, type PullState } from "../../../src/connectors/medusa/pull.ts";
import { endOf, longAgo, openMedusa, ordersOf, pullRun } from "./session.ts";

const hourMs = 3_600_000;
const mug = { variantId: "variant_1", quantity: 2 };

describe("pull of orders", () => {
  it("finds a payment taken long after the order last changed", async () => {
    const session = openMedusa();
    const order = session.fake.shop.place([mug]);
    const placed = await pullRun(session);
    expect(ordersOf(placed).get(order.id)?.status).toBe("pending_payment");
    await session.runtime.advance(hourMs);
    const quiet = await pullRun(session, endOf(placed));
    await session.runtime.advance(23 * hourMs);
    session.fake.shop.capture(order.id);
    expect(session.fake.shop.order(order.id).updatedAt).toBe("2026-11-22T08:00:00.000Z");
    const paid = ordersOf(await pullRun(session, endOf(quiet))).get(order.id);
    expect(paid).toMatchObject({
      status: "paid",
      updatedAt: "2026-11-23T08:00:00.000Z",
      paidAt: "2026-11-23T08:00:00.000Z",
    });
  });

  it("finds a refund of money that was owed, which moves no time stamp at all", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const order = shop.place([mug]);
    shop.capture(order.id);
    const parcel = shop.pack(
      order.id,
      order.items.map((item) => ({ lineId: item.id, quantity: 2 })),
    );
    shop.ship(order.id, parcel.id);
    const asked = shop.requestReturn(order.id, "MUG-BLU-350", 1);
    shop.receiveReturn(order.id, asked, 1);
    const before = await pullRun(session);
    expect(ordersOf(before).get(order.id)?.status).toBe("refunding");

    await session.runtime.advance(hourMs);
    const quiet = await pullRun(session, endOf(before));
    expect([...ordersOf(quiet).keys()], "read again while money is owed").toEqual([order.id]);
    expect(ordersOf(quiet).get(order.id)).toEqual(ordersOf(before).get(order.id));

    await session.runtime.advance(hourMs);
    const { updatedAt, payment } = shop.order(order.id);
    shop.refund(order.id, 25);
    expect([shop.order(order.id).updatedAt, shop.order(order.id).payment.updatedAt]).toEqual([
      updatedAt,
      payment.updatedAt,
    ]);
    const after = await pullRun(session, endOf(quiet));
    expect(ordersOf(after).get(order.id)).toMatchObject({
      status: "shipped",
      updatedAt: "2026-11-22T10:00:00.000Z",
    });
    expect(
      ordersOf(after)
        .get(order.id)
        ?.refunds?.map((refund) => refund.amountMinor),
    ).toEqual([2500, 0]);

    await session.runtime.advance(hourMs);
    expect(ordersOf(await pullRun(session, endOf(after))).size, "even again, so not asked for any more").toBe(
      0,
    );
  });

  it("asks no more for an order that owed money and is gone", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const order = shop.place([mug]);
    shop.capture(order.id);
    shop.editQuantity(order.id, "MUG-BLU-350", 1);
    const before = await pullRun(session);
    expect(endOf(before)).toMatchObject({ owed: [order.id] });
    shop.orders.delete(order.id);
    await session.runtime.advance(hourMs);
    expect(endOf(await pullRun(session, endOf(before)))).toMatchObject({ owed: [] });
  });

  it("lists what a refund gave beyond a debt, and not what paid the debt of an edit", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const order = shop.place([mug]);
    shop.capture(order.id);
    shop.editQuantity(order.id, "MUG-BLU-350", 1);
    shop.refund(order.id, 30);
    const pulled = ordersOf(await pullRun(session)).get(order.id);
    expect(pulled).toMatchObject({ status: "paid", totalMinor: 2990 });
    expect(pulled?.discountMinor).toBeUndefined();
    expect(pulled?.refunds?.map((refund) => refund.amountMinor)).toEqual([500]);
  });

  it("vouches for the time until five seconds before it began", async () => {
    const session = openMedusa();
    const pages = await pullRun(session);
    expect(pages.map((page) => page.watermark)).toEqual([undefined, "2026-11-22T07:59:55.000Z"]);
  });

  it("reads an order once that changed together with its payment", async () => {
    const session = openMedusa();
    for (let count = 0; count < 3; count += 1) session.fake.shop.capture(session.fake.shop.place([mug]).id);
    await pullRun(session);
    const byId = session.fake.requests.filter((request) => request.query.has("id[]"));
    expect(byId).toEqual([]);
  });

  it("gets through more orders of one millisecond than fit on a page", async () => {
    const session = openMedusa();
    const ids = Array.from({ length: 11 }, () => session.fake.shop.place([{ ...mug, quantity: 1 }]).id);
    const pages = await pullRun(session);
    expect([...ordersOf(pages).keys()].sort()).toEqual(ids.sort());
  });

  it("skips nothing when an order leaves the window while its page is turned", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const ids: string[] = [];
    for (let count = 0; count < 9; count += 1) {
      ids.push(shop.place([{ ...mug, quantity: 1 }]).id);
      await session.runtime.advance(1000);
    }
    const seen = new Set<string>();
    let cursor: Json | null = null;
    for (let more = true; more; ) {
      const page = await session.account.orders!.pull({ cursor, since: longAgo }, session.call());
      if (!page.ok) throw new Error(page.message);
      for (const order of page.value.orders) seen.add(order.externalId);
      // Both orders already given move behind the window's end; counting by offset would now pass over two others.
      if (page.value.orders.length > 0) {
        await session.runtime.advance(5000);
        for (const order of page.value.orders.slice(0, 2)) shop.touch(order.externalId);
      }
      cursor = page.value.cursor;
      more = page.value.more;
    }
    expect([...seen].sort()).toEqual(ids.sort());
  });

  it("asks only for the sales channel of the settings", async () => {
    const session = openMedusa({ salesChannelId: "sc_web" });
    const { shop } = session.fake;
    const web = shop.place([mug]);
    const till = shop.place([mug], { salesChannelId: "sc_till" });
    await session.runtime.advance(hourMs);
    const first = await pullRun(session);
    expect([...ordersOf(first).keys()]).toEqual([web.id]);
    await session.runtime.advance(hourMs);
    shop.capture(till.id);
    expect(ordersOf(await pullRun(session, endOf(first))).size).toBe(0);
    const fetched = await session.account.orders!.fetch([web.id, till.id], session.call());
    expect(fetched.ok && fetched.value.orders.map((order) => order.externalId)).toEqual([web.id]);
  });

  it("sets a cursor from the future back, with a warning", async () => {
    const session = openMedusa();
    const order = session.fake.shop.place([mug]);
    const cursor = { version: 1, floor: longAgo, resumeAt: "2027-06-01T00:00:00.000Z", owed: [], run: null };
    const pages = await pullRun(session, cursor);
    expect([...ordersOf(pages).keys()]).toEqual([order.id]);
    expect(pages[0]?.warnings).toEqual([expect.stringContaining("in the future (2027-06-01T00:00:00.000Z)")]);
  });

  it("keeps an order apart that cannot be read, and goes on", async () => {
    const session = openMedusa();
    const { shop } = session.fake;
    const [broken, sound] = [shop.place([mug]), shop.place([mug])];
    shop.order(broken.id).items = [];
    const pages = await pullRun(session);
    expect([...ordersOf(pages).keys()]).toEqual([sound.id]);
    expect(pages.flatMap((page) => page.rejected)).toEqual([
      {
        externalId: broken.id,
        reason: "lines: needs at least one line",
        raw: expect.objectContaining({ id: broken.id }),
      },
    ]);
  });
});

describe("cursor", () => {
  const state: PullState = {
    version: 1,
    floor: longAgo,
    resumeAt: "2026-11-22T08:00:00.000Z",
    owed: [],
    run: null,
  };

  it("reads 32 seconds again and never what lies before the beginning", () => {
    const { run } = openRun(state, longAgo, "2026-11-22T09:00:00.000Z").state;
    expect([run.from, run.to]).toEqual(["2026-11-22T07:59:28.000Z", "2026-11-22T09:00:02.000Z"]);
    const young = openRun(
      { ...state, floor: "2026-11-22T07:59:50.000Z" },
      longAgo,
      "2026-11-22T09:00:00.000Z",
    );
    expect(young.state.run.from).toBe("2026-11-22T07:59:50.000Z");
  });

  it("refuses a feed that is not in order of time", () => {
    const { state: open } = openRun(state, longAgo, "2026-11-22T09:00:00.000Z");
    const times = ["2026-11-22T08:30:00.000Z", "2026-11-22T08:20:00.000Z"];
    expect(afterPage(open, { times, limit: 10, owing: [], even: [] })).toBeNull();
  });

  it("remembers a bounded number of debts, the newest, and says so", () => {
    const { state: open } = openRun(state, longAgo, "2026-11-22T09:00:00.000Z");
    const owing = Array.from({ length: maxOwed + 3 }, (_, index) => `order_${index}`);
    const step = afterPage(open, { times: [], limit: 10, owing, even: [] });
    expect(step?.state.owed.length).toBe(maxOwed);
    expect(step?.state.owed[0]).toBe("order_3");
    expect(step?.problem).toContain("more than 500 orders");
  });
});
