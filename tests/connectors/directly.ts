import type { MakeCall } from "../../src/connectors/contract.ts";
import type { Clock } from "../../src/core/clock.ts";

/** Calls made at once, with ten seconds each: an account whose budget is never spent. */
export const directly =
  ({ clock }: { clock: Clock }): MakeCall =>
  (work, stop) =>
    work({ signal: stop, deadlineMs: clock.nowMs() + 10_000 });
