import { expect } from "vitest";
import type { FulfilmentPush } from "../../../src/connectors/contract.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { linesOf } from "../operations.ts";
import {
  failureOf,
  finish,
  openSession,
  placeOrders,
  present,
  pullAll,
  type Session,
  successOf,
} from "../session.ts";
import type { Subject } from "../subject.ts";
import { type Check, can, isNetworked } from "./check.ts";

const applies = (subject: Subject) => can("fulfilments")(subject) && can("orders")(subject);

export const fulfilmentChecks: Check[] = [
  {
    id: "fulfilment-once",
    title: "the same shipment twice is one parcel, with its tracking number",
    applies,
    run: repeatsAreOneParcel,
  },
  {
    id: "fulfilment-doubt",
    title: "a repeat after a lost answer is one parcel",
    applies: (subject) => applies(subject) && isNetworked(subject),
    run: doubtIsResolvedByRepeating,
  },
  {
    id: "fulfilment-unknown",
    title: "an order the platform does not know is refused",
    applies,
    run: unknownOrderIsRefused,
  },
  {
    id: "fulfilment-echo",
    title: "the pulled order shows the parcel under our shipment id, or under the id that push answered",
    applies,
    run: parcelComesBack,
  },
];

async function parcelFor(session: Session): Promise<FulfilmentPush> {
  const [placed] = await placeOrders(session, 1);
  if (placed === undefined) throw new Error("no order was placed");
  return {
    shipmentId: session.runtime.ids.next(),
    orderExternalId: placed.externalId,
    shippedAt: instantOf(session.runtime.clock.nowMs()),
    lines: await linesOf(session, placed),
    carrier: "SF Express",
    trackingNumber: "SF1042",
  };
}

const push = (session: Session, parcel: FulfilmentPush) =>
  finish(session.runtime, present(session.account.fulfilments, "fulfilments").push(parcel, session.call()));

const numberFor = ({ numbersParcels }: Subject): unknown =>
  numbersParcels ? expect.stringMatching(/./) : "SF1042";

const parcelsOf = (session: Session, parcel: FulfilmentPush) =>
  present(session.platform.fulfilments, "fulfilments on its fake").parcels(parcel.orderExternalId);

async function repeatsAreOneParcel(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const parcel = await parcelFor(session);
  const first = successOf(await push(session, parcel));
  expect(first.externalId).not.toBe("");
  expect(successOf(await push(session, parcel)), "pushed again").toEqual(first);
  expect(
    successOf(await push({ ...session, account: session.reopen() }, parcel)),
    "pushed after a restart",
  ).toEqual(first);
  expect(await parcelsOf(session, parcel)).toEqual([
    expect.objectContaining({ quantity: 1, trackingNumber: numberFor(subject) }),
  ]);
}

async function doubtIsResolvedByRepeating(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const parcel = await parcelFor(session);
  session.wire.fault(session.wire.silenceAfterDoing);
  expect(failureOf(await push(session, parcel)).kind).toBe("unknown");
  session.wire.fault(null);
  successOf(await push(session, parcel));
  expect(await parcelsOf(session, parcel)).toEqual([
    expect.objectContaining({ quantity: 1, trackingNumber: numberFor(subject) }),
  ]);
}

async function unknownOrderIsRefused(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const parcel = { ...(await parcelFor(session)), orderExternalId: "no-such-order" };
  expect(["not_found", "invalid"]).toContain(failureOf(await push(session, parcel)).kind);
}

async function parcelComesBack(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const parcel = await parcelFor(session);
  const { externalId } = successOf(await push(session, parcel));
  await session.runtime.advance(1000);
  const order = (await pullAll(session)).orders.get(parcel.orderExternalId);
  // Platforms that keep no id of ours give the parcel an id of their own, and its number tells whose it is before we know that.
  const named = order?.shipments?.map(({ reference, externalId, trackingNumber }) =>
    reference === undefined ? { externalId, trackingNumber } : { reference },
  );
  const trackingNumber = subject.hidesParcelNumbers ? undefined : numberFor(subject);
  const known =
    order?.shipments?.[0]?.reference === undefined
      ? { externalId, trackingNumber }
      : { reference: parcel.shipmentId };
  expect(named, "so that the hub knows its own parcel again").toEqual([known]);
}
