import type { Connector } from "../../src/connectors/contract.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Command, Engine } from "../../src/core/engine/commands.ts";
import type { Vault } from "../../src/core/vault.ts";
import type { RunningSync } from "../../src/sync/sync.ts";
import type { Statement } from "./database.ts";
import type { Life } from "./life.ts";

/** What a planted bug may need of the world. */
export interface PlantTools {
  /** Call it where the bug changes something: a bug that never did was not planted. */
  did(): void;
  /** A number from 0 (included) to 1. */
  fraction(): number;
  life: Life;
  /** The process's place among those that were started, from 0. */
  place: number;
}

/**
 * A bug put in from outside, through the seams every process is built on. Each member takes one safety away; the
 * product's code knows nothing of it.
 */
export interface Plant {
  statement?(statement: Statement, tools: PlantTools): Statement;
  database?(db: Database, tools: PlantTools): Database;
  connector?(connector: Connector, tools: PlantTools): Connector;
  clock?(clock: Clock, tools: PlantTools): Clock;
  vault?(vault: Vault, tools: PlantTools): Vault;
  /** The write path as the sync layer sees it. */
  engine?(engine: Engine, tools: PlantTools): Engine;
  receive?(receive: RunningSync["receive"], tools: PlantTools): RunningSync["receive"];
  /** A command as it reaches the hub; `attempt` counts from 1 and rises when the caller heard nothing. */
  command?(command: Command, attempt: number, did: () => void): Command;
}
