import { expect } from "vitest";
import type { ListingRef, StockWriteKind } from "../../../src/connectors/contract.ts";
import { stockWrite } from "../operations.ts";
import { failureOf, finish, openSession, present, type Session, successOf } from "../session.ts";
import type { Subject } from "../subject.ts";
import { type Check, can, isNetworked, writesStock } from "./check.ts";

export const stockChecks: Check[] = [
  {
    id: "stock-kinds",
    title: "each declared kind of write has its effect",
    applies: writesStock,
    run: kindsHaveTheirEffect,
  },
  {
    id: "stock-order",
    title: "one outcome per write, in order, a bad one among good ones",
    applies: writesStock,
    run: outcomesAreInOrder,
  },
  {
    id: "stock-undeclared",
    title: "a kind that is not declared is unsupported and moves nothing",
    applies: writesStock,
    run: undeclaredMovesNothing,
  },
  {
    id: "stock-guards",
    title: "a compare-and-set that does not fit, and a delta below zero, move nothing",
    applies: hasGuards,
    run: guardsHold,
  },
  {
    id: "stock-read",
    title: "figures are read in order, with an unknown listing among them",
    applies: can("stockRead"),
    run: figuresAreRead,
  },
  {
    id: "stock-doubt",
    title: "after a lost answer the figure read back is the platform's",
    applies: (subject) => writesStock(subject) && can("stockRead")(subject) && isNetworked(subject),
    run: doubtIsResolvedByReading,
  },
  {
    id: "stock-empty",
    title: "nothing to write makes no call",
    applies: writesStock,
    run: nothingMakesNoCall,
  },
];

function hasGuards(subject: Subject): boolean {
  const { stockWrites } = subject.connector.manifest.capabilities;
  return stockWrites.includes("delta") || stockWrites.includes("compareAndSet");
}

const nowhere: ListingRef = { externalId: "no-such-listing" };

const stockOf = (session: Session) => present(session.account.stock, "stock");

const figureOf = (session: Session, listing: ListingRef) =>
  present(session.platform.stock, "stock on its fake").figure(listing);

function listingAt({ platform }: Session, index: number) {
  const listing = platform.listings[index];
  if (listing === undefined) throw new Error("a fake platform needs three listings");
  return listing;
}

async function kindsHaveTheirEffect(subject: Subject): Promise<void> {
  for (const mode of subject.connector.manifest.capabilities.stockWrites) {
    const session = await openSession(subject);
    const listing = listingAt(session, 0);
    const others = await Promise.all([1, 2].map((index) => figureOf(session, listingAt(session, index))));
    for (const target of [listing.quantity + 7, listing.quantity - 4, 0]) {
      const write = stockWrite(session, mode, listing, target, await figureOf(session, listing));
      const [outcome, ...more] = await finish(
        session.runtime,
        stockOf(session).push([write], session.call()),
      );
      expect(more).toEqual([]);
      expect(outcome?.ok, `${mode} to ${target}`).toBe(true);
      expect(await figureOf(session, listing), `figure after ${mode} to ${target}`).toBe(target);
      if (outcome?.ok && outcome.quantity !== undefined)
        expect(outcome.quantity, "the figure answered").toBe(target);
    }
    expect(
      await Promise.all([1, 2].map((index) => figureOf(session, listingAt(session, index)))),
      "other listings",
    ).toEqual(others);
  }
}

async function outcomesAreInOrder(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const mode = firstKind(session);
  const targets = [3, 5, 8];
  const good = await Promise.all(
    targets.map(async (target, index) => {
      const listing = listingAt(session, index);
      return stockWrite(session, mode, listing, target, await figureOf(session, listing));
    }),
  );
  const bad = stockWrite(session, mode, nowhere, 4, 0);
  const [first, second, third] = good;
  if (!first || !second || !third) throw new Error("three writes");
  const outcomes = await finish(
    session.runtime,
    stockOf(session).push([first, bad, second, third], session.call()),
  );
  expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.kind))).toEqual([
    "ok",
    "not_found",
    "ok",
    "ok",
  ]);
  expect(await Promise.all([0, 1, 2].map((index) => figureOf(session, listingAt(session, index))))).toEqual(
    targets,
  );
}

function firstKind({ profile }: Session): StockWriteKind {
  const [mode] = profile.stockWrites;
  if (mode === undefined) throw new Error("no kind of stock write is declared");
  return mode;
}

async function undeclaredMovesNothing(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const kinds: StockWriteKind[] = ["set", "delta", "compareAndSet"];
  const listing = listingAt(session, 0);
  const before = await figureOf(session, listing);
  // As data from an older release could be: a kind nobody knows counts as undeclared too.
  const unknownKind = { ...stockWrite(session, "set", listing, 1, before), mode: "overwrite" } as never;
  const undeclared = kinds
    .filter((kind) => !session.profile.stockWrites.includes(kind))
    .map((kind) => stockWrite(session, kind, listing, 1, before));
  const outcomes = await finish(
    session.runtime,
    stockOf(session).push([...undeclared, unknownKind], session.call()),
  );
  expect(outcomes.map((outcome) => failureOf(outcome).kind)).toEqual([
    ...undeclared.map(() => "unsupported"),
    "unsupported",
  ]);
  expect(await figureOf(session, listing)).toBe(before);
}

async function guardsHold(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const listing = listingAt(session, 0);
  const before = await figureOf(session, listing);
  const { stockWrites } = session.profile;
  const writes = [
    ...(stockWrites.includes("compareAndSet")
      ? [stockWrite(session, "compareAndSet", listing, 2, before + 1)]
      : []),
    ...(stockWrites.includes("delta") ? [stockWrite(session, "delta", listing, -1, before)] : []),
  ];
  for (const write of writes) {
    const [outcome] = await finish(session.runtime, stockOf(session).push([write], session.call()));
    expect(outcome && failureOf(outcome).kind, `${write.mode} that does not fit`).toBe("conflict");
    expect(await figureOf(session, listing), `figure after a refused ${write.mode}`).toBe(before);
  }
}

async function figuresAreRead(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const read = present(stockOf(session).read, "stock.read");
  const [a, b, c] = [listingAt(session, 0), listingAt(session, 1), listingAt(session, 2)];
  const results = await finish(session.runtime, read([c, nowhere, a, b, a], session.call()));
  const figures = await Promise.all([c, a, b, a].map((listing) => figureOf(session, listing)));
  expect(results.map((result) => (result.ok ? result.value.quantity : result.kind))).toEqual([
    figures[0],
    "not_found",
    ...figures.slice(1),
  ]);
}

async function doubtIsResolvedByReading(subject: Subject): Promise<void> {
  for (const mode of subject.connector.manifest.capabilities.stockWrites) {
    const session = await openSession(subject);
    const listing = listingAt(session, 0);
    const before = await figureOf(session, listing);
    const write = stockWrite(session, mode, listing, before + 5, before);
    session.wire.fault(session.wire.silenceAfterDoing);
    const [outcome] = await finish(session.runtime, stockOf(session).push([write], session.call()));
    expect(outcome && failureOf(outcome).kind).toBe("unknown");
    session.wire.fault(null);
    const read = present(stockOf(session).read, "stock.read");
    const [result] = await finish(session.runtime, read([listing], session.call()));
    expect(result && successOf(result).quantity, `figure read back after ${mode}`).toBe(before + 5);
    expect(await figureOf(session, listing)).toBe(before + 5);
  }
}

async function nothingMakesNoCall(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  expect(await stockOf(session).push([], session.call())).toEqual([]);
  expect(session.wire.calls()).toBe(0);
}
