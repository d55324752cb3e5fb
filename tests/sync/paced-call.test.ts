import { describe, expect, it } from "vitest";
import type { OpenConnection } from "../../src/sync/connections.ts";
import { paceCall, type Terms } from "../../src/sync/paced-call.ts";
import type { RateLimiter } from "../../src/sync/rate.ts";
import { testRuntime } from "../support/runtime.ts";

/** A budget that makes each request wait so long, 0 for not at all. */
const limiterOf = (waits: number[]): RateLimiter & { taken: number } => ({
  taken: 0,
  async take() {
    const waitMs = waits.shift() ?? 0;
    if (waitMs > 0) return { ok: false, waitMs };
    this.taken += 1;
    return { ok: true };
  },
  block: async () => undefined,
});

const connection = {
  id: "c",
  merchantId: "m",
  name: "Shop",
  profile: { limits: { callsPerSecond: 1, burst: 1 } },
} as OpenConnection;

function pace(waits: number[], terms: Partial<Terms> = {}, stop?: AbortSignal) {
  const runtime = testRuntime();
  const limiter = limiterOf(waits);
  const given = { callMs: 30_000, graceMs: 0, paid: false, ...terms };
  const startMs = runtime.clock.nowMs();
  const paced = paceCall({ runtime, limiter }, connection, given, stop);
  const leftMs = () => paced.call.deadlineMs - startMs;
  return { runtime, limiter, paced, leftMs, turn: () => paced.call.turn?.() };
}

describe("the requests of a call", () => {
  it("have the first turn with the leave to make the call, and take each further one", async () => {
    const { limiter, turn } = pace([], { paid: true });
    for (let request = 0; request < 4; request += 1) expect(await turn()).toBeNull();
    expect(limiter.taken).toBe(3);
  });

  it("wait for their turn within the deadline, which stays where it is", async () => {
    const { runtime, turn, leftMs } = pace([20_000]);
    let answer: unknown = "waiting";
    const asked = turn()?.then((given) => {
      answer = given;
    });
    await runtime.advance(19_999);
    expect(answer).toBe("waiting");
    await runtime.advance(1);
    await asked;
    expect(answer).toBeNull();
    expect(leftMs()).toBe(30_000);
  });

  it("are refused at once when their turn comes after the deadline: the budget's doing, not the platform's", async () => {
    const { turn, paced } = pace([30_000]);
    expect(await turn()).toMatchObject({ ok: false, kind: "rate_limited", retryAfterMs: 30_000 });
    expect(paced.isRefused()).toBe(true);
    expect(paced.call.signal.aborted).toBe(false);
  });

  it("of a call that only reads have the time they wait on top, up to its grace", async () => {
    const { runtime, turn, paced, leftMs } = pace([40_000, 30_000, 30_000], { graceMs: 50_000 });
    const first = turn();
    await runtime.advance(40_000);
    // Asked again it waits once more; ten seconds of grace are left, and of the call its thirty.
    await runtime.advance(30_000);
    expect(leftMs()).toBe(80_000);
    expect(await first).toMatchObject({ kind: "rate_limited" });
    expect(paced.call.signal.aborted).toBe(false);
    await runtime.advance(10_000);
    expect(paced.call.signal.aborted).toBe(true);
  });

  it("have no time on top of what was foretold: a process that slept over its turn is too late", async () => {
    const { runtime, turn, paced } = pace([10_000], { graceMs: 60_000 });
    const asked = turn();
    await runtime.advance(120_000);
    await asked;
    expect(paced.call.deadlineMs).toBeLessThan(runtime.clock.nowMs());
    expect(paced.call.signal.aborted).toBe(true);
  });

  it("wait no longer once the call is stopped", async () => {
    const stop = new AbortController();
    const { turn, limiter } = pace([20_000], {}, stop.signal);
    const asked = turn();
    stop.abort();
    await asked;
    expect(limiter.taken).toBe(0);
  });

  it("are not sent when the budget cannot be asked", async () => {
    const { turn, limiter } = pace([]);
    limiter.take = () => Promise.reject(new Error("database gone"));
    expect(await turn()).toMatchObject({ kind: "rate_limited", retryAfterMs: 1_000 });
  });
});
