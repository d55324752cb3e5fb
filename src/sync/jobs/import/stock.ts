import { SluiceError } from "../../../core/errors.ts";
import { mainLocation } from "../../../core/merchants.ts";
import type { FileSource, StockFile, StockItem } from "../../../core/model/file-import.ts";
import { knownLocations, knownSkus } from "./known.ts";
import { makeMissingSkus } from "./missing-skus.ts";
import { digestOf, referenceOf } from "./references.ts";
import {
  type ImportOptions,
  type ImportParts,
  type ImportReport,
  type Options,
  prepare,
  RowAccount,
} from "./report.ts";
import { submit } from "./window.ts";
import { zeroMissing } from "./zero-missing.ts";

/** Rows in one stock document: a document is one journal entry and one transaction. */
const rowsPerDocument = 500;

/**
 * Imports a file of stock as adjustments, in documents numbered after the file: what was posted already is not posted again.
 * With `zeroMissing` the file is the whole truth about the locations it names: every other SKU there is counted as
 * zero, and the stock is read back to prove it. Such a file must not have a single bad row.
 */
export async function importStock(
  parts: ImportParts,
  merchantId: string,
  source: FileSource,
  given: ImportOptions = {},
): Promise<ImportReport> {
  const { options, fileOptions } = await prepare(parts, merchantId, given);
  const file = await parts.files.stock(source, fileOptions);
  const account = new RowAccount(file, given.onProgress);
  const items = await usable(parts, merchantId, file, options, account);
  if (options.zeroMissing) refuseDoubtful(source, file, items);
  if (options.dryRun) {
    account.imported(items.map(classed));
    return account.report("stock", source.name, true);
  }
  const { asOf: _differsAtEachRun, ...reading } = fileOptions;
  const scope = options.reference ?? digestOf(source.bytes, JSON.stringify(reading));
  const posted = await postedReferences(parts, merchantId, scope);
  const documents = Array.from({ length: Math.ceil(items.length / rowsPerDocument) }, (_, index) => ({
    name: String(index + 1),
    items: items.slice(index * rowsPerDocument, (index + 1) * rowsPerDocument),
  }));
  const last = documents.at(-1);
  // The counts are posted after the zeros, so a posted last document says that an earlier run has zeroed already.
  const isRepeat = last !== undefined && isPosted(posted, scope, last);
  if (options.zeroMissing && !isRepeat) {
    const zeroed = await zeroMissing(parts, merchantId, { scope, items });
    account.warn(0, `${zeroed} SKUs that the file does not name were counted as zero, and read back as zero`);
  }
  const sums = { repeated: 0, short: 0 };
  for (const document of documents) await post(parts, merchantId, { scope, posted, document, account, sums });
  if (sums.repeated > 0) {
    account.warn(
      0,
      `${sums.repeated} documents were posted by an earlier import of this file and changed nothing; give a reference to post them again`,
    );
  }
  if (sums.short > 0)
    account.warn(
      0,
      `${sums.short} order lines lost reserved units, since fewer were found than were promised`,
    );
  return account.report("stock", source.name, false);
}

interface Document {
  name: string;
  items: StockItem[];
}

const classed = (item: StockItem) => ({
  ...item,
  class:
    item.adjustment.delta !== undefined
      ? "changed"
      : item.adjustment.count !== undefined
        ? "counted"
        : "held back",
});

const lineName = (item: StockItem): string => `line ${item.line}`;

/** Rows whose SKU and location exist; bundles have no stock of their own. */
async function usable(
  parts: ImportParts,
  merchantId: string,
  file: StockFile,
  options: Options,
  account: RowAccount,
): Promise<StockItem[]> {
  const codes = new Set(file.items.map(({ adjustment }) => adjustment.sku));
  const known = await knownSkus(parts.db, merchantId, codes);
  const locations = await knownLocations(parts.db, merchantId);
  const missing = [...codes].filter((code) => !known.has(code));
  if (options.createMissingSkus) {
    account.createdSkus = missing.length;
    if (!options.dryRun) {
      await makeMissingSkus(
        parts,
        merchantId,
        missing.map((code) => ({ code, name: code, kind: "physical" })),
      );
    }
  }
  return file.items.filter((item) => {
    const { sku, location = mainLocation } = item.adjustment;
    const reason = whyUnusable(sku, location);
    if (reason !== undefined) account.reject([item], reason);
    return reason === undefined;
  });

  function whyUnusable(sku: string, location: string): string | undefined {
    if (!locations.has(location)) return `there is no location ${location}; create it and import again`;
    if (known.get(sku)?.kind === "bundle")
      return `SKU ${sku} is a bundle and has no stock of its own; give its components`;
    if (!known.has(sku) && !options.createMissingSkus)
      return `there is no SKU ${sku}; create it and import again`;
    return undefined;
  }
}

function refuseDoubtful(source: FileSource, file: StockFile, items: readonly StockItem[]): void {
  const rejected = file.rows - items.length;
  const changes = items.find(({ adjustment }) => adjustment.count === undefined);
  if (rejected === 0 && items.length > 0 && !changes) return;
  const why = changes
    ? `line ${changes.line} is no count`
    : items.length === 0
      ? "it has no rows"
      : `${rejected} of its rows cannot be taken, and their SKUs would be counted as zero`;
  throw new SluiceError(
    "conflict",
    `${source.name}: SKUs it does not name can only be zeroed by a file of counts without a bad row, but ${why}. Nothing was changed; run it dry to see the rows.`,
  );
}

async function postedReferences(parts: ImportParts, merchantId: string, scope: string): Promise<Set<string>> {
  const prefix = referenceOf(scope, "");
  const rows = await parts.db.query<{ reference: string }>(
    "select reference from stock_documents where merchant_id = $1 and starts_with(reference, $2)",
    [merchantId, prefix],
  );
  return new Set(rows.map(({ reference }) => reference));
}

const isPosted = (posted: ReadonlySet<string>, scope: string, document: Document): boolean =>
  posted.has(referenceOf(scope, document.name)) ||
  document.items.some((item) => posted.has(referenceOf(scope, lineName(item))));

interface Posting {
  scope: string;
  posted: ReadonlySet<string>;
  document: Document;
  account: RowAccount;
  sums: { repeated: number; short: number };
}

/**
 * One document for all rows. When the core refuses it, each row gets a document of its own, so that one bad row stops no
 * other; a document that was once taken apart stays so at every later run.
 */
async function post(parts: ImportParts, merchantId: string, posting: Posting): Promise<void> {
  const { scope, posted, document, account, sums } = posting;
  const isApart = document.items.some((item) => posted.has(referenceOf(scope, lineName(item))));
  if (!isApart) {
    const answer = await submit(parts.engine, parts.runtime.timers, merchantId, {
      kind: "stock.adjust",
      input: {
        reference: referenceOf(scope, document.name),
        lines: document.items.map(({ adjustment }) => adjustment),
      },
    });
    if (answer.kind === "stock") {
      account.imported(document.items.map(classed));
      account.outcome(answer.outcome);
      sums.repeated += answer.outcome === "duplicate" ? 1 : 0;
      sums.short += answer.outcome === "applied" ? answer.shortfalls.length : 0;
      return;
    }
    const [only] = document.items;
    if (document.items.length === 1 && only && answer.kind === "refused") {
      account.outcome("refused");
      return account.reject([only], answer.message);
    }
  }
  for (const item of document.items) {
    await post(parts, merchantId, {
      ...posting,
      posted: new Set(),
      document: { name: lineName(item), items: [item] },
    });
  }
}
