import type { Feature } from "../features.ts";
import type { World } from "../world/world.ts";

/** One thing that people do in a run. Doing nothing, because nothing fits now, is fine. */
export interface Operation {
  name: string;
  /** Only in runs with this feature; always when left out. */
  feature?: Feature;
  /** How often it comes up, against the others. */
  weight: number;
  act(world: World): void;
}
