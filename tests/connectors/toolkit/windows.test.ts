import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import {
  afterByTime,
  afterLastFirst,
  afterWindow,
  byCursor,
  byTimePlace,
  halvedWindow,
  lastFirstPage,
  openWindow,
  type WindowPolicy,
  type WindowState,
  windowCursor,
} from "../../../src/connectors/toolkit/windows.ts";
import { addMs, type Instant, instantOf, msOf } from "../../../src/core/clock.ts";

interface Row {
  id: number;
  updatedMs: number;
}

interface Page {
  rows: Row[];
  next: Json | null;
}

const rowsPerPage = 3;
const within = (rows: readonly Row[], from: Instant, to: Instant): Row[] =>
  rows
    .filter((row) => row.updatedMs >= msOf(from) && row.updatedMs < msOf(to))
    .sort((a, b) => a.updatedMs - b.updatedMs || a.id - b.id);

/** A platform's page for each plan: numbered from either end, a cursor that names a row, or by time. */
const plans: Record<
  string,
  (rows: readonly Row[], window: { from: Instant; to: Instant; page: Json }) => Page
> = {
  "last page first, newest first": (rows, { from, to, page }) => {
    const found = within(rows, from, to).reverse();
    const read = lastFirstPage(page);
    const next = afterLastFirst(read, found.length, rowsPerPage);
    return { rows: read === null ? [] : found.slice((read - 1) * rowsPerPage, read * rowsPerPage), next };
  },
  "last page first, oldest first": (rows, { from, to, page }) => {
    const found = within(rows, from, to);
    const read = lastFirstPage(page);
    const next = afterLastFirst(read, found.length, rowsPerPage);
    return { rows: read === null ? [] : found.slice((read - 1) * rowsPerPage, read * rowsPerPage), next };
  },
  cursor: (rows, { from, to, page }) => {
    const found = within(rows, from, to);
    const place = typeof page === "string" ? page.split(":").map(Number) : [0, -1];
    const [afterMs = 0, afterId = -1] = place;
    const left = found.filter(
      (row) => row.updatedMs > afterMs || (row.updatedMs === afterMs && row.id > afterId),
    );
    const given = left.slice(0, rowsPerPage);
    const last = given.at(-1);
    return {
      rows: given,
      next: byCursor(left.length > rowsPerPage && last ? `${last.updatedMs}:${last.id}` : ""),
    };
  },
  "by time": (rows, { from, to, page }) => {
    const place = byTimePlace(page, from);
    const given = within(rows, place.after, to).slice(place.skip, place.skip + rowsPerPage);
    const next = afterByTime(
      place,
      given.map((row) => ({ externalId: String(row.id), updatedAt: instantOf(row.updatedMs) })),
      rowsPerPage,
    );
    if (next === "unsorted") throw new Error("sorted rows taken for unsorted");
    return { rows: given, next };
  },
};

const startMs = Date.parse("2026-11-22T08:00:00.000Z");
const policy: WindowPolicy = { longestMs: 60_000, overlapMs: 5_000, clockSkewMs: 1_000 };

/** What happens before a page is read: time passes, and maybe orders change or come. */
const happening = fc.record({
  passMs: fc.integer({ min: 0, max: 50_000 }),
  orders: fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 2 }),
});

/** Orders that were changed all at once, more than fit a page, before the first page is read. */
const crowd = fc.record({ agoMs: fc.constantFrom(30_000, 60_000), orders: fc.integer({ min: 0, max: 12 }) });

function play(
  plan: (typeof plans)[string],
  policy: WindowPolicy,
  happenings: { passMs: number; orders: number[] }[],
  crowded: { agoMs: number; orders: number }[] = [],
) {
  let nowMs = startMs;
  const rows = new Map<number, Row>();
  for (const { agoMs, orders } of crowded)
    for (let id = 0; id < orders; id += 1) rows.set(id, { id, updatedMs: startMs - agoMs });
  const given = new Map<number, number>();
  let state: WindowState | null = null;
  let left = [...happenings];
  let quiet = 0;
  for (let pages = 0; quiet < 3; pages += 1) {
    expect(pages, "pages read without coming to an end").toBeLessThan(2_000);
    const [happened, ...rest] = left;
    left = rest;
    if (happened) {
      nowMs += happened.passMs;
      for (const id of happened.orders) rows.set(id, { id, updatedMs: nowMs });
    }
    const now = instantOf(nowMs);
    const open = openWindow(state, instantOf(startMs - 300_000), now, policy);
    const { run } = open.state;
    expect(msOf(run.to) - msOf(run.from)).toBeLessThanOrEqual(policy.longestMs);
    if (policy.tailMs) expect(msOf(run.to)).toBeLessThanOrEqual(msOf(run.startedAt) - policy.tailMs);
    const page = plan([...rows.values()], run);
    for (const row of page.rows) given.set(row.id, Math.max(given.get(row.id) ?? 0, row.updatedMs));
    const step = afterWindow(open.state, page.next, policy);
    if (step.watermark !== undefined) {
      const mark = msOf(step.watermark);
      expect(mark).toBeLessThanOrEqual(nowMs);
      for (const row of rows.values())
        if (row.updatedMs <= mark) expect(given.get(row.id)).toBe(row.updatedMs);
    }
    // Through text, as it is stored.
    state = windowCursor.decode(JSON.parse(JSON.stringify(windowCursor.encode(step.state)))).state;
    if (!step.more) {
      nowMs += (policy.tailMs ?? 0) + 1;
      quiet += left.length === 0 ? 1 : 0;
    }
  }
  return { rows, given };
}

