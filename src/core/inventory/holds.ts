import { refused } from "../engine/answers.ts";
import type { CloseHold, CreateHold, HoldAnswer, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { HoldRow, SkuRow } from "../engine/rows.ts";
import { holdEvent } from "./hold-event.ts";
import { closeReservation, fitUnits } from "./reserve.ts";
import { shortage } from "./shortage.ts";

const componentsOfSku = (sku: SkuRow) =>
  sku.components.length > 0 ? sku.components : [{ skuId: sku.id, quantity: 1 }];

/**
 * Reserves all lines of a hold or nothing. The reference is the caller's idempotency key: the same lines again answer
 * the same hold. Other lines are a conflict, and so is a hold that was released or has expired.
 */
export function createHold(draft: Draft, command: CreateHold): HoldAnswer | Refusal {
  const { input } = command;
  const unknown = input.lines.filter((line) => !draft.skuByCode.has(line.sku)).map((line) => line.sku);
  if (unknown.length > 0) {
    return refused(
      "unknown_sku",
      `No SKU has the code ${unknown.join(", ")}; create it first or correct the line.`,
      {
        lines: unknown.map((sku) => ({ sku })),
      },
    );
  }
  const lines = input.lines.map((line) => ({
    sku: draft.skuByCode.get(line.sku) as SkuRow,
    quantity: line.quantity,
  }));
  const known = draft.findHold(input.reference);
  if (known) {
    const same =
      known.lines.length === lines.length &&
      known.lines.every(
        (line, index) => line.skuId === lines[index]?.sku.id && line.quantity === lines[index]?.quantity,
      );
    if (same) return isOver(known) ? refuseOver(known) : holdAnswer(draft, known, "duplicate");
    return refused(
      "conflict",
      `Reference "${input.reference}" already names a hold with other lines; use a new reference.`,
      {
        id: known.id,
      },
    );
  }
  const refusal = shortage(
    draft,
    lines.map(({ sku, quantity }) => ({ components: componentsOfSku(sku), quantity })),
    [],
  );
  if (refusal) return refusal;
  const hold: HoldRow = {
    id: draft.ids.next(),
    reference: input.reference,
    lines: lines.map(({ sku, quantity }) => ({ skuId: sku.id, quantity })),
    status: "held",
    expiresAt: command.expiresAt,
    createdAt: draft.now,
    closedAt: null,
    orderId: null,
  };
  lines.forEach(({ sku, quantity }, index) => {
    const missing = fitUnits(
      draft,
      { kind: "hold", id: hold.id, lineNo: index + 1 },
      componentsOfSku(sku),
      quantity,
    );
    if (missing > 0)
      throw new Error(`hold ${hold.reference}: stock was checked but ${missing} of ${sku.code} are missing`);
  });
  draft.insertHold(hold);
  draft.emit(holdEvent(draft, hold, "hold.created"));
  return holdAnswer(draft, hold, "created");
}

/** Its units were given back. One that became an order has done what it was made for, and a late repeat may hear so. */
const isOver = (hold: HoldRow): boolean => hold.status === "released" || hold.status === "expired";

const refuseOver = ({ id, reference, status, closedAt }: HoldRow): Refusal =>
  refused(
    "conflict",
    `The hold of reference "${reference}" ${status === "released" ? "was released" : "expired"} at ${closedAt} and holds nothing any more; use a new reference to hold units again.`,
    { id, holdStatus: status, closedAt },
  );

/** Gives a hold's units back, once (F028). An expiry that comes too early, or to a closed hold, changes nothing. */
export function closeHold(draft: Draft, command: CloseHold): HoldAnswer | Refusal {
  const hold = draft.holds.get(command.holdId);
  if (!hold) return refused("not_found", `There is no reservation ${command.holdId}; check the id.`);
  const early = command.as === "expired" && (hold.expiresAt === null || hold.expiresAt > draft.now);
  if (hold.status !== "held" || early) return holdAnswer(draft, hold, "unchanged");
  endHold(draft, hold, command.as);
  return holdAnswer(draft, hold, "closed");
}

export function endHold(draft: Draft, hold: HoldRow, as: "released" | "expired"): void {
  for (const row of draft.held.get(hold.id) ?? []) closeReservation(draft, row, row.quantity, as);
  hold.status = as;
  hold.closedAt = draft.now;
  draft.touchHold(hold);
  draft.emit(holdEvent(draft, hold, "hold.closed"));
}

const holdAnswer = (draft: Draft, hold: HoldRow, outcome: HoldAnswer["outcome"]): HoldAnswer => ({
  kind: "hold",
  holdId: hold.id,
  reference: hold.reference,
  status: hold.status,
  lines: hold.lines.map((line) => ({
    sku: draft.skus.get(line.skuId)?.code ?? line.skuId,
    quantity: line.quantity,
  })),
  expiresAt: hold.expiresAt,
  createdAt: hold.createdAt,
  outcome,
});
