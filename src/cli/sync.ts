import type { Command } from "commander";
import { isSluiceError, messageOf } from "../core/errors.ts";
import type { SyncCounts } from "../sync/contract.ts";
import { answer, type CliContext } from "./context.ts";
import { chooseMerchant } from "./merchant.ts";
import { findConnectionBy, withSync } from "./services.ts";
import { tableOf } from "./table.ts";

interface SyncOptions {
  connection?: string;
  merchant?: string;
}

export function addSync(program: Command, context: CliContext): void {
  program
    .command("sync")
    .description("pull orders and push what is owed, now, on one connection or on all that are active")
    .option("--connection <name>", "name or id; all active ones when left out")
    .option("--merchant <code>", "code of the merchant, where there are several")
    .action((options: SyncOptions) => syncNow(context, options));
}

interface Outcome {
  connection: string;
  counts?: SyncCounts;
  problem?: string;
}

async function syncNow(context: CliContext, options: SyncOptions): Promise<void> {
  const { listConnections } = await import("../core/catalogue/connections.ts");
  const { manualConnector } = await import("../core/merchants.ts");
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, options.merchant);
    const connections =
      options.connection === undefined
        ? (await listConnections(core.db, merchant.id)).filter(
            ({ status, connector }) => status === "active" && connector !== manualConnector,
          )
        : [await findConnectionBy(core, merchant.id, options.connection)];
    const items: Outcome[] = [];
    await withSync(context, core, async (sync) => {
      // One after the other: each may fill the engine's queue by itself.
      for (const { id, name } of connections) {
        try {
          items.push({ connection: name, counts: await sync.syncConnection(merchant.id, id) });
        } catch (error) {
          if (!isSluiceError(error)) throw error;
          context.exitCode = 1;
          items.push({ connection: name, problem: messageOf(error) });
        }
      }
    });
    answer(context, { items }, () => tellOutcomes(context, items));
  });
}

function tellOutcomes({ io }: CliContext, items: readonly Outcome[]): void {
  if (items.length === 0) io.note("There is no active connection; add one with: sluice connections add");
  const rows = items.map(({ connection, counts, problem }) => [
    connection,
    counts?.orders,
    counts?.created,
    counts?.updated,
    counts?.rejected,
    counts?.pushed,
    counts?.failed,
    problem ?? "",
  ]);
  const headings = ["CONNECTION", "ORDERS", "NEW", "UPDATED", "REJECTED", "PUSHED", "FAILED", "PROBLEM"];
  for (const line of tableOf(headings, rows)) io.print(line);
}
