import { refused } from "../engine/answers.ts";
import type { AdjustStock, Refusal, StockAnswer, TransferStock } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { SkuRow, StockRow } from "../engine/rows.ts";
import type { StockAdjustedData, StockTransferredData } from "../events/types.ts";
import type { AdjustmentInput } from "../model/stock.ts";
import { availableIn } from "./allocate.ts";
import { issue, receive } from "./reserve.ts";
import { shrinkReservations } from "./shrink.ts";
import { costOfReceipt } from "./stock-value.ts";

const mainCode = "MAIN";

type Line = AdjustmentInput["lines"][number];
interface Target {
  line: Line;
  sku: SkuRow;
  row: StockRow;
}

/** Prepared outside the batch: the digest of the document's content. */
export type PreparedAdjustment = AdjustStock & { digest: string };
export type PreparedTransfer = TransferStock & { digest: string };

/** Finds a document by its reference: the same content answers the first result, another content is a conflict (S12). */
function repeated(draft: Draft, reference: string, digest: string): StockAnswer | Refusal | null {
  const known = draft.documents.get(reference);
  if (!known) return null;
  if (known.digest === digest) return { ...(known.result as StockAnswer), outcome: "duplicate" };
  return refused(
    "conflict",
    `Document "${reference}" was already posted with other lines; use a new reference for a correction.`,
  );
}

/**
 * Posts an adjustment: all lines or none. What leaves takes its share of the value, what comes brings its cost. A
 * figure below what is reserved first uses up what is held back, then turns the newest reservations into shortfalls.
 */
export function adjustStock(draft: Draft, command: PreparedAdjustment): StockAnswer | Refusal {
  const { input } = command;
  const known = repeated(draft, input.reference, command.digest);
  if (known) return known;
  const targets = findTargets(draft, input.lines);
  if ("kind" in targets) return targets;
  const refusal = whyBelowZero(draft, targets);
  if (refusal) return refusal;
  const posted: StockAdjustedData["lines"] = [];
  const shortfalls: StockAnswer["shortfalls"] = [];
  const data: StockAdjustedData = {
    reference: input.reference,
    currency: draft.merchant.baseCurrency,
    lines: posted,
  };
  draft.emitAround({ type: "stock.adjusted", subject: draft.ids.next(), occurredAt: draft.now, data }, () => {
    for (const target of targets) postLine(draft, target, input.reference, posted, shortfalls);
  });
  raiseShortfallTask(draft, input.reference, shortfalls);
  return store(
    draft,
    command,
    "adjustment",
    targets.map((target) => target.row),
    shortfalls,
  );
}

function postLine(
  draft: Draft,
  { line, row }: Target,
  reference: string,
  posted: StockAdjustedData["lines"],
  shortfalls: StockAnswer["shortfalls"],
): void {
  const change = line.count === undefined ? (line.delta ?? 0) : line.count - row.onHand;
  const valueBefore = row.valueMinor;
  const movement = { kind: line.reason, cause: reference, occurredAt: draft.now };
  if (line.heldBack !== undefined) row.heldBack = line.heldBack;
  if (change > 0) receive(draft, row, change, costOfReceipt(row, change, line.unitCostMinor), movement);
  if (change < 0 || line.heldBack !== undefined) {
    shortfalls.push(...shrinkReservations(draft, row, row.onHand + Math.min(0, change)));
  }
  if (change < 0) issue(draft, row, -change, movement);
  else if (row.own) draft.freed.add(row.skuId);
  if (change === 0) return;
  const locationKind = draft.locations.get(row.locationId)?.kind ?? "own";
  const { skuId, locationId } = row;
  posted.push({
    skuId,
    locationId,
    locationKind,
    reason: line.reason,
    quantity: change,
    valueMinor: row.valueMinor - valueBefore,
  });
}

function raiseShortfallTask(draft: Draft, reference: string, shortfalls: StockAnswer["shortfalls"]): void {
  if (shortfalls.length === 0) return;
  draft.tasks.push({
    kind: "reserved_units_missing",
    subject: reference,
    message: `Document ${reference} found fewer units than were promised; ${shortfalls.length} order lines are now short. Restock or tell the buyers.`,
    detail: { shortfalls: shortfalls.slice(0, 100) },
  });
}

function findTargets(draft: Draft, lines: readonly Line[]): Target[] | Refusal {
  const targets: Target[] = [];
  const unknown = lines.filter((line) => !draft.skuByCode.has(line.sku)).map((line) => line.sku);
  if (unknown.length > 0) {
    return refused(
      "unknown_sku",
      `No SKU has the code ${[...new Set(unknown)].join(", ")}; create it first or correct the line.`,
      {
        lines: unknown.map((sku) => ({ sku })),
      },
    );
  }
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
    if (!location)
      return refused(
        "unknown_location",
        `No location has the code ${code}; create it first or correct the line.`,
      );
    const row = draft.stock.get(sku.id)?.find((candidate) => candidate.locationId === location.id);
    if (!row) throw new Error(`stock row of ${sku.code} at ${code} was not locked by this batch`);
    targets.push({ line, sku, row });
  }
  return targets;
}

