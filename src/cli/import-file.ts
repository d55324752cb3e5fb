import { readFile, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Files } from "../connectors/contract.ts";
import { file as fileConnector } from "../connectors/file/index.ts";
import { messageOf, SluiceError } from "../core/errors.ts";
import type { FileSource, ImportKind } from "../core/model/file-import.ts";
import { formatMinor } from "../core/money/money.ts";
import {
  type ImportOptions,
  type ImportReport,
  importOrders,
  importSkus,
  importStock,
  rejectedRowsCsv,
} from "../sync/jobs/import-file.ts";
import { readPairs } from "./arguments.ts";
import { answer, type CliContext, type OpenedCore } from "./context.ts";
import type { ImportArguments } from "./import.ts";
import { chooseMerchant } from "./merchant.ts";
import { logToNotes, withSync } from "./services.ts";
import { tableOf } from "./table.ts";

const imports = { orders: importOrders, stock: importStock, skus: importSkus };

/** Imports one file, tells what became of every row, and puts the rejected ones aside. */
export async function importFile(
  context: CliContext,
  kind: ImportKind,
  name: string,
  options: ImportArguments,
): Promise<void> {
  const path = resolve(context.cwd, name);
  const source: FileSource = { name: basename(path), bytes: await readSource(path) };
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, options.merchant);
    const progress = context.io.progress(source.name);
    let report: ImportReport;
    try {
      report = await withSync(context, core, ({ reserveFrom }) =>
        imports[kind](
          { ...core, files: filesOf(core), reserveFrom, log: logToNotes(context) },
          merchant.id,
          source,
          {
            ...importOptionsOf(options),
            onProgress: ({ done, total }) => progress.tell(done, total),
          },
        ),
      );
    } finally {
      progress.end();
    }
    const rejectedFile = await keepAside(context, report, path, options.rejected);
    if (report.rejected.length > 0) context.exitCode = 1;
    answer(context, { ...report, rejectedFile }, () => tellReport(context, report, rejectedFile));
  });
}

async function readSource(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SluiceError(
      "file_unreadable",
      `Cannot read ${path}: ${messageOf(cause)}. Check its name and rights.`,
      {
        cause,
      },
    );
  }
}

function filesOf({ runtime }: OpenedCore): Files {
  const { files } = fileConnector.open({ settings: {}, secrets: {}, ...runtime });
  if (!files) throw new SluiceError("internal", "The file connector cannot read files.");
  return files;
}

function importOptionsOf(options: ImportArguments): ImportOptions {
  const { map, createSkus, rejected: _, merchant: __, ...rest } = options;
  return {
    ...rest,
    mapping: Object.fromEntries(readPairs(map ?? [], "--map")),
    createMissingSkus: createSkus ?? false,
  };
}

/** Writes the rejected rows beside the file; null when there are none. */
async function keepAside(
  context: CliContext,
  report: ImportReport,
  path: string,
  wanted: string | undefined,
): Promise<string | null> {
  if (report.rejected.length === 0) return null;
  const target = wanted === undefined ? `${path}.rejected.csv` : resolve(context.cwd, wanted);
  try {
    await writeFile(target, rejectedRowsCsv(report), { mode: 0o600 });
    return target;
  } catch (cause) {
    throw new SluiceError(
      "invalid_request",
      `${report.imported} rows were taken and ${report.rejected.length} rejected, but ${target} cannot be written: ${messageOf(cause)}. ` +
        "Run it again with --rejected FILE; rows that were taken change nothing a second time.",
      { cause },
    );
  }
}

const asOfSentence = ({ at, orders }: NonNullable<ImportReport["asOf"]>): string =>
  `${orders} orders name no time of their last change: their state is taken as of ${at}; --as-of gives another`;

/** Enough to see what is wrong; all of them stand in the file. */
const shownRows = 10;

function tellReport({ io }: CliContext, report: ImportReport, rejectedFile: string | null): void {
  const { source, format, rows, imported, rejected, dryRun, createdSkus } = report;
  io.print(
    `${source} (${format}): ${rows} rows, ${imported} ${dryRun ? "would be taken" : "taken"}, ${rejected.length} rejected`,
  );
  const amounts = (minor: Record<string, number>) =>
    Object.entries(minor)
      .map(([currency, amount]) => `${formatMinor(amount, currency)} ${currency}`)
      .join(", ");
  const classes = report.classes.map((one) => [one.class, one.rows, amounts(one.amountsMinor)]);
  for (const line of tableOf(["ROWS THAT ARE", "COUNT", "AMOUNT"], classes)) io.print(`  ${line}`);
  if (createdSkus > 0) io.print(`${createdSkus} SKUs ${dryRun ? "would be made" : "made"}`);
  const outcomes = Object.entries(report.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  if (outcomes.length > 0) io.print(`documents: ${outcomes.join(", ")}`);
  if (report.asOf !== null) io.print(asOfSentence(report.asOf));
  for (const { line, message } of report.warnings.slice(0, shownRows)) {
    io.note(line === 0 ? `note: ${message}` : `note: line ${line}: ${message}`);
  }
  if (report.warnings.length > shownRows)
    io.note(`note: and ${report.warnings.length - shownRows} more; see --json`);
  for (const { line, reason } of rejected.slice(0, shownRows)) io.note(`rejected: line ${line}: ${reason}`);
  if (rejectedFile !== null) {
    io.note(`all rejected rows: ${rejectedFile}; correct them there and import that file`);
  }
}
