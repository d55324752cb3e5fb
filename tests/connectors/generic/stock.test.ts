import { describe, expect, it } from "vitest";
import type { Account, StockWrite } from "../../../src/connectors/contract.ts";
import { profileOf } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { withRetry } from "../../../src/connectors/toolkit/retry.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";
import { finish } from "../session.ts";
import { apiToken, baseUrl, must, startSandbox, subject } from "./subject.ts";

/** The connector on a simulated shop, with settings of the test's. */
function onShop(settings: Record<string, unknown> = {}, more: Parameters<typeof startSandbox>[1] = {}) {
  const runtime = testRuntime();
  const { sandbox, shop, platform } = startSandbox(runtime, more);
  let calls = 0;
  const account = generic.open({
    settings: generic.manifest.settings.parse({ ...subject.settings, ...settings }),
    secrets: { apiToken },
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
    fetch: (input, init) => {
      calls += 1;
      return platform.fetch(input, init);
    },
  });
  const call = (forMs = 30_000) => ({
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + forMs,
  });
  return { runtime, sandbox, shop, account, call, calls: () => calls };
}

const answering = (body: unknown) => {
  const runtime = testRuntime();
  const sent: unknown[] = [];
  const account = generic.open({
    settings: generic.manifest.settings.parse({ baseUrl }),
    secrets: {},
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
    fetch: async (input, init) => {
      sent.push(await new Request(input, init).json());
      return Response.json(body);
    },
  });
  return { sent, push: (writes: StockWrite[]) => push(account, writes, runtime) };
};

const push = (account: Account, writes: StockWrite[], runtime: TestRuntime) =>
  account.stock?.push(writes, {
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + 30_000,
  });

const write = (
  externalId: string,
  quantity: number,
  writeId = `w-${externalId}-${quantity}`,
): StockWrite => ({
  externalId,
  mode: "set",
  quantity,
  writeId,
  asOf: "2026-11-22T08:00:00.000Z",
});

describe("stock writes of the generic connector", () => {
  it("sends exactly what the protocol says", async () => {
    const { sent, push } = answering({ outcomes: [{ ok: true, quantity: 9 }] });
    const one: StockWrite = {
      externalId: "P1",
      externalVariantId: "V2",
      mode: "compareAndSet",
      expected: 7,
      quantity: 9,
      writeId: "w1",
      asOf: "2026-11-22T08:00:00.000Z",
    };
    expect(await push([one])).toEqual([{ ok: true, quantity: 9 }]);
    expect(sent).toEqual([{ updates: [one] }]);
  });

  it.each([
    ["not_found", "not_found"],
    ["conflict", "conflict"],
    ["insufficient", "conflict"],
    ["invalid", "invalid"],
    ["unsupported", "unsupported"],
    ["rate_limited", "rate_limited"],
    ["unavailable", "unavailable"],
    ["closed_on_sundays", "invalid"],
    ["买家 13812345678", "invalid"],
  ])("takes the code %s for %s", async (code, kind) => {
    const outcomes = await answering({ outcomes: [{ ok: false, code }] }).push([write("P1", 3)]);
    expect(outcomes).toEqual([expect.objectContaining({ ok: false, kind })]);
    expect(JSON.stringify(outcomes)).not.toContain("13812345678");
  });

  it("keeps the wait one item is told", async () => {
    const outcomes = await answering([{ ok: false, code: "rate_limited", retryAfterSeconds: 7 }]).push([
      write("P1", 3),
    ]);
    expect(outcomes).toEqual([expect.objectContaining({ kind: "rate_limited", retryAfterMs: 7000 })]);
  });

  it.each([
    ["one outcome too few", { outcomes: [{ ok: true }] }],
    ["one outcome too many", { outcomes: [{ ok: true }, { ok: true }, { ok: true }] }],
    ["no outcomes", { outcomes: [] }],
    [
      "outcomes of other writes",
      {
        outcomes: [
          { ok: true, writeId: "w-P2-4" },
          { ok: true, writeId: "w-P1-3" },
        ],
      },
    ],
    ["outcomes of no known shape", { outcomes: [{ done: true }, { done: true }] }],
    ["nothing", null],
  ])("knows nothing when the answer has %s", async (_, body) => {
    const outcomes = await answering(body).push([write("P1", 3), write("P2", 4)]);
    expect(outcomes?.map((outcome) => (outcome.ok ? "ok" : outcome.kind))).toEqual(["unknown", "unknown"]);
  });

  it("does a write once however often it is sent", async () => {
    const { account, runtime, shop } = onShop();
    const delta: StockWrite = { ...write("P2", 5, "w1"), mode: "delta" };
    for (let turn = 0; turn < 3; turn += 1)
      expect(await push(account, [delta], runtime)).toEqual([{ ok: true, quantity: 35 }]);
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(35);
  });

  it("sends only kinds the settings list, and answers in order all the same", async () => {
    const { account, runtime, shop } = onShop({ stockWrites: ["set"] });
    const outcomes = await push(account, [{ ...write("P2", 5), mode: "delta" }, write("P3", 4)], runtime);
    expect(outcomes).toEqual([
      expect.objectContaining({ ok: false, kind: "unsupported" }),
      { ok: true, quantity: 4 },
    ]);
    expect([shop.shelf.figure({ externalId: "P2" }), shop.shelf.figure({ externalId: "P3" })]).toEqual([
      30, 4,
    ]);
  });

  it("a shop that answers but does not apply is found out by reading back", async () => {
    const { account, runtime, shop, sandbox, call } = onShop(
      {},
      { faults: { writeAnsweredButNotApplied: 1 } },
    );
    expect(await push(account, [write("P2", 3)], runtime)).toEqual([{ ok: true, quantity: 3 }]);
    expect(await account.stock?.read?.([{ externalId: "P2" }], call())).toEqual([
      { ok: true, value: { quantity: 30 } },
    ]);
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(30);
    expect(sandbox.journal.entries()).toEqual([
      expect.objectContaining({ kind: "stock_written", applied: false, figure: 30 }),
    ]);
  });

  it("an applied write that timed out is unknown, and its repeat gets the first answer", async () => {
    const { account, runtime, shop, sandbox } = onShop({}, { faults: { writeAppliedButTimedOut: 1 } });
    const delta: StockWrite = { ...write("P2", -4, "w1"), mode: "delta" };
    const outcomes = await finish(runtime, push(account, [delta], runtime) ?? Promise.resolve([]));
    expect(outcomes).toEqual([expect.objectContaining({ ok: false, kind: "unknown" })]);
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(26);
    sandbox.faults.writeAppliedButTimedOut = 0;
    expect(await push(account, [delta], runtime)).toEqual([{ ok: true, quantity: 26 }]);
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(26);
  });
});

