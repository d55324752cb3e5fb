import { createConnection, listConnections } from "../../../core/catalogue/connections.ts";
import type { OrderAnswer } from "../../../core/engine/commands.ts";
import { SluiceError } from "../../../core/errors.ts";
import type { FileSource, NamedSku, OrderStep, OrdersFile } from "../../../core/model/file-import.ts";
import { heldOrders, snapshotToApply } from "./held-orders.ts";
import { knownSkus } from "./known.ts";
import { makeMissingSkus, stockServices } from "./missing-skus.ts";
import { referenceOf } from "./references.ts";
import {
  type ImportOptions,
  type ImportParts,
  type ImportReport,
  type Options,
  prepare,
  RowAccount,
} from "./report.ts";
import { inWindow, submit } from "./window.ts";

/** Documents handed to the engine and not yet answered: enough to fill its batches, little to remember. */
const inFlight = 1_000;

const connectorId = "file";

/**
 * Imports a file of orders as facts: units are reserved and shipped as far as there are any, what is missing is recorded as
 * a shortfall. Documents are handed over in date order, so a return comes after its sale. The connection of the given name
 * is made when there is none. Order number and connection make a repeat harmless.
 */
export async function importOrders(
  parts: ImportParts,
  merchantId: string,
  source: FileSource,
  given: ImportOptions = {},
): Promise<ImportReport> {
  const { options, fileOptions } = await prepare(parts, merchantId, given);
  const file = await parts.files.orders(source, fileOptions);
  const account = new RowAccount(file, given.onProgress);
  const unknown = await unknownSkus(parts, merchantId, file, options, account);
  const steps = withoutUnknownStock(file.steps, unknown, account);
  const undated = steps.filter((step) => step.isUndated).length;
  if (undated > 0) account.asOf = { at: fileOptions.asOf, orders: undated };
  if (options.dryRun) {
    for (const step of steps) account.imported(step.rows);
    return account.report("orders", source.name, true);
  }
  const connectionId = await ensureConnection(parts, merchantId, options.connection);
  await applySteps(parts, merchantId, { connectionId, options, steps, account });
  return account.report("orders", source.name, false);
}

interface Applying {
  connectionId: string;
  options: Options;
  steps: readonly OrderStep[];
  account: RowAccount;
}

async function applySteps(
  parts: ImportParts,
  merchantId: string,
  { connectionId, options, steps, account }: Applying,
): Promise<void> {
  const held = await heldOrders(parts.db, merchantId, connectionId, steps);
  const lastOf = new Map(steps.map((step) => [step.snapshot?.externalId, step]));
  const sums = { short: 0, shortOrders: 0, unmapped: 0, stale: 0, sameTime: 0 };
  await inWindow(steps, inFlight, async (step) => {
    const externalId = step.snapshot?.externalId ?? "";
    const before = held.get(externalId);
    const snapshot = options.asOf === undefined ? snapshotToApply(step, before) : step.snapshot;
    const answer = await applyStep(parts, merchantId, {
      connectionId,
      connection: options.connection,
      step: snapshot ? { ...step, snapshot } : step,
    });
    if ("refusal" in answer) account.reject(step.rows, answer.refusal);
    else account.imported(step.rows);
    account.outcome("refusal" in answer ? "refused" : answer.outcome);
    if (!("order" in answer)) return;
    const { outcome, shortfall, unmapped } = answer.order;
    if (shortfall > 0) sums.shortOrders += 1;
    sums.short += shortfall;
    sums.unmapped += unmapped;
    // The sale of an order that is refunded further down is older than what an earlier run of this file left.
    if (outcome === "stale" && lastOf.get(externalId) === step) sums.stale += 1;
    if (outcome === "updated" && before?.updatedAt === snapshot?.updatedAt) sums.sameTime += 1;
  });
  noteSums(account, sums);
}

interface Sums {
  short: number;
  shortOrders: number;
  unmapped: number;
  stale: number;
  sameTime: number;
}

