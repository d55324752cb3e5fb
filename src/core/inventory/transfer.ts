import { type Decided, refused } from "../engine/answers.ts";
import type { Draft } from "../engine/draft.ts";
import type { StockRow } from "../engine/rows.ts";
import type { StockTransferredData } from "../events/types.ts";
import type { TransferInput } from "../model/stock.ts";
import { findTargets, type PreparedTransfer, postedBefore, storeDocument, type Target } from "./documents.ts";
import { availableOf } from "./reserve.ts";
import { issue, receive } from "./shelf.ts";

type Side = Target<TransferInput["lines"][number]>[];

/** Moves free units with their value from one location to another; what is reserved or held back stays. */
export function transferStock(draft: Draft, command: PreparedTransfer): Decided {
  const { input } = command;
  const known = postedBefore(draft, "transfer", command);
  if (known) return known;
  if (input.from === input.to) return refused("invalid_request", "A transfer needs two different locations.");
  const from = findTargets(
    draft,
    input.lines.map((line) => ({ ...line, location: input.from })),
  );
  if ("kind" in from) return from;
  const to = findTargets(
    draft,
    input.lines.map((line) => ({ ...line, location: input.to })),
  );
  if ("kind" in to) return to;
  const leaves = to.some(({ row }) => !row.own);
  const short = shortLines(draft, from, leaves);
  if (short.length > 0) {
    return refused(
      "insufficient_stock",
      `Not enough free units at ${input.from} to move; nothing was moved.`,
      { lines: short },
    );
  }
  move(draft, input.reference, from, to);
  return () =>
    storeDocument(
      draft,
      "transfer",
      command,
      [...from, ...to].map((target) => target.row),
    );
}

/** Lines of one SKU are taken together. */
function shortLines(
  draft: Draft,
  from: Side,
  leaves: boolean,
): { sku: string; requested: number; available: number }[] {
  const wanted = new Map<StockRow, number>();
  for (const { line, row } of from) wanted.set(row, (wanted.get(row) ?? 0) + line.quantity);
  return [...wanted]
    .map(([row, requested]) => ({
      sku: draft.skus.get(row.skuId)?.code ?? row.skuId,
      requested,
      available: movable(draft, row, leaves),
    }))
    .filter((line) => line.requested > line.available);
}

/** Units that may leave a place: what is promised to nobody and not in doubt; where they leave our own places, no more than listings leave free. */
function movable(draft: Draft, row: StockRow, leaves: boolean): number {
  const free = Math.max(0, row.onHand - row.reserved - row.heldBack - row.inDoubt);
  return row.own && leaves ? Math.min(free, availableOf(draft, row.skuId)) : free;
}

function move(draft: Draft, reference: string, from: Side, to: Side): void {
  const moved: StockTransferredData["lines"] = [];
  const data: StockTransferredData = { reference, lines: moved };
  const subject = draft.ids.next();
  draft.emitAround({ type: "stock.transferred", subject, occurredAt: draft.now, data }, () => {
    from.forEach(({ line: { quantity }, row: source }, index) => {
      const target = to[index]?.row as StockRow;
      target.knownSince ??= draft.now;
      const movement = { cause: reference, occurredAt: draft.now };
      const valueMinor = issue(draft, source, quantity, { kind: "transfer_out", ...movement });
      receive(draft, target, quantity, valueMinor, { kind: "transfer_in", ...movement });
      const { skuId, locationId: fromLocationId } = source;
      moved.push({ skuId, fromLocationId, toLocationId: target.locationId, quantity, valueMinor });
    });
  });
}
