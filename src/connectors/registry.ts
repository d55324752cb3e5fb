import { bilibiliLive } from "./bilibili-live/index.ts";
import type { Connector } from "./contract.ts";
import { file } from "./file/index.ts";
import { generic } from "./generic/index.ts";
import { medusa } from "./medusa/index.ts";

/** Every platform the hub knows: the only list of them. A new platform is one import and one line here. */
const listed: readonly Connector[] = [file, generic, medusa, bilibiliLive];

/** By id, as the composition roots hand it on. */
export const registry: ReadonlyMap<string, Connector> = new Map(
  listed.map((connector) => [connector.manifest.id, connector]),
);
