import { z } from "zod";
import type { Files } from "../../../connectors/contract.ts";
import type { ReleaseParts } from "../../../core/catalogue/releasing.ts";
import { type Instant, nowInstant } from "../../../core/clock.ts";
import type { Database } from "../../../core/db/database.ts";
import type { Engine } from "../../../core/engine/commands.ts";
import { SluiceError } from "../../../core/errors.ts";
import { loadMerchant, type Merchant } from "../../../core/merchants.ts";
import {
  type FileFacts,
  type FileOptions,
  type FileRow,
  type FileWarning,
  fileOptionsSchema,
  type ImportKind,
  type RejectedRow,
  rowClasses,
} from "../../../core/model/file-import.ts";
import type { Runtime } from "../../../core/runtime.ts";
import type { Vault } from "../../../core/vault.ts";

export interface ImportParts {
  db: Database;
  engine: Engine;
  runtime: Runtime;
  vault: Vault;
  /** `files` of an opened file connector. */
  files: Files;
  log: ReleaseParts["log"];
  /** From when on orders of a connection have units reserved, as `Sync` says; asked for orders that waited for a SKU. */
  reserveFrom(connectionId: string): Promise<"placed" | "paid">;
}

export const importOptionsSchema = fileOptionsSchema.extend({
  currency: fileOptionsSchema.shape.currency.optional(),
  timeZone: fileOptionsSchema.shape.timeZone.optional(),
  asOf: fileOptionsSchema.shape.asOf
    .optional()
    .describe(
      "When the file was true, for orders without a time of their last change; the time of the import when left out",
    ),
  connection: z
    .string()
    .min(1)
    .max(200)
    .default("file")
    .describe("Name of the connection imported orders belong to"),
  reference: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "Names this import of stock; left out, the same file is the same import and changes nothing again",
    ),
  dryRun: z.boolean().default(false).describe("Reads and judges every row and writes nothing"),
  createMissingSkus: z
    .boolean()
    .default(false)
    .describe("Makes the SKUs the file names and the hub does not know"),
  zeroMissing: z
    .boolean()
    .default(false)
    .describe("Stock only: SKUs the file does not name are counted as zero"),
});

export type ImportOptions = z.input<typeof importOptionsSchema> & {
  /** Rows finished so far. Called often; `done` ends at `total`. */
  onProgress?: (progress: { done: number; total: number }) => void;
};

export interface RowCount {
  class: string;
  rows: number;
  /** Sum of quantity x price per currency, negative where money went back; orders only. */
  amountsMinor: Record<string, number>;
}

/** What became of every row: `imported` + `rejected.length` is `rows`, and so is the sum over `classes`. */
export interface ImportReport {
  kind: ImportKind;
  source: string;
  dryRun: boolean;
  /** How the file was read, such as "UTF-8 CSV". */
  format: string;
  headers: readonly string[];
  /** Field -> header it was read from. */
  columns: Readonly<Record<string, string>>;
  rows: number;
  imported: number;
  rejected: RejectedRow[];
  warnings: FileWarning[];
  classes: RowCount[];
  /** What the core answered, document by document: created, updated, duplicate, stale, applied … */
  outcomes: Record<string, number>;
  createdSkus: number;
  /** Time at which the state of orders counts for which the file names none, and how many they are; null without such orders. */
  asOf: { at: Instant; orders: number } | null;
}

export type Options = z.output<typeof importOptionsSchema>;

export interface Prepared {
  merchant: Merchant;
  options: Options;
  fileOptions: FileOptions;
}

/**
 * Currency and zone are the merchant's where neither the options nor the preset say otherwise; a file is as of now, and never of
 * a time to come, which would hide what happens until then.
 */
