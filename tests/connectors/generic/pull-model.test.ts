import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterPage, openRun, type PullState } from "../../../src/connectors/generic/pull.ts";
import { addMs, type Instant } from "../../../src/core/clock.ts";

/** A shop that counts its pages, with orders that change between any two of them. */

const noon: Instant = "2026-11-22T12:00:00.000Z";
const policy = { overlapMs: 0, clockSkewMs: 0 };

interface Order {
  externalId: string;
  updatedAt: Instant;
  version: number;
}

/** What happens before a page is asked for: time goes on, then the orders at these places of the list change. */
type Moves = readonly { afterMs: number; places: readonly number[] }[];

class CountingShop {
  private readonly orders: Order[];
  private readonly pageSize: number;
  private readonly isIncluded: boolean;
  now: Instant;

  constructor(moments: readonly number[], pageSize: number, isIncluded: boolean) {
    this.pageSize = pageSize;
    this.isIncluded = isIncluded;
    this.orders = moments.flatMap((count, moment) =>
      Array.from({ length: count }, (_, index) => ({
        externalId: `A-${moment}-${index}`,
        updatedAt: addMs(noon, moment * 5),
        version: 1,
      })),
    );
    this.now = addMs(noon, moments.length * 5 + 10);
  }

  pass({ afterMs, places }: Moves[number]): void {
    this.now = addMs(this.now, afterMs);
    for (const place of places) {
      const [order] = this.orders.splice(place % this.orders.length, 1);
      if (order) this.orders.push({ ...order, updatedAt: this.now, version: order.version + 1 });
    }
  }

  page(after: Instant, cursor: string | null): { rows: Order[]; nextCursor: string | null } {
    const found = this.orders.filter(({ updatedAt }) =>
      this.isIncluded ? updatedAt >= after : updatedAt > after,
    );
    const from = Number(cursor ?? 0);
    const isLast = from + this.pageSize >= found.length;
    return {
      rows: found.slice(from, from + this.pageSize),
      nextCursor: isLast ? null : String(from + this.pageSize),
    };
  }

  versions = (): Map<string, number> =>
    new Map(this.orders.map(({ externalId, version }) => [externalId, version]));
}

/** One run to its end. Answers whether it vouched for everything that had changed when it began. */
function pull(
  shop: CountingShop,
  begun: PullState | null,
  moves: Iterator<Moves[number]>,
  given: Map<string, number>,
): { state: PullState; vouched: ReadonlyMap<string, number> | null } {
  let state = begun;
  const first = shop.versions();
  for (let pages = 0; pages < 2_000; pages += 1) {
    const opened = openRun(state, noon, shop.now, policy).state;
    const watermark = shop.now;
    const { rows, nextCursor } = shop.page(opened.run.after, opened.run.page);
    for (const { externalId, version } of rows)
      given.set(externalId, Math.max(version, given.get(externalId) ?? 0));
    const step = afterPage(opened, { rows, nextCursor, watermark, askedAt: shop.now }, policy);
    state = step.state;
    if (!step.more) return { state, vouched: step.watermark === undefined ? null : first };
    const next = moves.next();
    if (!next.done) shop.pass(next.value);
  }
  throw new Error("The run does not come to an end.");
}

const behind = (given: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>) =>
  [...wanted].filter(([id, version]) => (given.get(id) ?? 0) < version).map(([id]) => id);

const shops = fc.record({
  moments: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
  pageSize: fc.integer({ min: 1, max: 5 }),
  isIncluded: fc.boolean(),
});

const moves = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 1, max: 3 }),
    places: fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
  }),
  { maxLength: 80 },
);

const each = (...places: number[][]) => places.map((list) => ({ afterMs: 1, places: list }));

/** Where an order was vouched for and not read: by a reading that went on too far, ended too soon, or took the shop for unsorted. */
const onceLost: [{ moments: number[]; pageSize: number; isIncluded: boolean }, ReturnType<typeof each>][] = [
  [{ moments: [1, 1], pageSize: 1, isIncluded: false }, each([], [11], [30])],
  [{ moments: [2], pageSize: 1, isIncluded: false }, each([0], [], [], [33], [0])],
  [
    { moments: [1, 8, 6, 3], pageSize: 4, isIncluded: false },
    each([], [], [9], [], [], [1, 1], [], [], [43]),
  ],
  [{ moments: [3, 4, 3], pageSize: 3, isIncluded: false }, each([], [], [0, 0], [], [], [31])],
];

describe("a shop that counts its pages while its orders change", () => {
  it("has every order read that it vouches for, and every change is read in the end", () => {
    fc.assert(
      fc.property(shops, moves, ({ moments, pageSize, isIncluded }, changes) => {
        const shop = new CountingShop(moments, pageSize, isIncluded);
        const given = new Map<string, number>();
        const still = changes[Symbol.iterator]();
        let state: PullState | null = null;
        for (let run = 0; run < 3; run += 1) {
          const pulled = pull(shop, state, still, given);
          state = pulled.state;
          if (pulled.vouched) expect(behind(given, pulled.vouched), `vouched for by run ${run}`).toEqual([]);
        }
        pull(shop, pull(shop, state, [][Symbol.iterator](), given).state, [][Symbol.iterator](), given);
        expect(behind(given, shop.versions()), "never read").toEqual([]);
      }),
      { numRuns: 5_000, examples: onceLost },
    );
  });
});
