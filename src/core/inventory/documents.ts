import { refused } from "../engine/answers.ts";
import type { AdjustStock, Refusal, StockAnswer, TransferStock } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { DocumentRow, SkuRow, StockRow } from "../engine/rows.ts";
import { availableIn } from "./allocate.ts";

/** What adjustments and transfers share: they are posted once by their reference and answer the figures after them. */

const mainCode = "MAIN";

/** Prepared outside the batch: the digest of the document's content. */
export type PreparedAdjustment = AdjustStock & { digest: string };
export type PreparedTransfer = TransferStock & { digest: string };

/**
 * Finds a document by its reference: the same content answers the first result, another content or an other kind of document
 * is a conflict (S12).
 */
export function postedBefore(
  draft: Draft,
  kind: DocumentRow["kind"],
  { input: { reference }, digest }: PreparedAdjustment | PreparedTransfer,
): StockAnswer | Refusal | null {
  const known = draft.documents.get(reference);
  if (!known) return null;
  if (known.kind === kind && known.digest === digest)
    return { ...(known.result as StockAnswer), outcome: "duplicate" };
  return refused(
    "conflict",
    `Document "${reference}" was already posted with other lines; use a new reference for a correction.`,
  );
}

export interface Target<Line> {
  line: Line;
  sku: SkuRow;
  row: StockRow;
}

/** The stock row of each line, or the refusal that names what does not exist. */
export function findTargets<Line extends { sku: string; location?: string | undefined }>(
  draft: Draft,
  lines: readonly Line[],
): Target<Line>[] | Refusal {
  const unknown = lines.filter((line) => !draft.skuByCode.has(line.sku)).map((line) => line.sku);
  if (unknown.length > 0) {
    return refused(
      "unknown_sku",
      `No SKU has the code ${[...new Set(unknown)].join(", ")}; create it first or correct the line.`,
      { lines: unknown.map((sku) => ({ sku })) },
    );
  }
  const targets: Target<Line>[] = [];
  for (const line of lines) {
    const sku = draft.skuByCode.get(line.sku) as SkuRow;
    if (sku.kind === "bundle") {
      return refused(
        "invalid_request",
        `${sku.code} is a bundle and has no stock of its own; adjust its components.`,
      );
    }
    const code = line.location ?? mainCode;
    const location = draft.locationByCode.get(code);
    if (!location) {
      return refused(
        "unknown_location",
        `No location has the code ${code}; create it first or correct the line.`,
      );
    }
    const row = draft.stock.get(sku.id)?.find((candidate) => candidate.locationId === location.id);
    if (!row) throw new Error(`stock row of ${sku.code} at ${code} was not locked by this batch`);
    targets.push({ line, sku, row });
  }
  return targets;
}

/** Keeps the document with the answer its repeats will get. Called when freed units have found their takers. */
export function storeDocument(
  draft: Draft,
  kind: DocumentRow["kind"],
  { input: { reference }, digest }: PreparedAdjustment | PreparedTransfer,
  rows: readonly StockRow[],
): StockAnswer {
  const answer: StockAnswer = {
    kind: "stock",
    reference,
    outcome: "applied",
    lines: [...new Set(rows)].map((row) => ({
      sku: draft.skus.get(row.skuId)?.code ?? row.skuId,
      location: draft.locations.get(row.locationId)?.code ?? row.locationId,
      onHand: row.onHand,
      reserved: row.reserved,
      heldBack: row.heldBack,
      inDoubt: row.inDoubt,
      available: availableIn(row) - row.inDoubt,
      valueMinor: row.valueMinor,
    })),
    shortfalls: [],
  };
  draft.insertDocument({ reference, kind, digest, result: answer, createdAt: draft.now });
  return answer;
}
