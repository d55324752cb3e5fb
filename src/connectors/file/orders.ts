import type { Instant } from "../../core/clock.ts";
import type {
  FileOptions,
  FileRow,
  FileSource,
  NamedSku,
  OrderStep,
  OrdersFile,
} from "../../core/model/file-import.ts";
import { orderColumns } from "./fields.ts";
import { closeFacts, type OpenedFile, openFile, rejectRow } from "./open-file.ts";
import { type OrderRow, readOrderRow } from "./order-row.ts";
import { buildOrder } from "./order-snapshot.ts";
import { type Conventions, conventionsOf } from "./presets.ts";
import { Returns } from "./returns.ts";
import { isStockNote, stockNoteStep } from "./stock-notes.ts";

/** Rows of one number. A number may carry both a sale and notes about stock. */
interface Document {
  id: string;
  rows: OrderRow[];
  at: Instant;
}

/**
 * Reads a file of orders, one row per line sold, into steps in date order. Rows of an order need not stand together.
 * An order is taken whole or not at all: beside a bad row its good rows are rejected too, so that the corrected file of
 * rejected rows can be imported as it is.
 */
export async function readOrders(source: FileSource, given: FileOptions): Promise<OrdersFile> {
  const conventions = conventionsOf(given.preset);
  const options = withConventions(given, conventions);
  const file = await openFile(source, options, conventions, orderColumns);
  const good = new Map<string, OrderRow[]>();
  const bad = new Map<string, number>();
  for await (const { row, reader } of file.rows) {
    const order = reader.problems.length === 0 ? readOrderRow(row, reader, options) : undefined;
    if (order && reader.problems.length === 0) {
      append(good, order.orderId, order);
      continue;
    }
    rejectRow(file, row, reader.problems.join("; "));
    const orderId = reader.code("orderId");
    if (orderId !== undefined && !bad.has(orderId)) bad.set(orderId, row.line);
  }
  for (const [orderId, line] of bad) {
    const reason = `order ${orderId} is taken whole or not at all, and its line ${line} was rejected`;
    for (const row of good.get(orderId) ?? []) rejectRow(file, row, reason);
    good.delete(orderId);
  }
  const steps = stepsOf(documentsOf(good, file), file, options, conventions);
  const skus = namedSkus(steps, good, conventions);
  warnOfCases(skus, file);
  return { ...closeFacts(file), steps, skus };
}

const withConventions = (options: FileOptions, conventions: Conventions): FileOptions => ({
  ...options,
  currency: conventions.currency ?? options.currency,
  timeZone: conventions.timeZone ?? options.timeZone,
});

/** In date order; of two at the same time, the one that stands first in the file. */
function documentsOf(good: ReadonlyMap<string, OrderRow[]>, file: OpenedFile): Document[] {
  const documents: Document[] = [];
  for (const [id, rows] of good) {
    const times = [...new Set(rows.flatMap((row) => row.placedAt ?? []))].toSorted();
    const [at] = times;
    const [first] = rows;
    if (at === undefined) rejectAll(file, rows, "the order has no time at which it was placed");
    else documents.push({ id, rows, at });
    if (at !== undefined && first && times.length > 1) {
      file.facts.warnings.push({
        line: first.line,
        message: `order ${id} has ${times.length} times; the earliest counts`,
      });
    }
  }
  return documents.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function stepsOf(
  documents: readonly Document[],
  file: OpenedFile,
  options: FileOptions,
  conventions: Conventions,
): OrderStep[] {
  const returns = new Returns(options, conventions);
  const prefix = conventions.cancellationPrefix;
  return documents.flatMap(({ id, rows, at }) => {
    if (prefix !== undefined && id.startsWith(prefix)) {
      const settled = returns.settle(rows, at);
      return settled.ok ? settled.steps : rejectAll(file, rows, settled.reason);
    }
    const notes = rows.filter((row) => isStockNote(row, conventions));
    const sold = rows.filter((row) => !notes.includes(row));
    const steps = notes.length === 0 ? [] : [stockNoteStep(notes, at)];
    if (sold.length === 0) return steps;
    const built = buildOrder(sold, options, conventions);
    if (!built.ok) return [...steps, ...rejectAll(file, sold, built.reason)];
    returns.remember(built.value, sold);
    const { snapshot, isUndated, doubts, rows: classes } = built.value;
    for (const message of doubts) file.facts.warnings.push({ line: sold[0]?.line ?? 0, message });
    return [...steps, { document: id, at, rows: classes, snapshot, ...(isUndated ? { isUndated } : {}) }];
  });
}

function rejectAll(file: OpenedFile, rows: readonly FileRow[], reason: string): never[] {
  for (const row of rows) rejectRow(file, row, reason);
  return [];
}

/** Every code an accepted row names, with its first text; the warehouse's own notes are no names. */
function namedSkus(
  steps: readonly OrderStep[],
  good: ReadonlyMap<string, OrderRow[]>,
  conventions: Conventions,
): NamedSku[] {
  const taken = new Set(steps.flatMap((step) => step.rows.map((row) => row.line)));
  const names = new Map<string, string | undefined>();
  for (const rows of good.values()) {
    for (const row of rows) {
      if (row.sku === undefined || !taken.has(row.line)) continue;
      const name = isStockNote(row, conventions) ? undefined : row.title;
      names.set(row.sku, names.get(row.sku) ?? name);
    }
  }
  return [...names].map(([code, name]) => ({
    code,
    name: (name ?? code).slice(0, 500),
    kind: conventions.services?.has(code) ? "virtual" : "physical",
  }));
}

/** Codes count with their letter case, as the file writes them; a person should know that two look alike. */
function warnOfCases(skus: readonly NamedSku[], file: OpenedFile): void {
  const byLower = new Map<string, string[]>();
  for (const { code } of skus) append(byLower, code.toLowerCase(), code);
  for (const codes of byLower.values()) {
    if (codes.length < 2) continue;
    file.facts.warnings.push({
      line: 0,
      message: `the SKUs ${codes.join(" and ")} differ only by letter case and are kept apart`,
    });
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