export async function prepare(
  parts: ImportParts,
  merchantId: string,
  given: ImportOptions,
): Promise<Prepared> {
  const merchant = await loadMerchant(parts.db, merchantId);
  const parsed = importOptionsSchema.safeParse(given);
  if (!parsed.success) {
    throw new SluiceError(
      "invalid_request",
      `These import options cannot be taken. ${z.prettifyError(parsed.error)}`,
    );
  }
  const options = parsed.data;
  const now = nowInstant(parts.runtime.clock);
  if (options.asOf !== undefined && options.asOf > now) {
    throw new SluiceError(
      "invalid_request",
      `The file cannot be as of ${options.asOf}: it is ${now} now. Give the time at which it was made.`,
    );
  }
  const fileOptions = fileOptionsSchema.parse({
    ...options,
    currency: options.currency ?? merchant.baseCurrency,
    timeZone: options.timeZone ?? merchant.timeZone,
    asOf: options.asOf ?? now,
  });
  return { merchant, options, fileOptions };
}

/** The same order at every run, whichever answers came first. */
function byClass(a: RowCount, b: RowCount): number {
  const known: readonly string[] = rowClasses;
  const rank = ({ class: name }: RowCount) => known.indexOf(name);
  return rank(a) - rank(b) || (a.class < b.class ? -1 : 1);
}

type Counted = FileRow & { class: string; amountMinor?: number; currency?: string };

/** Keeps the account while an import runs. Every row is settled once: imported under a class, or rejected. */
export class RowAccount {
  private readonly facts: FileFacts;
  private readonly onProgress: (progress: { done: number; total: number }) => void;
  private readonly classes = new Map<string, RowCount>();
  private readonly rejected: RejectedRow[];
  private readonly warnings: FileWarning[];
  private readonly outcomes = new Map<string, number>();
  private done: number;
  createdSkus = 0;
  asOf: ImportReport["asOf"] = null;

  constructor(facts: FileFacts, onProgress: ImportOptions["onProgress"]) {
    this.facts = facts;
    this.onProgress = onProgress ?? (() => {});
    this.rejected = [...facts.rejected];
    this.warnings = [...facts.warnings];
    this.done = facts.rejected.length;
    this.tell();
  }

  imported(rows: readonly Counted[]): void {
    for (const row of rows) {
      const count = this.classes.get(row.class) ?? { class: row.class, rows: 0, amountsMinor: {} };
      count.rows += 1;
      if (row.currency !== undefined) {
        count.amountsMinor[row.currency] = (count.amountsMinor[row.currency] ?? 0) + (row.amountMinor ?? 0);
      }
      this.classes.set(row.class, count);
    }
    this.done += rows.length;
    this.tell();
  }

  reject(rows: readonly FileRow[], reason: string): void {
    for (const { line, cells } of rows) this.rejected.push({ line, cells, reason });
    this.done += rows.length;
    this.tell();
  }

  warn(line: number, message: string): void {
    this.warnings.push({ line, message });
  }

  outcome(name: string): void {
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }

  report(kind: ImportKind, source: string, dryRun: boolean): ImportReport {
    const { headers, columns, format, rows } = this.facts;
    const rejected = this.rejected.toSorted((a, b) => a.line - b.line);
    const imported = rows - rejected.length;
    const classes = [...this.classes.values()].toSorted(byClass);
    if (rejected.length > 0) classes.push({ class: "rejected", rows: rejected.length, amountsMinor: {} });
    const counted = classes.reduce((sum, count) => sum + count.rows, 0);
    if (counted !== rows) {
      throw new SluiceError(
        "internal",
        `${source} has ${rows} rows, but ${counted} are accounted for; report this as a fault.`,
      );
    }
    return {
      kind,
      source,
      dryRun,
      format,
      headers,
      columns,
      rows,
      imported,
      rejected,
      warnings: this.warnings,
      classes,
      outcomes: Object.fromEntries(this.outcomes),
      createdSkus: this.createdSkus,
      asOf: this.asOf,
    };
  }

  private tell(): void {
    this.onProgress({ done: this.done, total: this.facts.rows });
  }
}