describe("F084: 429 for ten minutes, far below the documented rate", () => {
  it.each([
    ["with Retry-After", 20],
    ["without Retry-After", null],
  ])("%s: no write is lost, and calls stay few", async (_, retryAfterSeconds) => {
    const { account, runtime, shop, sandbox, calls, call } = onShop(
      {},
      { faults: { rateLimit: 1, retryAfterSeconds } },
    );
    const limits = call(3_600_000);
    const pushing = withRetry(
      async () => {
        const [outcome] =
          (await account.stock?.push([write("P2", 17, "w1")], {
            ...limits,
            deadlineMs: runtime.clock.nowMs() + 30_000,
          })) ?? [];
        return outcome === undefined || !outcome.ok
          ? (outcome ?? { ok: false, kind: "unknown", message: "none" })
          : { ok: true, value: outcome };
      },
      limits,
      runtime,
      { attempts: 100, maxWaitMs: 60_000 },
    );
    await runtime.advance(600_000);
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(30);
    const during = calls();
    sandbox.faults.rateLimit = 0;
    expect(await finish(runtime, pushing, 120_000)).toEqual({ ok: true, value: { ok: true, quantity: 17 } });
    expect(shop.shelf.figure({ externalId: "P2" })).toBe(17);
    // 20 s apart at least, or doubling up to 60 s: never more than a call per 10 seconds on average.
    expect(during).toBeLessThanOrEqual(60);
    expect(calls()).toBe(during + 1);
  });
});

describe("F062: what a shop restores by itself", () => {
  const profileWith = (settings: Record<string, unknown>) => {
    const { account } = onShop(settings);
    return profileOf(generic.manifest, account).behaviour;
  };

  it("stands in the settings and is told to the core", () => {
    expect(profileWith({})).toMatchObject({
      deducts: "placed",
      restoresOnUnpaidCancel: true,
      restoresOnPaidRefund: false,
    });
    expect(
      profileWith({
        deducts: "paid",
        restoresOnUnpaidCancel: false,
        restoresOnPaidRefund: true,
        clockSkewSeconds: 1.5,
      }),
    ).toMatchObject({
      deducts: "paid",
      restoresOnUnpaidCancel: false,
      restoresOnPaidRefund: true,
      clockSkewMs: 1500,
    });
  });

  it.each([
    { deducts: "placed", restoresOnUnpaidCancel: true, restoresOnPaidRefund: true, unpaid: 30, paid: 30 },
    { deducts: "placed", restoresOnUnpaidCancel: false, restoresOnPaidRefund: false, unpaid: 27, paid: 27 },
    { deducts: "placed", restoresOnUnpaidCancel: true, restoresOnPaidRefund: false, unpaid: 30, paid: 27 },
    { deducts: "paid", restoresOnUnpaidCancel: true, restoresOnPaidRefund: false, unpaid: 30, paid: 27 },
    { deducts: "paid", restoresOnUnpaidCancel: false, restoresOnPaidRefund: true, unpaid: 30, paid: 30 },
    { deducts: "never", restoresOnUnpaidCancel: true, restoresOnPaidRefund: true, unpaid: 30, paid: 30 },
  ] as const)(
    "$deducts, unpaid $restoresOnUnpaidCancel, paid $restoresOnPaidRefund: the figure is as declared, and as the hub sets it",
    async (declared) => {
      const { unpaid, paid, ...behaviour } = declared;
      for (const [isPaid, left] of [
        [false, unpaid],
        [true, paid],
      ] as const) {
        const { account, runtime, shop } = onShop(behaviour, { behaviour });
        const { externalId } = must(shop.place({ lines: [{ externalId: "P2", quantity: 3 }] }));
        if (isPaid) must(shop.pay(externalId));
        must(shop.cancel(externalId));
        expect(shop.shelf.figure({ externalId: "P2" }), isPaid ? "paid" : "unpaid").toBe(left);
        expect(profileOf(generic.manifest, account).behaviour).toMatchObject(behaviour);
        // Whatever it restores: a compare-and-set from the declared figure reaches the hub's target.
        const raise: StockWrite = { ...write("P2", 30), mode: "compareAndSet", expected: left };
        expect(await push(account, [raise], runtime)).toEqual([{ ok: true, quantity: 30 }]);
        expect(shop.shelf.figure({ externalId: "P2" })).toBe(30);
      }
    },
  );
});

describe("optional parts", () => {
  it("are left out when the shop does not offer them", () => {
    const { account } = onShop({ offers: [] });
    expect([account.stock?.read, account.fulfilments, account.listings]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(account.stock?.push).toBeDefined();
  });
});
