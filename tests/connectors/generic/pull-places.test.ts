import { describe, expect, it } from "vitest";
import { afterPage, openRun, type PageFacts, type PullState } from "../../../src/connectors/generic/pull.ts";
import { addMs, type Instant } from "../../../src/core/clock.ts";
import { at, noon } from "./times.ts";

const policy = { overlapMs: 60_000, clockSkewMs: 5000 };

const page = (times: Instant[], nextCursor: string | null, more: Partial<PageFacts> = {}): PageFacts => ({
  rows: times.map((updatedAt, index) => ({ externalId: `A-${index}`, updatedAt })),
  nextCursor,
  watermark: null,
  askedAt: at(3600),
  ...more,
});

const started = (state: PullState | null = null) => openRun(state, noon, at(3600), policy);

describe("where the next page is read from", () => {
  it("begins at the start it is told, less a millisecond", () => {
    expect(started().state.run).toMatchObject({ after: addMs(noon, -1), page: null });
    expect(started().problem).toBeUndefined();
  });

  it("asks for the next page by time, not by the shop's cursor", () => {
    const { state, more } = afterPage(started().state, page([at(1), at(2), at(3)], "c1"), policy);
    expect(more).toBe(true);
    expect(state.run).toMatchObject({ after: addMs(at(3), -1), page: null, sorted: true });
  });

  it.each([
    ["all of one instant", [at(1), at(1), at(1)]],
    ["one order only", [at(1)]],
    ["no order at all", []],
  ])("goes by the shop's cursor through a page with %s", (_, times) => {
    const { state } = afterPage(started().state, page(times, "c1"), policy);
    expect(state.run).toMatchObject({ after: addMs(noon, -1), page: "c1", sorted: true });
  });

  const reading = (state: PullState, rows: Instant[], nextCursor: string | null) =>
    afterPage(openRun(state, noon, at(3600), policy).state, page(rows, nextCursor), policy);

  it("reads an instant again from its beginning, and goes on by time when that finds the same", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    expect(again.state.run).toMatchObject({ after: addMs(noon, -1), page: null });
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(2)], "c2");
    expect(fourth.state.run).toMatchObject({ after: addMs(at(2), -1), page: null, moment: null });
  });

  it("goes on at once when the instant fits a page by now", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    expect(reading(again.state, [at(1), at(2)], "c1").state.run).toMatchObject({ after: addMs(at(2), -1) });
    expect(reading(again.state, [at(1)], null)).toMatchObject({ more: false, state: { resumeAt: at(1) } });
  });

  it("goes on with the order that stood behind the instant while it was whole, though others stand there later", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1), at(2)], "c2");
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(9)], "c2");
    expect(fourth.state.run).toMatchObject({
      after: addMs(at(2), -1),
      page: null,
      moment: null,
      unsure: null,
    });
  });

  it("reads once more when only one reading saw an order behind the instant", () => {
    const first = reading(started().state, [at(1), at(1)], "c1");
    const again = reading(first.state, [at(1)], null);
    expect(again).toMatchObject({ more: true, state: { run: { page: null } } });
    const third = reading(again.state, [at(1), at(1)], "c1");
    const fourth = reading(third.state, [at(1), at(9)], "c2");
    expect(fourth.state.run).toMatchObject({ after: addMs(noon, -1), page: null, moment: { readings: 3 } });
  });

  it("leaves an instant that never stands still, and begins the next run with it", () => {
    let state = started().state as PullState;
    let step = reading(state, [at(1), at(1)], "c1");
    for (let readings = 0; step.state.run?.page !== null || step.state.run.moment !== null; readings += 1) {
      expect(readings).toBeLessThan(20);
      state = reading(step.state, [...(readings % 2 === 0 ? [at(1)] : []), at(2)], "c2").state;
      if (state.run?.moment === null) break;
      step = reading(state, [at(1), at(1)], "c1");
    }
    const end = afterPage(
      openRun(state, noon, at(3600), policy).state,
      page([at(99)], null, { watermark: at(100) }),
      policy,
    );
    expect(end).toMatchObject({ more: false, state: { resumeAt: at(1), run: null } });
    expect(end.watermark, "nobody may say that all is in").toBeUndefined();
  });

  it("gets past an instant of a shop that takes the time asked with as included", () => {
    const asked = addMs(noon, -1);
    let step = reading(started().state, [asked, asked], "c1");
    step = reading(step.state, [asked, noon], "c2");
    step = reading(step.state, [asked, asked], "c1");
    step = reading(step.state, [asked, noon], "c2");
    expect(step.state.run).toMatchObject({ after: noon, page: null });
  });

  it.each([
    ["sorted the other way round", [at(3), at(2)]],
    ["with orders from before what was asked", [at(-10), at(5)]],
  ])("reads a shop %s by its own cursors to the end", (_, times) => {
    const first = afterPage(started().state, page(times, "c1"), policy);
    expect(first.state.run).toMatchObject({ page: "c1", sorted: false });
    expect(first.problem).toContain("does not give orders in order of updatedAt");
    const second = afterPage(
      openRun(first.state, noon, at(3600), policy).state,
      page([at(7), at(8)], "c2"),
      policy,
    );
    expect(second.state.run).toMatchObject({ page: "c2", sorted: false });
    expect(second.problem, "said once per run").toBeUndefined();
  });

  it("resumes at the newest order seen, less overlap and clock difference", () => {
    const end = afterPage(started().state, page([at(100), at(200)], null), policy);
    expect(end).toMatchObject({ more: false, state: { resumeAt: at(200), run: null } });
    const next = openRun(end.state, noon, at(7200), policy);
    expect(next.state.run?.after).toBe(addMs(at(200 - 65), -1));
  });

  it("never reads from before the very first start", () => {
    const end = afterPage(started().state, page([at(10)], null), policy);
    expect(openRun(end.state, noon, at(7200), policy).state.run?.after).toBe(addMs(noon, -1));
  });

  it("stays where it was when there was nothing", () => {
    const end = afterPage(started().state, page([at(100)], null), policy);
    const quiet = afterPage(
      openRun(end.state, noon, at(7200), policy).state,
      page([], null, { askedAt: at(7200) }),
      policy,
    );
    expect(quiet.state.resumeAt).toBe(at(100));
  });

  it("resumes an unsorted run no later than its beginning, as an order may have changed on a page already read", () => {
    const run = openRun(null, noon, at(50), policy);
    const first = afterPage(run.state, page([at(40), at(30)], "c1", { askedAt: at(50) }), policy);
    const end = afterPage(
      openRun(first.state, noon, at(500), policy).state,
      page([at(450)], null, { askedAt: at(500) }),
      policy,
    );
    expect(end.state.resumeAt).toBe(at(50));
  });

  it("F068: an order from the future moves the cursor no further than the beginning of the run, with a warning", () => {
    const run = openRun(null, noon, at(100), policy);
    const end = afterPage(
      run.state,
      page([at(50), "2062-01-01T00:00:00.000Z"], null, { askedAt: at(110) }),
      policy,
    );
    expect(end.state.resumeAt).toBe(at(100));
    expect(end.problem).toContain("a time in the future (2062-01-01T00:00:00.000Z)");
  });

  it("F068: a stored cursor from the future is set back, with a warning", () => {
    const stored: PullState = { version: 1, floor: noon, resumeAt: "2062-01-01T00:00:00.000Z", run: null };
    const run = openRun(stored, noon, at(1000), policy);
    expect(run.problem).toContain("a time in the future");
    expect(run.state.run?.after).toBe(addMs(at(1000 - 60), -1));
  });

  it("gives the first page's watermark, at the end only, and none from the future", () => {
    const run = openRun(null, noon, at(100), policy);
    const first = afterPage(run.state, page([at(1), at(2)], "c1", { watermark: at(99) }), policy);
    expect(first.watermark).toBeUndefined();
    const end = afterPage(
      openRun(first.state, noon, at(200), policy).state,
      page([at(3)], null, { watermark: at(199) }),
      policy,
    );
    expect(end.watermark).toBe(at(99));
    const ahead = afterPage(run.state, page([], null, { watermark: "2062-01-01T00:00:00.000Z" }), policy);
    expect(ahead.watermark).toBe(at(105));
    const none = afterPage(run.state, page([], null), policy);
    expect(none.watermark).toBeUndefined();
  });
});
