import { expect } from "vitest";
import type { Json, PullPage } from "../../../src/connectors/contract.ts";
import { addMs, instantOf, msOf } from "../../../src/core/clock.ts";
import { type OrderSnapshot, orderSchema } from "../../../src/core/model/order.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import {
  failureOf,
  finish,
  idsOf,
  openSession,
  placeOrders,
  present,
  pullAll,
  successOf,
} from "../session.ts";
import type { Subject } from "../subject.ts";
import { answering } from "../wire.ts";
import { type Check, can, isNetworked } from "./check.ts";

const applies = can("orders");
const overWire = (subject: Subject) => applies(subject) && isNetworked(subject);

export const orderChecks: Check[] = [
  {
    id: "orders-all",
    title: "all orders come, with every unit and every cent",
    applies,
    run: everythingComes,
  },
  {
    id: "orders-replay",
    title: "the same cursor gives the same orders again",
    applies,
    run: replayIsTheSame,
  },
  {
    id: "orders-resume",
    title: "the cursor resumes: what changed later comes, and comes newer",
    applies,
    run: cursorResumes,
  },
  { id: "orders-since", title: "the first pull begins where it is told", applies, run: beginsWhereTold },
  {
    id: "orders-shift",
    title: "F064: no order is skipped when orders change between two pages",
    applies,
    run: shiftingPagesSkipNothing,
  },
  {
    id: "orders-failing-page",
    title: "F064: no order is skipped when any one page fails",
    applies: overWire,
    run: failingPageSkipsNothing,
  },
  {
    id: "orders-watermark",
    title: "the watermark comes at the end and never lies in the future",
    applies,
    run: watermarkIsTrue,
  },
  {
    id: "orders-zone",
    title: "F066: the zone of the process makes no difference",
    applies,
    run: processZoneMakesNoDifference,
  },
  {
    id: "orders-fetch",
    title: "orders come by id, whole, and unknown ids do no harm",
    applies,
    run: fetchByIds,
  },
  {
    id: "orders-list",
    title: "the list holds exactly the orders placed in the window",
    applies,
    run: listIsExact,
  },
];

async function everythingComes(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, session.profile.limits.ordersPerPage * 2 + 3);
  const { orders, pages } = await pullAll(session);
  expect(pages.length, "pages needed").toBeGreaterThan(1);
  expect(idsOf(orders.values())).toEqual(idsOf(placed));
  expect(pages.flatMap((page) => page.rejected)).toEqual([]);
  const pulled = [...orders.values()];
  expect(sumMinor(pulled.map((order) => order.totalMinor)), "sum of totals").toBe(
    sumMinor(placed.map((order) => order.totalMinor)),
  );
  expect(unitsOf(pulled), "sum of units").toBe(sumMinor(placed.map((order) => order.quantity)));
  for (const order of pulled) {
    expect(orderSchema.parse(order), "an order of the model").toEqual(order);
    expect(order.status).toBe("paid");
  }
}

const unitsOf = (orders: readonly OrderSnapshot[]): number =>
  sumMinor(orders.flatMap((order) => order.lines.map((line) => line.quantity)));

async function replayIsTheSame(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  await placeOrders(session, session.profile.limits.ordersPerPage + 2);
  const request = { cursor: null, since: session.since };
  const orders = present(session.account.orders, "orders");
  const first = successOf(await orders.pull(request, session.call()));
  const again = successOf(await orders.pull(request, session.call()));
  expect(again.orders, "the first page twice").toEqual(first.orders);
  const second = successOf(await orders.pull({ cursor: first.cursor, since: session.since }, session.call()));
  const secondAgain = successOf(
    await orders.pull({ cursor: first.cursor, since: session.since }, session.call()),
  );
  expect(secondAgain.orders, "the second page twice").toEqual(second.orders);
}

async function cursorResumes(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, session.profile.limits.ordersPerPage + 2);
  const before = await pullAll(session);
  await session.runtime.advance(3_600_000);
  const quiet = await pullAll(session, { cursor: before.cursor });
  expect(quiet.pages.length, "pages of a pull with nothing new").toBeLessThanOrEqual(before.pages.length);
  const [touched] = placed;
  if (touched === undefined) throw new Error("no order was placed");
  await present(session.platform.orders, "orders on its fake").touch(touched.externalId);
  const [added] = await placeOrders(session, 1);
  const after = await pullAll(session, { cursor: quiet.cursor });
  expect(idsOf(after.orders.values())).toEqual(expect.arrayContaining(idsOf([touched, added ?? touched])));
  const older = before.orders.get(touched.externalId)?.updatedAt ?? "";
  const newer = after.orders.get(touched.externalId)?.updatedAt ?? "";
  expect(newer > older, `${newer} is later than ${older}`).toBe(true);
  const end = await pullAll(session, { cursor: after.cursor });
  expect(end.orders.size, "orders read again at rest").toBeLessThan(placed.length);
}

