import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderStatus } from "../../../src/core/model/order.ts";
import { allowedSkewMs, judge } from "../../../src/core/orders/freshness.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

/** Judges snapshots [digest, time told, status?] as they arrive at the times given; answers the verdicts. */
function arrive(...arrivals: [now: string, digest: string, told: string, status?: OrderStatus][]): {
  verdicts: string[];
  held: string;
  updatedAt: string;
} {
  let held: { updatedAt: string; toldStatus: OrderStatus; digest: string } | undefined;
  const verdicts = arrivals.map(([now, digest, told, status = "paid"]) => {
    const { verdict, ...kept } = judge({ digest, updatedAt: told, status }, held, now);
    if (verdict === "newer") held = { ...kept, toldStatus: status };
    return verdict;
  });
  return { verdicts, held: held?.digest.split(" ")[0] ?? "", updatedAt: held?.updatedAt ?? "" };
}

const years = "2031-01-01T00:00:00.000Z";

describe("judge", () => {
  it.each<[string, Parameters<typeof arrive>, string[], string, string]>([
    [
      "times within the allowed skew count as told",
      [
        [at("08:00"), "a", at("08:05")],
        [at("08:01"), "b", at("08:04")],
        [at("08:01"), "a", at("08:05")],
      ],
      ["newer", "stale", "duplicate"],
      "a",
      at("08:05"),
    ],
    [
      "a time far ahead counts as the time of arrival",
      [
        [at("08:00"), "a", years],
        [at("08:02"), "b", at("07:59")],
        [at("08:02"), "c", at("08:01")],
      ],
      ["newer", "stale", "newer"],
      "c",
      at("08:01"),
    ],
    [
      "its repeat does not return, however late",
      [
        [at("08:00"), "a", at("08:20")],
        [at("08:00"), "a", at("08:20")],
        [at("08:02"), "b", at("08:01")],
        [at("08:03"), "a", at("08:20")],
        [at("09:00"), "a", at("08:20")],
        [at("09:00"), "c", at("08:30")],
        [at("09:01"), "a", at("08:20")],
      ],
      ["newer", "duplicate", "newer", "stale", "stale", "newer", "stale"],
      "c",
      at("08:30"),
    ],
    [
      "where all times are ahead they count among themselves, in any order of arrival",
      [
        [at("08:00"), "b", at("16:01")],
        [at("08:02"), "a", at("16:00")],
        [at("08:03"), "c", at("16:02"), "shipped"],
        [at("08:04"), "d", at("16:02"), "paid"],
        [at("08:05"), "b", at("16:01")],
      ],
      ["newer", "stale", "newer", "stale", "stale"],
      "c",
      at("08:03"),
    ],
    [
      "after an honest one only what is ahead of all before is new",
      [
        [at("08:00"), "a", at("16:00")],
        [at("08:02"), "b", at("08:02")],
        [at("08:03"), "c", at("15:00")],
        [at("08:04"), "d", at("16:01")],
      ],
      ["newer", "newer", "stale", "newer"],
      "d",
      at("08:04"),
    ],
    [
      "the time kept never goes back",
      [
        [at("08:00"), "a", at("08:05")],
        [at("08:00"), "b", at("08:06")],
        [at("08:01"), "a", at("08:05")],
        [at("08:01"), "c", at("08:04")],
      ],
      ["newer", "newer", "stale", "stale"],
      "b",
      at("08:05"),
    ],
  ])("%s", (_, arrivals, verdicts, held, updatedAt) => {
    expect(arrive(...arrivals)).toEqual({ verdicts, held, updatedAt });
  });

  it("remembers a few digests, not all", () => {
    const arrivals = Array.from({ length: 20 }, (_, index): [string, string, string] => [
      at("08:00"),
      `digest-${index}`,
      at(`16:${10 + index}`),
    ]);
    let held: { updatedAt: string; toldStatus: OrderStatus; digest: string } | undefined;
    for (const [now, digest, updatedAt] of arrivals)
      held = { ...judge({ digest, updatedAt, status: "paid" }, held, now), toldStatus: "paid" };
    expect(held?.digest.split(" ")).toHaveLength(6);
    expect(allowedSkewMs).toBe(300_000);
  });
});

describe("an order whose platform's clock ran ahead", () => {
  let db: Database;
  let world: World;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    world = await openWorld(db);
    await world.sku("A", 10);
  });
  const told = (updatedAt: string, quantity: number, more: object = {}) =>
    world.order({ externalId: "1", updatedAt, lines: [line("1", "A", quantity)], ...more });

  it.each([[at("08:06")], [at("20:00")], ["2150-01-01T00:00:00.000Z"]])(
    "is kept (%s), follows honest updates after that, and never goes back",
    async (ahead) => {
      expect(await told(ahead, 2)).toMatchObject({ outcome: "created", status: "paid" });
      expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
      await world.runtime.set(at("08:02"));
      expect(await told(at("08:01"), 3)).toMatchObject({ outcome: "updated" });
      const before = await world.counts();
      for (const time of ["08:03", "08:30", "21:00"]) {
        await world.runtime.set(at(time));
        expect(await told(ahead, 2)).toMatchObject({ outcome: "stale" });
      }
      expect(await world.counts()).toEqual(before);
      expect(await world.levels("A")).toEqual({ MAIN: [10, 3, 0] });
      expect(await told(at("20:59"), 0, { status: "cancelled" })).toMatchObject({ status: "cancelled" });
      await world.expectClean();
    },
  );

  it("ships and is booked at the time of arrival", async () => {
    await told("2150-01-01T00:00:00.000Z", 1, { status: "shipped" });
    const [row] = await db.query("select shipped_at as at from shipments where merchant_id = $1", [
      world.merchant.id,
    ]);
    expect(row).toEqual({ at: at("08:00") });
    await world.expectClean();
  });
});
