/**
 * Imports a year of real invoices through the file connector and holds the result against figures computed straight
 * from the file: SKUs, opening stock, sales, cancellations, postage, discounts, damages, all in date order. Then the books
 * are posted, every promise is checked by doctor, and hledger, bean-check and ledger judge the exported journal.
 *
 *   npm run e2e:online-retail -- path/to/online-retail-sample.csv.gz
 *
 * The file is the UCI data set Online Retail (https://doi.org/10.24432/C5BW33, CC BY 4.0) or lines of it, as CSV, packed
 * with gzip or not. Works in a temporary directory with the embedded database; DATABASE_URL names a PostgreSQL database to
 * use instead, in which a merchant of its own is made. Safe to run again. Exits 1 when anything differs.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { gunzipSync } from "node:zlib";
import { runDoctor } from "../../src/core/doctor.ts";
import { formatMinor } from "../../src/core/money/money.ts";
import {
  type ImportOptions,
  type ImportReport,
  importOrders,
  importSkus,
  importStock,
} from "../../src/sync/jobs/import-file.ts";
import { postJournals } from "../../src/sync/jobs/post-journals.ts";
import { hubFigures, hubStock } from "./online-retail/books.ts";
import { checkExports } from "./online-retail/checkers.ts";
import {
  type Expected,
  expectedOf,
  type Opening,
  openingStock,
  readInvoices,
} from "./online-retail/expected.ts";
import { type Hub, openHub } from "./online-retail/hub.ts";

/** The day before the first invoice, and the day after the last. */
const openingDay = "2010-11-30T09:00:00.000Z";
const closingDay = "2011-12-10T09:00:00.000Z";
const shortSkus = 5;

const failures: string[] = [];

function compare(
  what: string,
  found: number,
  expected: number,
  show: (value: number) => string = String,
): void {
  const ok = found === expected;
  if (!ok) failures.push(what);
  console.log(
    `  ${ok ? "ok  " : "FAIL"} ${what.padEnd(58)} ${show(found)}${ok ? "" : `, expected ${show(expected)}`}`,
  );
}

const pounds = (minor: number): string => `${formatMinor(minor, "GBP")} GBP`;

async function main(path: string): Promise<void> {
  const packed = await readFile(path);
  const text = (packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed) : packed).toString("utf8");
  const expected = expectedOf(readInvoices(text));
  const opening = openingStock(expected.skus, shortSkus);
  const directory = await mkdtemp(join(tmpdir(), "sluice-online-retail-"));
  const databaseUrl = process.env.DATABASE_URL || undefined;
  const hub = await openHub({ databaseUrl, dataDir: join(directory, "data"), start: openingDay });
  try {
    await importMasterData(hub, expected, opening);
    hub.travelTo(closingDay);
    const source = { name: path, bytes: packed };
    const report = await timed("orders", () => importOrders(hub.parts, hub.merchantId, source, retail));
    printClasses(report, expected);
    await compareFigures(hub, report, expected, opening);
    await repeat(hub, source, report);
    await checkBooksAndExports(hub, directory);
  } finally {
    await hub.close();
    await rm(directory, { recursive: true, force: true });
  }
  console.log(
    failures.length === 0
      ? "\nEverything agrees."
      : `\n${failures.length} checks failed: ${failures.join("; ")}`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

const retail: ImportOptions = {
  preset: "online-retail",
  connection: "online-retail",
  createMissingSkus: true,
};

async function importMasterData(
  hub: Hub,
  { skus }: Expected,
  opening: ReadonlyMap<string, Opening>,
): Promise<void> {
  const cell = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const skuRows = [...skus].map(([code, { name }]) => `${cell(code)},${cell(name)}`);
  const stockRows = [...opening].map(
    ([code, { units, unitCostMinor }]) => `${cell(code)},${units},${formatMinor(unitCostMinor, "GBP")}`,
  );
  const { parts, merchantId } = hub;
  const skuReport = await timed("SKUs", () =>
    importSkus(parts, merchantId, table("skus.csv", "sku,name", skuRows)),
  );
  const stockReport = await timed("opening stock", () =>
    importStock(parts, merchantId, table("stock.csv", "sku,count,unit cost", stockRows), {
      reason: "opening",
    }),
  );
  console.log("\nMaster data");
  compare("SKUs imported", skuReport.imported, skus.size);
  compare("SKUs with opening stock", stockReport.imported, opening.size);
}

const table = (name: string, header: string, rows: readonly string[]) => ({
  name,
  bytes: new TextEncoder().encode([header, ...rows, ""].join("\n")),
});

async function timed<Result extends { rows: number }>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `Imported ${what}: ${result.rows} rows in ${seconds.toFixed(1)} s (${Math.round(result.rows / seconds)}/s)`,
  );
  return result;
}

