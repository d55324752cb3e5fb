import { connectorBugs } from "./connectors.ts";
import { databaseBugs } from "./databases.ts";
import { escrowBugs } from "./escrow.ts";
import { liveBugs } from "./live.ts";
import type { Planted } from "./planted.ts";
import { statementBugs } from "./statements.ts";
import { surroundingBugs } from "./surroundings.ts";

/** Every bug the simulator is tried on; more is added here. */
export const plantedBugs: readonly Planted[] = [
  ...statementBugs,
  ...databaseBugs,
  ...connectorBugs,
  ...surroundingBugs,
  ...escrowBugs,
  ...liveBugs,
];
