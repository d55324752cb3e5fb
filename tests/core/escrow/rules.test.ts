import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exposure, newExposure, totalOf } from "../../../src/core/escrow/exposure.ts";
import { takeable } from "../../../src/core/escrow/free.ts";
import { countSale, ingest, restore, speedOf } from "../../../src/core/escrow/ingest.ts";
import { wantsSplit } from "../../../src/core/escrow/mode.ts";
import { type Claimant, planShares } from "../../../src/core/escrow/plan.ts";
import { pass, sight } from "../../../src/core/escrow/sighting.ts";
import { type SpreadInput, type SpreadListing, spread } from "../../../src/core/escrow/spread.ts";
import { nextStep, type StepInput } from "../../../src/core/escrow/step.ts";
import { platformTraits } from "../../support/platform-traits.ts";

const exposure = (more: Partial<Exposure> = {}): Exposure => ({
  ...newExposure("l", "c", platformTraits),
  adopted: true,
  ...more,
});

const anchor = "2026-11-22T08:00:00.000Z";
const sooner = "2026-11-22T07:59:00.000Z";
const later = "2026-11-22T08:01:00.000Z";

describe("one exposure", () => {
  it("an order of before the anchor comes from before, a later one from after", () => {
    const seen = exposure({ after: 5, before: 3, anchor });
    expect(ingest(seen, 2, sooner)).toMatchObject({ after: 5, before: 1 });
    expect(ingest(seen, 2, later)).toMatchObject({ after: 3, before: 3 });
  });

  it("a sighting changes no sum, whatever it shows", () => {
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 50 }), fc.nat(50), (after, figure) => {
        const seen = sight(exposure({ after }), { figure, anchor, ingested: 0, restored: 0 });
        expect(totalOf(seen)).toBe(after);
      }),
    );
  });

  it("the watermark frees what was never sold and charges what was sold out of the new figure", () => {
    expect(pass(exposure({ after: 4, before: 3, anchor }), later)).toMatchObject({
      exposure: { after: 4, before: 0, anchor: null },
      freed: 3,
    });
    expect(pass(exposure({ after: 4, before: -1, anchor }), later).exposure.after).toBe(3);
    expect(pass(exposure({ after: 4, before: 3, anchor }), sooner).exposure.before).toBe(3);
  });

  it("units put back explain a surplus; what they do not explain is another tool's", () => {
    const seen = sight(exposure({ after: 1 }), { figure: 4, anchor, ingested: 0, restored: 0 });
    expect(pass(restore(seen, 3), later)).toMatchObject({ foreign: 0, exposure: { after: 4 } });
    expect(pass(seen, later)).toMatchObject({ foreign: 3, exposure: { after: 4 } });
  });

  it("speed sees a rush at once and forgets it within twenty minutes", () => {
    const sold = countSale(exposure(), 6, anchor);
    const nowMs = Date.parse(anchor);
    expect([0, 10, 15, 20].map((minutes) => speedOf(sold, nowMs + minutes * 60_000))).toEqual([
      36_000, 36_000, 18_000, 0,
    ]);
  });
});

describe("who may take what", () => {
  it.each([
    ["shared", 10, 30, 0, 10],
    ["converging", 10, 30, 0, 10],
    ["split", 10, 7, 0, 3],
    ["split", 4, 3, 3, 3],
    ["split", 2, 5, 3, 2],
    ["split", 4, 9, 0, 0],
  ] as const)("%s: %i there, %i claimed, %i granted -> %i", (state, available, claimed, granted, units) => {
    expect(takeable(state, available, claimed, granted)).toBe(units);
  });
});

const claimant = (listingId: string, more: Partial<Claimant> = {}): Claimant => ({
  listingId,
  units: 1,
  rule: { minimum: null, maximum: null, fixed: null, percentBp: null },
  holds: 0,
  speed: 0,
  ...more,
});
const rule = (more: Partial<Claimant["rule"]>): Claimant["rule"] => ({
  ...claimant("x").rule,
  ...more,
});

describe("the plan of shares", () => {
  it.each<[string, number, Claimant[], number[]]>([
    ["equal speeds, equal shares", 10, [claimant("a"), claimant("b")], [5, 5]],
    ["the odd unit stays where it is", 3, [claimant("a"), claimant("b", { holds: 2 })], [1, 2]],
    ["the faster gets more", 12, [claimant("a", { speed: 8000 }), claimant("b")], [10, 2]],
    ["fixed units first", 10, [claimant("a", { rule: rule({ fixed: 7 }) }), claimant("b")], [7, 3]],
    ["percent of all", 10, [claimant("a", { rule: rule({ percentBp: 3000 }) }), claimant("b")], [3, 7]],
    [
      "a maximum gives the rest to others",
      10,
      [claimant("a", { rule: rule({ maximum: 1 }) }), claimant("b")],
      [1, 9],
    ],
    [
      "a minimum before speed",
      4,
      [claimant("a", { rule: rule({ minimum: 2 }) }), claimant("b", { speed: 98_000 })],
      [2, 2],
    ],
    ["packs take whole packs", 7, [claimant("a", { units: 6 })], [1]],
    ["nothing is nothing", 0, [claimant("a")], [0]],
  ])("%s", (_, budget, claimants, shares) => {
    const plan = planShares(budget, claimants);
    expect(claimants.map(({ listingId }) => plan.get(listingId))).toEqual(shares);
  });

  it("F088: never promises more than there is, whatever the rules", () => {
    const figure = fc.option(fc.nat(40));
    const anyone = fc.record({
      units: fc.integer({ min: 1, max: 6 }),
      speed: fc.nat(100_000),
      holds: fc.nat(20),
      rule: fc.record({
        minimum: figure,
        maximum: figure,
        fixed: figure,
        percentBp: fc.option(fc.nat(10_000)),
      }),
    });
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 200 }), fc.array(anyone, { maxLength: 6 }), (budget, given) => {
        const claimants = given.map((one, index) => ({ ...one, listingId: `l${index}` }));
        const plan = planShares(budget, claimants);
        const used = claimants.reduce((sum, one) => sum + (plan.get(one.listingId) ?? 0) * one.units, 0);
        expect(used).toBeLessThanOrEqual(Math.max(0, budget));
        expect([...plan.values()].every((share) => share >= 0)).toBe(true);
      }),
    );
  });
});