describe.each(Object.entries(plans))("windows read %s", (_, plan) => {
  it.each([
    ["short windows", policy],
    ["a tail", { ...policy, tailMs: 20_000 }],
    ["no overlap", { ...policy, overlapMs: 0 }],
  ])("skip no order, whatever changes meanwhile (%s)", (_, policy) => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const { rows, given } = play(plan, policy, happenings);
        expect([...given].sort()).toEqual([...rows.values()].map((row) => [row.id, row.updatedMs]).sort());
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it("skip no order of a moment that fills pages, whatever leaves it meanwhile", () => {
    // Fewer changes than would make a reading go on as well as it can.
    const changes = fc.array(
      fc.record({
        passMs: fc.integer({ min: 1, max: 50 }),
        orders: fc.array(fc.nat({ max: 12 }), { maxLength: 3 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.array(crowd, { minLength: 1, maxLength: 2 }), changes, (crowded, happenings) => {
        const { rows, given } = play(plan, { ...policy, overlapMs: 0 }, happenings, crowded);
        expect([...given].sort()).toEqual([...rows.values()].map((row) => [row.id, row.updatedMs]).sort());
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});

it("a moment whose rows come in another order each time does not hold up all others", () => {
  const at = instantOf(startMs);
  const reads: number[] = [];
  let page: Json | null = null;
  do {
    const place = byTimePlace(page, at);
    reads.push(place.skip);
    const names = Array.from({ length: 7 }, (_, index) => `${(index + reads.length) % 7}`);
    const rows = names
      .slice(place.skip, place.skip + rowsPerPage)
      .map((name) => ({ externalId: name, updatedAt: at }));
    page = afterByTime(place, rows, rowsPerPage) as Json | null;
  } while (page !== null && reads.length < 100);
  expect(page).toBeNull();
  expect(reads.slice(0, 4)).toEqual([0, 2, 0, 2]);
});

describe("windows", () => {
  it("never ask for more than the platform keeps", () => {
    const now = instantOf(startMs);
    const { state } = openWindow(null, addMs(now, -1e10), now, { ...policy, historyMs: 86_400_000 });
    expect(state.run.from).toBe(addMs(now, -86_400_000));
  });

  it("say that rows are not in order instead of reading on", () => {
    const [a, b] = [instantOf(startMs), instantOf(startMs + 1)];
    const rows = [b, a, b].map((updatedAt) => ({ externalId: "A", updatedAt }));
    expect(afterByTime(byTimePlace(null, a), rows, 3)).toBe("unsorted");
  });

  it("set a place in the future back and say so", () => {
    const now = instantOf(startMs);
    const opened = openWindow(
      { version: 1, floor: now, resumeAt: addMs(now, 1e9), run: null },
      now,
      now,
      policy,
    );
    expect(opened.problem).toMatch(/future/);
  });

  it("after a clock that was three hours ahead for an hour nothing of that hour is missing", () => {
    const trueNow = instantOf(startMs);
    const long = { ...policy, longestMs: 86_400_000 };
    const floor = addMs(trueNow, -30 * 86_400_000);
    const wrongNow = addMs(trueNow, 3 * 3_600_000);
    const first = openWindow({ version: 1, floor, resumeAt: trueNow, run: null }, floor, wrongNow, long);
    const { state } = afterWindow(first.state, null, long);
    const corrected = addMs(trueNow, 3_600_000);
    const { state: opened, problem } = openWindow(state, floor, corrected, long);
    expect(problem).toMatch(/clock of the hub was ahead/);
    expect(msOf(opened.run.from)).toBeLessThanOrEqual(msOf(trueNow));
  });

  it("a place far in the future goes back a week, and never before the beginning", () => {
    const now = instantOf(startMs);
    const resumeAt = addMs(now, 400 * 86_400_000);
    const from = (floor: Instant) =>
      openWindow({ version: 1, floor, resumeAt, run: null }, floor, now, policy).state.run.from;
    const week = msOf(now) - 7 * 86_400_000;
    expect(Math.abs(msOf(from(addMs(now, -30 * 86_400_000))) - week)).toBeLessThan(3_600_000);
    expect(from(addMs(now, -3_600_000))).toBe(addMs(now, -3_600_000));
  });
});

describe("a window that holds too much", () => {
  const policy: WindowPolicy = { longestMs: 86_400_000, overlapMs: 0, clockSkewMs: 0 };
  const opened = () => openWindow(null, "2026-11-01T00:00:00.000Z", "2026-11-03T00:00:00.000Z", policy).state;

  it("is halved from its beginning, again and again, and what follows goes on where it ends", () => {
    const half = halvedWindow(opened());
    expect(half?.run).toMatchObject({
      from: "2026-11-01T00:00:00.000Z",
      to: "2026-11-01T12:00:00.000Z",
      page: null,
    });
    if (!half?.run) throw new Error("no window");
    const next = afterWindow({ ...half, run: half.run }, null, policy);
    expect(next.state.run).toMatchObject({
      from: "2026-11-01T12:00:00.000Z",
      to: "2026-11-02T12:00:00.000Z",
    });
    expect(next).toMatchObject({ more: true });
    expect(next.watermark).toBeUndefined();
  });

  it("ends: a window of a second or so is not halved", () => {
    let halves = 0;
    for (let state: WindowState | null = opened(); state?.run; halves += 1)
      state = halvedWindow({ ...state, run: state.run });
    expect(halves).toBe(17);
  });
});
