import { describe, expect, it } from "vitest";
import { instantOf, msOf } from "../../src/core/clock.ts";
import { admit, afterFailure, breaks, type Circuit, closedCircuit } from "../../src/sync/circuit.ts";

const now = "2026-11-22T08:00:00.000Z";
const at = (offsetMs: number) => instantOf(msOf(now) + offsetMs);

const failing = (times: number, from: Circuit = closedCircuit): Circuit =>
  Array.from({ length: times }).reduce<Circuit>((circuit) => afterFailure(circuit, now, 0), from);

describe("circuit", () => {
  it("opens with the fifth failure in a row, for 30 seconds", () => {
    expect(failing(4)).toStrictEqual({ circuit: "closed", failures: 4, until: null });
    expect(failing(5)).toStrictEqual({ circuit: "open", failures: 5, until: at(30_000) });
  });

  it("admits calls while closed and changes nothing by it", () => {
    const circuit = failing(4);
    expect(admit(circuit, msOf(now))).toStrictEqual({ admitted: true, next: circuit });
  });

  it("refuses while open and says for how long", () => {
    expect(admit(failing(5), msOf(now) + 10_000)).toStrictEqual({ admitted: false, waitMs: 20_000 });
  });

  it("lets one call try when its time has come, and no second one beside it", () => {
    const trial = admit(failing(5), msOf(now) + 30_000);
    const halfOpen = { circuit: "half_open", failures: 5, until: at(90_000) } as const;
    expect(trial).toStrictEqual({ admitted: true, next: halfOpen });
    expect(admit(halfOpen, msOf(now) + 40_000)).toStrictEqual({ admitted: false, waitMs: 50_000 });
    // A trial that never reported back is given up.
    expect(admit(halfOpen, msOf(now) + 90_000)).toStrictEqual({
      admitted: true,
      next: { ...halfOpen, until: at(150_000) },
    });
  });

  it("a failed trial doubles the pause, up to ten minutes and a fifth", () => {
    const halfOpen: Circuit = { circuit: "half_open", failures: 5, until: at(0) };
    expect(afterFailure(halfOpen, now, 0)).toStrictEqual({ circuit: "open", failures: 6, until: at(60_000) });
    expect(afterFailure({ ...halfOpen, failures: 40 }, now, 0).until).toBe(at(600_000));
    expect(afterFailure({ ...halfOpen, failures: 40 }, now, 0.5).until).toBe(at(660_000));
  });

  it("counts only what says something about the platform as a whole", () => {
    const kinds = [
      "auth",
      "rate_limited",
      "unavailable",
      "invalid",
      "not_found",
      "conflict",
      "unsupported",
      "malformed",
      "unknown",
    ] as const;
    expect(kinds.filter(breaks)).toStrictEqual(["unavailable", "malformed", "unknown"]);
  });
});
