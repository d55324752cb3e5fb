import { faults } from "./faults.ts";
import type { RunResult } from "./run.ts";
import { roomFaults } from "./world/live-feed.ts";
import type { World } from "./world/world.ts";

/** What only the shops' own journals tell. */
export function countSeen(world: World): void {
  for (const { sandbox, plan } of world.shops) {
    for (const entry of sandbox.journal.entries()) {
      if (entry.kind === "webhook_dropped") world.see("webhook.drop");
      if (entry.kind === "fulfilment_not_applied") world.see("write.answeredButNotApplied");
      if (entry.kind === "stock_written" && !entry.applied && entry.code === undefined)
        world.see("write.answeredButNotApplied");
    }
    if (plan.faults.clockSkewMs !== 0) world.see("clock.shop");
  }
}

/** Faults that never happened in a run of many seeds: then their tests prove nothing. */
export function neverSeen(results: readonly Pick<RunResult, "seen">[]): string[] {
  const seen = new Set(results.flatMap((result) => Object.keys(result.seen)));
  const all = [...faults.flatMap((fault) => fault.seenAs), ...Object.keys(roomFaults), "room.unheard"];
  return all.filter((name) => !seen.has(name));
}