function printClasses(report: ImportReport, expected: Expected): void {
  console.log("\nWhat became of each row");
  for (const { class: name, rows, amountsMinor } of report.classes) {
    const amounts = Object.values(amountsMinor).map(pounds).join(", ");
    console.log(`  ${name.padEnd(24)} ${String(rows).padStart(7)}  ${amounts.padStart(18)}`);
  }
  const sum = report.classes.reduce((rows, count) => rows + count.rows, 0);
  console.log(`  ${"all".padEnd(24)} ${String(sum).padStart(7)}`);
  for (const { line, reason } of report.rejected) console.log(`  line ${line}: ${reason}`);
  for (const { line, message } of report.warnings)
    console.log(`  note${line > 0 ? ` on line ${line}` : ""}: ${message}`);
  compare("rows accounted for", sum, expected.rows);
  compare("rejected rows", report.rejected.length, 0);
}

const classAmount = (report: ImportReport, name: string): number =>
  report.classes.find((count) => count.class === name)?.amountsMinor.GBP ?? 0;

async function compareFigures(
  hub: Hub,
  report: ImportReport,
  expected: Expected,
  opening: ReadonlyMap<string, Opening>,
): Promise<void> {
  const { db, merchantId, parts } = hub;
  for (let caughtUp = false; !caughtUp; ) ({ caughtUp } = await postJournals(parts, merchantId));
  const found = await hubFigures(db, merchantId);
  const unmatchedMinor = -classAmount(report, "return without sale");
  const matchedMinor = -classAmount(report, "refund");
  console.log("\nMoney, in the hub against the file");
  compare("sales", found.salesMinor, expected.grossMinor, pounds);
  compare("refunds", found.refundsMinor, expected.refundsMinor, pounds);
  compare(
    "of these, refunds of sales in the file",
    matchedMinor,
    expected.refundsMinor - unmatchedMinor,
    pounds,
  );
  compare("sales outside the file that its returns stand for", found.standInsMinor, unmatchedMinor, pounds);
  compare("receivable in the books", found.receivableMinor, expected.grossMinor - matchedMinor, pounds);
  compare("revenue in the books", found.revenueMinor, expected.grossMinor - matchedMinor, pounds);
  compare(
    "orders still worth, sale minus refund",
    found.deliveredMinor,
    expected.grossMinor - matchedMinor,
    pounds,
  );
  const netMinor = expected.grossMinor - expected.refundsMinor;
  compare(
    "receivable without those sales: the net of the file",
    found.receivableMinor - unmatchedMinor,
    netMinor,
    pounds,
  );
  console.log(
    `  ${found.orders} orders, ${found.standIns} returns without their sale, ${found.entries} journal entries`,
  );
  await compareStock(hub, expected, opening, found.unitsShippedWithoutStock);
}

async function compareStock(
  hub: Hub,
  expected: Expected,
  opening: ReadonlyMap<string, Opening>,
  shippedWithoutStock: number,
): Promise<void> {
  const found = await hubStock(hub.db, hub.merchantId);
  const wrong: string[] = [];
  let missing = 0;
  for (const [code, { units, isShort }] of opening) {
    const figures = expected.skus.get(code);
    const left = units - (figures?.sold ?? 0) + (figures?.otherChange ?? 0);
    if (isShort) missing -= left;
    const should = isShort ? 0 : left;
    if (found.get(code) !== should) wrong.push(`${code} has ${found.get(code)} instead of ${should}`);
  }
  console.log("\nStock, in the hub against the file");
  for (const problem of wrong.slice(0, 10)) console.log(`  ${problem}`);
  compare("SKUs with the right stock on hand", opening.size - wrong.length, opening.size);
  compare(`units shipped without stock (${shortSkus} SKUs begin short)`, shippedWithoutStock, missing);
}

/** The same file again must change nothing. */
async function repeat(
  hub: Hub,
  source: { name: string; bytes: Uint8Array },
  first: ImportReport,
): Promise<void> {
  const lastEvent = async () =>
    (
      await hub.db.query<{ seq: number }>(
        "select last_event_seq as seq from merchants where merchant_id = $1",
        [hub.merchantId],
      )
    )[0]?.seq ?? 0;
  const before = await lastEvent();
  console.log("");
  const second = await timed("the same orders again", () =>
    importOrders(hub.parts, hub.merchantId, source, retail),
  );
  compare("events added by importing the file again", (await lastEvent()) - before, 0);
  compare("rows accounted for the second time", second.imported, first.imported);
}

async function checkBooksAndExports(hub: Hub, directory: string): Promise<void> {
  console.log("\nPromises and exports");
  const { checks } = await runDoctor(hub.db, { merchantId: hub.merchantId });
  const broken = checks.filter((check) => !check.ok);
  for (const { name, message } of broken) console.log(`  ${name}: ${message}`);
  compare(`broken promises, of ${checks.length} that doctor checks`, broken.length, 0);
  for (const { name, ok, message } of await checkExports(hub.db, hub.merchantId, directory)) {
    if (!ok) failures.push(name);
    console.log(`  ${ok ? "ok  " : "FAIL"} ${name.padEnd(58)} ${message}`);
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error(
    "Give the path of the invoices: npm run e2e:online-retail -- path/to/online-retail-sample.csv.gz",
  );
  process.exitCode = 2;
} else {
  await main(path);
}
