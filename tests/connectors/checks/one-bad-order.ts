import { expect } from "vitest";
import { idsOf, openSession, placeOrders, present, pullAll, type Session, successOf } from "../session.ts";
import type { PlacedOrder, Subject } from "../subject.ts";
import { answering, type WireFault } from "../wire.ts";
import { type Check, can, isNetworked } from "./check.ts";

const orders = can("orders");
const applies = (subject: Subject) => orders(subject) && isNetworked(subject);

/** One bad order does not hold up others, and is not lost from sight. */
export const oneBadOrderChecks: Check[] = [
  {
    id: "orders-one-refused",
    title: "one order about which every question is refused does not hold up others",
    applies,
    run: oneRefused,
  },
  {
    id: "orders-one-unreadable",
    title: "one order that cannot be read does not hold up others, and is told by its id",
    applies,
    run: oneUnreadable,
  },
];

interface Placed {
  session: Session;
  bad: PlacedOrder;
  others: PlacedOrder[];
}

async function placed(subject: Subject): Promise<Placed> {
  const session = await openSession(subject);
  const all = await placeOrders(session, session.profile.limits.ordersPerPage * 2 + 1);
  const [first, bad, ...rest] = all;
  if (first === undefined || bad === undefined) throw new Error("too few orders were placed");
  return { session, bad, others: [first, ...rest] };
}

/** Which of two things a text names: this order, and any other one. Ids may be part of each other. */
const namesIn = (text: string, { bad, others }: Placed) => {
  const isIn = ({ externalId }: PlacedOrder) =>
    new RegExp(`(?<![0-9A-Za-z])${externalId.replaceAll(/[^\w]/g, "\\$&")}(?![0-9A-Za-z])`).test(text);
  return { bad: isIn(bad), other: others.some(isIn) };
};

async function oneRefused(subject: Subject): Promise<void> {
  const given = await placed(subject);
  const { session, bad, others } = given;
  const refusing: WireFault = async (request, pass) => {
    const asked = `${decodeURIComponent(request.url)} ${decodeURIComponent(await request.clone().text())}`;
    const named = namesIn(asked, given);
    return named.bad && !named.other ? answering(400)(request, pass) : pass();
  };
  session.wire.fault(refusing);
  const { orders, pages } = await pullAll(session);
  const rejected = pages.flatMap((page) => page.rejected);
  expect(idsOf(orders.values()), "orders that came").toEqual(expect.arrayContaining(idsOf(others)));
  expect(idsOf([...orders.values(), ...rejected]), "orders that came or were told").toContain(bad.externalId);
  expect(idsOf(rejected), "orders told to be bad").not.toEqual(expect.arrayContaining(idsOf(others)));
  const some = [bad, ...others.slice(0, session.profile.limits.ordersPerPage - 1)];
  const fetched = successOf(
    await present(session.account.orders, "orders").fetch(
      some.map(({ externalId }) => externalId),
      session.call(),
    ),
  );
  expect(idsOf(fetched.orders), "orders fetched").toEqual(expect.arrayContaining(idsOf(some.slice(1))));
}

async function oneUnreadable(subject: Subject): Promise<void> {
  const given = await placed(subject);
  const { session, bad, others } = given;
  let ruined = 0;
  session.wire.fault(async (_request, pass) => {
    const response = await pass();
    const text = await response.clone().text();
    if (!response.ok || !namesIn(text, given).bad) return response;
    const answer: unknown = JSON.parse(text, longAsText);
    for (const row of rowsOf(answer, given)) ruined += ruin(row, given);
    return Response.json(answer);
  });
  const { orders, pages } = await pullAll(session);
  expect(ruined, "parts of the order that were made unreadable").toBeGreaterThan(0);
  expect(idsOf(orders.values()), "orders that came").toEqual(idsOf(others));
  const rejected = pages.flatMap((page) => page.rejected);
  expect(idsOf(rejected), "orders told to be bad").toEqual([bad.externalId]);
  for (const { reason } of rejected) expect(reason.length, "words of the reason").toBeGreaterThan(3);
}

type Row = Record<string, unknown>;

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const canBeRuined = (part: unknown): boolean =>
  Array.isArray(part) ? part.some(isRow) : isRow(part) && Object.keys(part).length > 0;

const isPlain = (value: unknown): boolean => isRow(value) && !Object.values(value).some(canBeRuined);

const longAsText = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? context?.source
    : value;

/** The objects that stand for the order: rows of a list, or what holds its id. */
function rowsOf(value: unknown, given: Placed): Row[] {
  const named = (part: unknown) => namesIn(JSON.stringify(part) ?? "", given);
  if (Array.isArray(value))
    return value.flatMap((element) => {
      if (!named(element).bad) return [];
      return isRow(element) && !named(element).other ? [element] : rowsOf(element, given);
    });
  if (!isRow(value)) return [];
  const parts = Object.values(value).filter((part) => named(part).bad);
  // A plain head that holds the id belongs to the object around it.
  const holdsId = parts.some((part) => typeof part !== "object" || isPlain(part));
  return holdsId && !named(value).other ? [value] : parts.flatMap((part) => rowsOf(part, given));
}

/** Puts text where the row has lists and objects; answers how many. */
function ruin(row: Row, given: Placed): number {
  let ruined = 0;
  for (const [key, part] of Object.entries(row)) {
    if (isRow(part) && namesIn(JSON.stringify(part), given).bad) ruined += ruin(part, given);
    else if (canBeRuined(part)) {
      row[key] = "spoilt";
      ruined += 1;
    }
  }
  return ruined;
}
