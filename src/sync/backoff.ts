import { backoffMs } from "../connectors/toolkit/retry.ts";
import type { Random } from "../core/ids.ts";

export interface BackoffPlan {
  firstWaitMs: number;
  maxWaitMs: number;
}

/** How long to wait after the failure number `attempts`: doubling up to the plan's longest wait, half of it random. */
export const waitAfter = (attempts: number, plan: BackoffPlan, random: Random): number =>
  backoffMs(Math.max(1, attempts), random.bytes(1)[0] ?? 0, plan);
