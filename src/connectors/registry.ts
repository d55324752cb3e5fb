import type { Connector } from "./contract.ts";
import * as platforms from "./platforms.ts";

/** By id, in the order of their names, as the composition roots hand it on. A new platform is one line in `platforms.ts`. */
export const registry: ReadonlyMap<string, Connector> = new Map(
  Object.values<Connector>(platforms).map((connector) => [connector.manifest.id, connector]),
);