/** Physical stock cannot be negative: lines of one document are taken together, in their order. */
function whyBelowZero(draft: Draft, targets: readonly Target[]): Refusal | null {
  const onHand = new Map<StockRow, number>();
  for (const { line, sku, row } of targets) {
    const before = onHand.get(row) ?? row.onHand;
    const after = line.count ?? before + (line.delta ?? 0);
    if (after < 0) {
      return refused(
        "insufficient_stock",
        `${sku.code} has ${before} on hand at ${draft.locations.get(row.locationId)?.code}; ${line.delta} would leave less than nothing. Post a count instead.`,
        { lines: [{ sku: sku.code, requested: -(line.delta ?? 0), available: before }] },
      );
    }
    const free = Math.max(0, after - row.reserved);
    if (line.heldBack !== undefined && line.heldBack > free) {
      return refused(
        "insufficient_stock",
        `${sku.code}: ${line.heldBack} cannot be held back, only ${free} are not promised.`,
        {
          lines: [{ sku: sku.code, requested: line.heldBack, available: free }],
        },
      );
    }
    onHand.set(row, after);
  }
  return null;
}

/** Moves free units with their value from one location to another; what is reserved or held back stays. */
export function transferStock(draft: Draft, command: PreparedTransfer): StockAnswer | Refusal {
  const { input } = command;
  const known = repeated(draft, input.reference, command.digest);
  if (known) return known;
  if (input.from === input.to) return refused("invalid_request", "A transfer needs two different locations.");
  const from = findTargets(
    draft,
    input.lines.map((line) => ({ sku: line.sku, location: input.from, reason: "other" as const })),
  );
  if ("kind" in from) return from;
  const to = findTargets(
    draft,
    input.lines.map((line) => ({ sku: line.sku, location: input.to, reason: "other" as const })),
  );
  if ("kind" in to) return to;
  const wanted = new Map<StockRow, number>();
  input.lines.forEach((line, index) => {
    const row = from[index]?.row as StockRow;
    wanted.set(row, (wanted.get(row) ?? 0) + line.quantity);
  });
  const freeIn = (row: StockRow) => (row.own ? availableIn(row) : row.onHand);
  const short = [...wanted]
    .map(([row, requested]) => ({
      sku: draft.skus.get(row.skuId)?.code ?? row.skuId,
      requested,
      available: freeIn(row),
    }))
    .filter((line) => line.requested > line.available);
  if (short.length > 0) {
    return refused(
      "insufficient_stock",
      `Not enough free units at ${input.from} to move; nothing was moved.`,
      { lines: short },
    );
  }
  const moved: StockTransferredData["lines"] = [];
  const data: StockTransferredData = { reference: input.reference, lines: moved };
  draft.emitAround(
    { type: "stock.transferred", subject: draft.ids.next(), occurredAt: draft.now, data },
    () => {
      input.lines.forEach(({ quantity }, index) => {
        const source = from[index]?.row as StockRow;
        const target = to[index]?.row as StockRow;
        const movement = { cause: input.reference, occurredAt: draft.now };
        const valueMinor = issue(draft, source, quantity, { kind: "transfer_out", ...movement });
        receive(draft, target, quantity, valueMinor, { kind: "transfer_in", ...movement });
        const { skuId, locationId: fromLocationId } = source;
        moved.push({ skuId, fromLocationId, toLocationId: target.locationId, quantity, valueMinor });
      });
    },
  );
  return store(
    draft,
    command,
    "transfer",
    [...from, ...to].map((target) => target.row),
    [],
  );
}

function store(
  draft: Draft,
  command: PreparedAdjustment | PreparedTransfer,
  kind: "adjustment" | "transfer",
  rows: readonly StockRow[],
  shortfalls: StockAnswer["shortfalls"],
): StockAnswer {
  const answer: StockAnswer = {
    kind: "stock",
    reference: command.input.reference,
    outcome: "applied",
    lines: [...new Set(rows)].map((row) => ({
      sku: draft.skus.get(row.skuId)?.code ?? row.skuId,
      location: draft.locations.get(row.locationId)?.code ?? row.locationId,
      onHand: row.onHand,
      reserved: row.reserved,
      heldBack: row.heldBack,
      available: availableIn(row),
      valueMinor: row.valueMinor,
    })),
    shortfalls,
  };
  const { reference } = command.input;
  draft.insertDocument({ reference, kind, digest: command.digest, result: answer, createdAt: draft.now });
  return answer;
}
