import { describe, expect, it } from "vitest";
import { Model, type Played } from "./model.ts";
import type { Shortcuts } from "./model-wire.ts";

/** Some thousands more: ESCROW_SCHEDULES=20000. */
const schedules = Number(process.env.ESCROW_SCHEDULES ?? 300);

const playAll = (count: number, shortcuts: Shortcuts = {}): Played[] =>
  Array.from({ length: count }, (_, seed) => new Model(seed + 1, shortcuts).play());

describe("the rules against platforms that sell without asking", () => {
  it("sells no unit twice, and all of them in the end", () => {
    const fates: Record<string, number> = {};
    const units = { unsold: 0, stock: 0 };
    for (let seed = 1; seed <= schedules; seed += 1) {
      const played = new Model(seed).play();
      for (const [fate, times] of Object.entries(played.fates)) fates[fate] = (fates[fate] ?? 0) + times;
      const { worst, short, sold, stock, left, hidden } = played;
      expect({ seed, worst, short, oversold: Math.max(0, sold - stock) }).toEqual({
        seed,
        worst: 0,
        short: 0,
        oversold: 0,
      });
      // Nothing is stuck: what is not sold is on offer (a platform that cannot be read may hide a unit it put back).
      expect(sold + left, `seed ${seed}`).toBeGreaterThanOrEqual(stock);
      units.unsold += Math.max(0, stock - sold - hidden);
      units.stock += stock;
    }
    // 3 of 5,954 in the first 300 schedules.
    expect(units.unsold / units.stock).toBeLessThan(0.002);
    for (const fate of ["lost", "late", "applied and timed out", "answered and not applied", "refused"])
      expect(fates[fate], fate).toBeGreaterThan(20);
    expect(fates["repeat not let in"]).toBeGreaterThan(5);
  });

  it.each<[string, Shortcuts]>([
    ["a plain set that charges only the difference", { chargesDifference: true }],
    ["not waiting for the watermark", { ignoresWatermark: true }],
    ["believing answers where the figure could be read", { believesAnswers: true }],
    ["an unpaid order counted as sold where payment takes the unit", { countsUnpaid: true }],
    ["returned goods forgotten where the platform offers them again", { forgetsReturns: true }],
    ["a write in doubt taken for refused when it is not let in again", { believesRefusals: true }],
  ])("sees units sold twice with %s", (_, shortcuts) => {
    const oversold = playAll(120, shortcuts).filter((played) => played.sold > played.stock);
    expect(oversold.length).toBeGreaterThan(0);
  });
});