function noteSums(account: RowAccount, { short, shortOrders, unmapped, stale, sameTime }: Sums): void {
  const notes = [
    short > 0 && `${shortOrders} orders are short of ${short} units; they wait for stock`,
    unmapped > 0 && `${unmapped} order lines wait for their SKU; create it and they go on by themselves`,
    stale > 0 && `of ${stale} orders the hub holds a newer state and kept it`,
    sameTime > 0 &&
      `${sameTime} orders came with another state than the hub held for the same time; this import, the later one, counts`,
  ];
  for (const note of notes) if (note !== false) account.warn(0, note);
}

/** Makes missing SKUs or says which there are; answers the codes that stay unknown. */
async function unknownSkus(
  parts: ImportParts,
  merchantId: string,
  file: OrdersFile,
  options: Options,
  account: RowAccount,
): Promise<ReadonlySet<string>> {
  const known = await knownSkus(
    parts.db,
    merchantId,
    file.skus.map(({ code }) => code),
  );
  const missing = file.skus.filter(({ code }) => !known.has(code));
  if (options.createMissingSkus) {
    account.createdSkus = missing.length;
    if (options.dryRun) return new Set();
    await makeMissingSkus(parts, merchantId, missing);
    await stockServices(
      parts,
      merchantId,
      file.skus.filter((sku) => isService(sku, known.get(sku.code)?.kind)),
    );
    return new Set();
  }
  if (missing.length > 0) {
    const shown = missing
      .slice(0, 20)
      .map(({ code }) => code)
      .join(", ");
    account.warn(
      0,
      `${missing.length} SKUs are not known (${shown}${missing.length > 20 ? ", …" : ""}); their order lines wait until they are created`,
    );
  }
  return new Set(missing.map(({ code }) => code));
}

const isService = (sku: NamedSku, kind: string | undefined): boolean =>
  sku.kind === "virtual" && (kind ?? "virtual") === "virtual";

/** An order may wait for a SKU; a change of stock cannot. */
function withoutUnknownStock(
  steps: readonly OrderStep[],
  unknown: ReadonlySet<string>,
  account: RowAccount,
): OrderStep[] {
  return steps.filter((step) => {
    const missing = step.adjustment?.find(({ sku }) => unknown.has(sku));
    if (missing)
      account.reject(
        step.rows,
        `there is no SKU ${missing.sku}, whose stock this row changes; create it and import again`,
      );
    return missing === undefined;
  });
}

type StepAnswer = { refusal: string } | { outcome: string } | { outcome: string; order: OrderAnswer };

/** The change of stock first: when it is refused, the document leaves no trace. */
async function applyStep(
  { engine, runtime }: ImportParts,
  merchantId: string,
  { connectionId, connection, step }: { connectionId: string; connection: string; step: OrderStep },
): Promise<StepAnswer> {
  let outcome = "nothing";
  if (step.adjustment) {
    const input = { reference: referenceOf(connection, step.document), lines: step.adjustment };
    const answer = await submit(engine, runtime.timers, merchantId, { kind: "stock.adjust", input });
    if (answer.kind === "refused") return { refusal: answer.message };
    if (answer.kind === "stock") outcome = answer.outcome;
  }
  if (!step.snapshot) return { outcome };
  const answer = await submit(engine, runtime.timers, merchantId, {
    kind: "order.apply",
    connectionId,
    snapshot: step.snapshot,
    mayRefuse: false,
    // A file deducts nothing by itself, which counts as from payment on.
    reserveFrom: "paid",
    laterWins: true,
  });
  if (answer.kind === "refused") return { refusal: answer.message };
  return answer.kind === "order" ? { outcome: answer.outcome, order: answer } : { outcome };
}

async function ensureConnection(parts: ImportParts, merchantId: string, name: string): Promise<string> {
  const known = (await listConnections(parts.db, merchantId)).find((connection) => connection.name === name);
  if (!known) {
    const input = { connector: connectorId, name, settings: {}, secrets: {} };
    return (await createConnection(parts.db, parts, merchantId, input)).id;
  }
  if (known.connector === connectorId) return known.id;
  throw new SluiceError(
    "conflict",
    `"${name}" is a connection to ${known.connector}, not one for files; choose another connection name for this import.`,
  );
}
