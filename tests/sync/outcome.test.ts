import { describe, expect, it } from "vitest";
import type { FailureKind } from "../../src/connectors/contract.ts";
import type { CallFailure } from "../../src/sync/calls.ts";
import { settleFailure } from "../../src/sync/outbox/outcome.ts";

const failed = (kind: FailureKind, more: Partial<CallFailure> = {}): CallFailure => ({
  ok: false,
  kind,
  message: "said so",
  ...more,
});
const first = { attempts: 1, conditional: false, backoffMs: 900 };
const told = { message: "said so" };

describe("settleFailure", () => {
  it.each(["rate_limited", "unavailable", "malformed"] as const)("%s is tried again", (kind) => {
    expect(settleFailure(failed(kind), first)).toStrictEqual({
      status: "pending",
      waitMs: 900,
      kind,
      counted: true,
      ...told,
    });
  });

  it("waits as long as the platform says, even when that is less", () => {
    expect(settleFailure(failed("rate_limited", { retryAfterMs: 5_000 }), first)).toMatchObject({
      waitMs: 5_000,
    });
    expect(settleFailure(failed("rate_limited", { retryAfterMs: 0 }), first)).toMatchObject({ waitMs: 0 });
  });

  it("what is in doubt stays in doubt", () => {
    expect(settleFailure(failed("unknown"), first)).toStrictEqual({
      status: "unknown",
      waitMs: 900,
      kind: "unknown",
      counted: true,
      ...told,
    });
  });

  it.each(["invalid", "not_found", "unsupported", "conflict"] as const)("%s is parked", (kind) => {
    expect(settleFailure(failed(kind), first)).toStrictEqual({ status: "parked", kind, ...told });
  });

  it("a conditional write that met another figure is made anew, but not for ever", () => {
    const conditional = { ...first, conditional: true };
    expect(settleFailure(failed("conflict"), conditional)).toMatchObject({ status: "pending", waitMs: 0 });
    expect(settleFailure(failed("conflict"), { ...conditional, attempts: 8 })).toMatchObject({
      status: "pending",
      waitMs: first.backoffMs,
    });
    expect(settleFailure(failed("conflict"), { ...conditional, attempts: 40 })).toMatchObject({
      status: "parked",
    });
  });

  it("unreadable answers are parked in the end", () => {
    expect(settleFailure(failed("malformed"), { ...first, attempts: 12 })).toMatchObject({
      status: "parked",
    });
  });

  it("refused credentials and calls that were never made count for nothing", () => {
    expect(settleFailure(failed("auth"), first)).toMatchObject({ status: "pending", counted: false });
    expect(settleFailure(failed("unavailable", { held: true, retryAfterMs: 70 }), first)).toMatchObject({
      status: "pending",
      waitMs: 70,
      counted: false,
    });
  });
});