async function beginsWhereTold(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const early = await placeOrders(session, 2);
  await session.runtime.advance(86_400_000);
  const since = instantOf(session.runtime.clock.nowMs());
  const late = await placeOrders(session, 2);
  const { orders, cursor } = await pullAll(session, { since });
  expect(idsOf(orders.values())).toEqual(idsOf(late));
  const again = await pullAll(session, { since, cursor });
  for (const order of early)
    expect(idsOf(again.orders.values()), "before the beginning").not.toContain(order.externalId);
}

async function shiftingPagesSkipNothing(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, session.profile.limits.ordersPerPage * 3 + 1);
  const fake = present(session.platform.orders, "orders on its fake");
  const { orders, cursor } = await pullAll(session, {
    // An order already given changes and moves to the end, so all others move up by one.
    between: async (_pagesRead, page) => {
      const [first] = page.orders;
      if (first) await fake.touch(first.externalId);
      await session.runtime.advance(1000);
    },
  });
  const rest = await pullAll(session, { cursor });
  expect(idsOf([...orders.values(), ...rest.orders.values()])).toEqual(idsOf(placed));
}

async function failingPageSkipsNothing(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, session.profile.limits.ordersPerPage * 2 + 1);
  const { pages } = await pullAll(session);
  for (let failing = 0; failing < pages.length; failing += 1) {
    const seen: OrderSnapshot[] = [];
    let cursor: Json | null = null;
    for (let turn = 0; turn < 200; turn += 1) {
      if (turn === failing) {
        session.wire.fault(answering(503));
        const request = { cursor, since: session.since };
        failureOf(
          await finish(
            session.runtime,
            present(session.account.orders, "orders").pull(request, session.call()),
          ),
        );
        session.wire.fault(null);
      }
      const page: PullPage = successOf(
        await present(session.reopen().orders, "orders").pull(
          { cursor, since: session.since },
          session.call(),
        ),
      );
      seen.push(...page.orders);
      cursor = page.cursor;
      if (!page.more) break;
    }
    expect(idsOf(seen), `with page ${failing + 1} failing once`).toEqual(idsOf(placed));
  }
}

async function watermarkIsTrue(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const { behaviour, limits } = session.profile;
  const startMs = session.runtime.clock.nowMs();
  await placeOrders(session, limits.ordersPerPage * 2 + 1);
  const pulledFromMs = session.runtime.clock.nowMs();
  const { pages } = await pullAll(session);
  for (const page of pages) {
    expect(page.watermark === undefined || !page.more, "a watermark before the last page").toBe(true);
    if (page.watermark === undefined) continue;
    expect(msOf(page.watermark)).toBeLessThanOrEqual(session.runtime.clock.nowMs() + behaviour.clockSkewMs);
  }
  const last = pages.at(-1)?.watermark;
  expect(last !== undefined, "a watermark at the end, as declared").toBe(behaviour.orderWatermark);
  if (last === undefined) return;
  // Old enough to be true, young enough to be of use: it has passed the first order.
  expect(msOf(last)).toBeGreaterThan(startMs);
  expect(msOf(last)).toBeLessThanOrEqual(pulledFromMs + behaviour.clockSkewMs);
}

async function processZoneMakesNoDifference(subject: Subject): Promise<void> {
  const zone = process.env.TZ;
  const pulled: OrderSnapshot[][] = [];
  try {
    for (const name of ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]) {
      process.env.TZ = name;
      const session = await openSession(subject);
      await placeOrders(session, 3);
      const { orders, cursor } = await pullAll(session);
      await placeOrders(session, 1);
      const later = await pullAll(session, { cursor });
      pulled.push([...orders.values(), ...later.orders.values()]);
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  const [utc, ...others] = pulled;
  expect(new Set(utc?.map((order) => order.externalId)).size).toBe(4);
  for (const other of others) expect(other).toEqual(utc);
}

async function fetchByIds(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, 4);
  const { orders } = await pullAll(session);
  const wanted = placed.slice(1, 3).map((order) => order.externalId);
  const fetched = successOf(
    await present(session.account.orders, "orders").fetch([...wanted, "no-such-order"], session.call()),
  );
  expect(idsOf(fetched.orders)).toEqual([...wanted].sort());
  for (const order of fetched.orders)
    expect(order, "the same order as pulled").toEqual(orders.get(order.externalId));
  expect(fetched.more).toBe(false);
}

async function listIsExact(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const placed = await placeOrders(session, 6);
  const { orders } = await pullAll(session);
  const times = placed.map((order) => orders.get(order.externalId)?.placedAt ?? "");
  const [from, to] = [times[1] ?? "", times[4] ?? ""];
  const source = present(session.account.orders, "orders");
  const within = successOf(await finish(session.runtime, source.list({ from, to }, session.call())));
  expect(within.externalIds.toSorted(), "from is in, to is out").toEqual(idsOf(placed.slice(1, 4)));
  const before = { from: addMs(from, -86_400_000), to: addMs(from, -3_600_000) };
  expect(
    successOf(await finish(session.runtime, source.list(before, session.call()))).externalIds,
    "an empty window",
  ).toEqual([]);
}
