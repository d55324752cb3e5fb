import type { SyncOptions } from "../../src/sync/parts.ts";
import type { Dangers } from "../world/life.ts";

export interface PlatformPlan {
  seed: number;
  skuCount: number;
  openingStock: number;
  stockMode: "shared" | "split" | "auto";
  dangers: Pick<Dangers, "crash" | "pause" | "longestPauseMs">;
  processes: number;
  options?: Partial<SyncOptions>;
}
