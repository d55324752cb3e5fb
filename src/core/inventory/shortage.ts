import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { Component, LineRow } from "../engine/rows.ts";
import { availableOf, componentsOf, demandBySku, heldOf, heldUnits } from "./reserve.ts";

/**
 * Refusal when stock does not cover `lines`, counting what `holders` have already or wait for: only what is wanted beyond
 * that is asked for anew. Demand is summed per SKU first.
 */
export function shortage(
  draft: Draft,
  lines: readonly { components: readonly Component[]; quantity: number }[],
  holders: readonly string[],
): Refusal | null {
  const short: { sku: string; requested: number; available: number }[] = [];
  const waiting = awaited(
    draft,
    holders.flatMap((id) => draft.linesOf(id)),
  );
  for (const [skuId, requested] of demandBySku(lines)) {
    const own = holders.flatMap((id) => draft.held.get(id) ?? []).filter((row) => row.skuId === skuId);
    const available = availableOf(draft, skuId) + own.reduce((sum, row) => sum + row.quantity, 0);
    if (requested > available + (waiting.get(skuId) ?? 0))
      short.push({ sku: draft.skus.get(skuId)?.code ?? skuId, requested, available });
  }
  if (short.length === 0) return null;
  const text = short
    .map((line) => `${line.sku}: ${line.requested} wanted, ${line.available} available`)
    .join("; ");
  return refused(
    "insufficient_stock",
    `Not enough stock (${text}). Nothing was reserved; ask for less or restock.`,
    { lines: short },
  );
}

/** Units of each SKU that lines wait for. Of a bundle that waits some parts may be held already: these are not waited for. */
function awaited(draft: Draft, lines: readonly LineRow[]): Map<string, number> {
  const waiting = new Map<string, number>();
  for (const line of lines) {
    const components = componentsOf(line);
    const rows = draft.heldBy(line.orderId, line.lineNo);
    const holder = { kind: "order" as const, id: line.orderId, lineNo: line.lineNo };
    const units = heldUnits(draft, holder, components) + line.shortfall;
    for (const { skuId, quantity } of components) {
      const missing = Math.max(0, units * quantity - heldOf(rows, skuId));
      waiting.set(skuId, (waiting.get(skuId) ?? 0) + missing);
    }
  }
  return waiting;
}