describe("auto", () => {
  const base = { asked: "auto", state: "shared", available: 100, speed: 60_000, delayMs: 300_000 } as const;
  it.each<[string, Parameters<typeof wantsSplit>[0], boolean]>([
    ["plenty", base, false],
    ["less than sells in four delays", { ...base, available: 19 }, true],
    ["still short: stays split", { ...base, available: 39, state: "split" }, true],
    ["enough again", { ...base, available: 40, state: "split" }, false],
    ["asked to split", { ...base, asked: "split" }, true],
    ["asked to share", { ...base, asked: "shared", available: 1 }, false],
  ])("%s", (_, input, split) => {
    expect(wantsSplit(input)).toBe(split);
  });
});

describe("more promised than there is", () => {
  const listings = (...after: number[]): SpreadListing[] =>
    after.map((units, index) => ({
      listingId: `l${index}`,
      units: 1,
      rule: { minimum: null, maximum: null, fixed: null, percentBp: null },
      cap: null,
      exposure: { ...exposure({ after: units }), listingId: `l${index}` },
    }));
  const shortWith = (state: SpreadInput["state"], available: number, all: SpreadListing[]) => {
    const plan = spread({ state, available, poolBp: 0, listings: all, now: later });
    const steps = all.map((one) =>
      nextStep({
        ...{ exposure: one.exposure, state, target: plan.shares.get(one.listingId) ?? 0, room: plan.room },
        ...{ pressure: plan.pressure, isShort: plan.isShort, kinds: ["delta"], readable: true, now: later },
      }),
    );
    return { isShort: plan.isShort, kinds: steps.map(({ kind }) => kind) };
  };

  it.each(["converging", "split"] as const)("is lowered, however little each has (%s)", (state) => {
    const short = shortWith(state, 78, listings(27, 27, 26));
    expect(short).toEqual({ isShort: true, kinds: ["write", "write", "rest"] });
    expect(shortWith(state, 78, listings(26, 26, 26))).toEqual({
      isShort: false,
      kinds: ["rest", "rest", "rest"],
    });
  });

  it("waits for what comes free by itself", () => {
    const [first, ...others] = listings(26, 27, 26);
    if (!first?.exposure) throw new Error("no listing");
    const waiting = { ...first, exposure: { ...first.exposure, after: 25, before: 2, anchor } };
    expect(shortWith("split", 79, [waiting, ...others])).toMatchObject({ isShort: false });
  });
});

describe("the next step", () => {
  const input = (more: Partial<StepInput>): StepInput => ({
    exposure: exposure(),
    state: "split",
    target: 5,
    room: 10,
    pressure: 0,
    isShort: false,
    kinds: ["delta"],
    readable: true,
    now: later,
    ...more,
  });
  it.each<[string, Partial<StepInput>, object]>([
    ["an unknown listing is read", { exposure: null }, { kind: "look" }],
    [
      "one that cannot be read is written",
      { exposure: null, readable: false, kinds: ["set"] },
      { kind: "write" },
    ],
    ["a hungry one is raised", {}, { kind: "write", change: { by: 5 } }],
    ["as far as there is room", { room: 2 }, { kind: "write", change: { by: 2 } }],
    ["without room it waits", { room: 0 }, { kind: "rest", why: "waits_for_units" }],
    [
      "a set waits for the watermark",
      { kinds: ["set"], exposure: exposure({ anchor, before: 2 }) },
      { why: "waits_for_orders" },
    ],
    ["what nobody needs stays", { exposure: exposure({ after: 9 }) }, { kind: "rest", why: "at_share" }],
    [
      "others wait: it gives units up",
      { exposure: exposure({ after: 9 }), pressure: 2 },
      { change: { by: -2 } },
    ],
    ["too little to move", { exposure: exposure({ after: 17 }), target: 16, pressure: 9 }, { kind: "rest" }],
    [
      "but not where more is promised than there is",
      { exposure: exposure({ after: 17 }), target: 16, pressure: 1, isShort: true },
      { change: { by: -1 } },
    ],
    ["converging, nothing rises", { state: "converging" }, { kind: "rest" }],
    [
      "a set without room goes to nothing",
      { kinds: ["set"], exposure: exposure({ after: 9 }), pressure: 2, room: 0 },
      { change: { to: 0 } },
    ],
    [
      "another tool's listing is left alone",
      { exposure: exposure({ halt: "asked" }) },
      { kind: "rest", why: "foreign_write" },
    ],
  ])("%s", (_, more, step) => {
    expect(nextStep(input(more))).toMatchObject(step);
  });
});
