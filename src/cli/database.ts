import type { Command } from "commander";
import type { CheckResult } from "../core/doctor.ts";
import { SluiceError } from "../core/errors.ts";
import { answer, type CliContext } from "./context.ts";
import { configOf, databaseNameOf } from "./core.ts";
import { promiseIn, say } from "./messages.ts";
import { tableOf } from "./table.ts";

/** `migrate` and `doctor`. */
export function addDatabase(program: Command, context: CliContext): void {
  program
    .command("migrate")
    .description("bring the database to this release's schema; every command does so by itself too")
    .action(() => migrateNow(context));
  program
    .command("doctor")
    .description("check every promise of the hub; exit code 1 and the offending rows when one is broken")
    .option("--merchant <code>", "only this merchant")
    .action((options: { merchant?: string }) => examine(context, options.merchant));
}

async function migrateNow(context: CliContext): Promise<void> {
  const database = databaseNameOf(configOf(context));
  await context.withCore(async ({ applied }) => {
    // A hub at work brought its database up when it started.
    const fresh = context.isRelayed ? [] : applied;
    answer(context, { database, applied: fresh }, () => {
      for (const name of fresh) context.io.print(name);
      context.io.note(
        fresh.length === 0 ? `${database} is up to date` : `${database}: ${fresh.length} migrations applied`,
      );
    });
  });
}

async function examine(context: CliContext, code: string | undefined): Promise<void> {
  const { runDoctor } = await import("../core/doctor.ts");
  const { findMerchantByCode } = await import("../core/merchants.ts");
  await context.withCore(async ({ db }) => {
    const merchant = code === undefined ? undefined : await findMerchantByCode(db, code);
    if (code !== undefined && !merchant)
      throw new SluiceError(
        "not_found",
        `There is no merchant "${code}"; list them with: sluice merchants list`,
      );
    const report = await runDoctor(db, merchant ? { merchantId: merchant.id } : {});
    if (!report.ok) context.exitCode = 1;
    answer(context, report, () => tellReport(context, report.checks));
  });
}

function tellReport(context: CliContext, checks: readonly CheckResult[]): void {
  const { io, language } = context;
  if (checks.length === 0) {
    io.print(say(language, "doctor_empty"));
    return;
  }
  for (const { merchant, name, ok, promise } of checks) {
    io.print(`${ok ? "ok    " : "FAILED"}  ${merchant}  ${promiseIn(language, name, promise)}`);
  }
  const failed = checks.filter(({ ok }) => !ok);
  for (const { merchant, name, message, rows } of failed) {
    io.print("");
    io.print(`${name} (${merchant}): ${message}`);
    const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cells = rows.map((row) => headings.map((heading) => row[heading]));
    for (const line of tableOf(headings, cells)) io.print(`  ${line}`);
  }
  io.print("");
  const counts = { count: checks.length, failed: failed.length };
  io.print(say(language, failed.length === 0 ? "doctor_ok" : "doctor_failed", counts));
}
