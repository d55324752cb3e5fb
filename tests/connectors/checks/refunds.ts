import { expect } from "vitest";
import { type Failure, type Json, type PullPage, retryableKinds } from "../../../src/connectors/contract.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { finish, idsOf, openSession, placeOrders, present, type Session, successOf } from "../session.ts";
import type { PlacedOrder, Subject } from "../subject.ts";
import { answering, type IsQuestion } from "../wire.ts";
import { type Check, can, isNetworked } from "./check.ts";

const orders = can("orders");
const applies = (subject: Subject) =>
  orders(subject) && isNetworked(subject) && subject.bringsRefunds !== true;

/** Platforms are asked for refunds one by one. A question of that kind that fails is about one order alone. */
export const refundChecks: Check[] = [
  {
    id: "refund-refused",
    title: "a refund that is refused for good holds up no other order, and its own is not lost from sight",
    applies,
    run: refusedForGood,
  },
  {
    id: "refund-away",
    title: "while a refund cannot be had the page is not passed, and afterwards nothing is missing",
    applies,
    run: awayForAWhile,
  },
];

interface Given {
  session: Session;
  refunded: PlacedOrder;
  others: PlacedOrder[];
  /** Answers with this status whatever is asked about the refund; counts the questions. */
  fail(status: number): { questions: number };
}

async function given(subject: Subject): Promise<Given> {
  const session = await openSession(subject);
  const [first, refunded, ...rest] = await placeOrders(session, session.profile.limits.ordersPerPage + 1);
  if (first === undefined || refunded === undefined) throw new Error("too few orders were placed");
  const fake = present(session.platform.orders, "orders on its fake");
  const isAbout: IsQuestion = await present(
    fake.refund?.bind(fake),
    "refunds on its fake",
  )(refunded.externalId);
  // The others change later, so that it shares a page with some of them.
  for (const { externalId } of [first, ...rest]) {
    await session.runtime.advance(1000);
    await fake.touch(externalId);
  }
  await session.runtime.advance(session.tailMs);
  const fail = (status: number) => {
    const seen = { questions: 0 };
    session.wire.fault(async (request, pass) => {
      if (!(await isAbout(request.clone()))) return pass();
      seen.questions += 1;
      return answering(status)(request, pass);
    });
    return seen;
  };
  return { session, refunded, others: [first, ...rest], fail };
}

interface Read {
  orders: Map<string, OrderSnapshot>;
  rejected: PullPage["rejected"];
  warnings: string[];
  cursor: Json | null;
  /** What ended it before its time. */
  failure: Failure | null;
}

/** Two runs, or up to the first page that fails: refunds may have a feed of their own, whose turn is the second one. */
async function read(session: Session, start: Json | null = null): Promise<Read> {
  const found: Read = { orders: new Map(), rejected: [], warnings: [], cursor: start, failure: null };
  for (let runs = 0, pages = 0; runs < 2; pages += 1) {
    expect(pages, "pages read without coming to an end").toBeLessThan(200);
    const request = { cursor: found.cursor, since: session.since };
    const pulling = present(session.reopen().orders, "orders").pull(request, session.call());
    const page = await finish(session.runtime, pulling);
    if (!page.ok) return { ...found, failure: page };
    const { orders, rejected, warnings = [], cursor, more } = page.value;
    for (const order of orders) found.orders.set(order.externalId, order);
    found.rejected.push(...rejected);
    found.warnings.push(...warnings);
    found.cursor = cursor;
    if (!more) runs += 1;
  }
  return found;
}

async function refusedForGood(subject: Subject): Promise<void> {
  const { session, refunded, others, fail } = await given(subject);
  const id = refunded.externalId;
  const seen = fail(400);
  const { orders, rejected, warnings, failure } = await read(session);
  expect(failure, "what ended the run").toBeNull();
  expect(seen.questions, "questions about the refund").toBeGreaterThan(0);
  expect(idsOf(orders.values()), "orders that came").toEqual(expect.arrayContaining(idsOf(others)));
  expect(orders.get(id)?.refunds ?? [], "refunds of the order whose refund was refused").toEqual([]);
  expect(
    idsOf(rejected).filter((one) => one !== id),
    "others told to be bad",
  ).toEqual([]);
  for (const { reason } of rejected) expect(reason.length, "words of the reason").toBeGreaterThan(3);
  if (rejected.length === 0) {
    expect(idsOf(orders.values()), "orders that came or were told").toContain(id);
    expect(warnings.join(" "), "a word on what is missing").toContain(id);
  }
  const some = [refunded, ...others.slice(0, session.profile.limits.ordersPerPage - 1)];
  const ids = some.map(({ externalId }) => externalId);
  const fetched = successOf(await present(session.account.orders, "orders").fetch(ids, session.call()));
  expect(idsOf(fetched.orders), "orders fetched").toEqual(expect.arrayContaining(idsOf(some.slice(1))));
  session.wire.fault(null);
  const whole = await read(session);
  expect(whole.orders.get(id)?.refunds?.length, "refunds once they are given").toBe(1);
}

async function awayForAWhile(subject: Subject): Promise<void> {
  const { session, refunded, others, fail } = await given(subject);
  const seen = fail(503);
  const before = await read(session);
  expect(seen.questions, "questions about the refund").toBeGreaterThan(0);
  expect([...retryableKinds], "how the page ended").toContain(before.failure?.kind);
  expect(before.rejected, "orders given up").toEqual([]);
  session.wire.fault(null);
  const after = await read(session, before.cursor);
  expect(after.failure, "what ended the run").toBeNull();
  const came = new Map([...before.orders, ...after.orders]);
  expect(idsOf(came.values()), "orders that came").toEqual(idsOf([refunded, ...others]));
  expect(came.get(refunded.externalId)?.refunds?.length, "refunds that came").toBe(1);
}
