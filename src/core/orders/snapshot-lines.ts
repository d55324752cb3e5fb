import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { SluiceError } from "../errors.ts";
import type { OrderLineInput, OrderSnapshot } from "../model/order.ts";
import { type PricedLine, soldParts, type Totals } from "./amounts.ts";

/** From the lines of a snapshot to the lines of our order: which SKU, which line it was before, what it is worth. */

/** `unitsPer` 0: the platform keeps the goods, nothing of ours is sold. */
type Mapping = { skuId: string; unitsPer: number };
type LineRefs = { sku: string | null; itemId: string | null; variantId: string | null };

const refsOf = (line: OrderLineInput): LineRefs => ({
  sku: line.sku ?? null,
  itemId: line.externalItemId ?? null,
  variantId: line.externalVariantId ?? null,
});

const sameRefs = (line: LineRow, refs: LineRefs): boolean =>
  line.externalSku === refs.sku &&
  line.externalItemId === refs.itemId &&
  line.externalVariantId === refs.variantId;

/** Nothing that both name differs: the platform says more or less of the same article. */
const agree = (line: LineRow, refs: LineRefs): boolean =>
  (
    [
      [line.externalSku, refs.sku],
      [line.externalItemId, refs.itemId],
      [line.externalVariantId, refs.variantId],
    ] as const
  ).every(([a, b]) => a === null || b === null || a === b);

/**
 * The SKU of a line: the merchant's own mapping of the listing first, then the seller's code when it is the code of a
 * SKU. Never guessed: anything else waits for a mapping (F042, F074).
 */
export function resolveSku(draft: Draft, connectionId: string, refs: LineRefs): Mapping | null {
  const listing = draft.listings.find(connectionId, refs.itemId, refs.variantId);
  if (listing) {
    const unitsPer = listing.managedBy === "platform" ? 0 : listing.unitsPer;
    return { skuId: listing.skuId, unitsPer };
  }
  const sku = refs.sku === null ? undefined : draft.skuByCode.get(refs.sku);
  return sku ? { skuId: sku.id, unitsPer: 1 } : null;
}

/** Sets the SKU of a line and, for a bundle, what it is made of today. */
export function mapLine(draft: Draft, line: LineRow, mapping: Mapping | null): void {
  const sku = mapping ? draft.skus.get(mapping.skuId) : undefined;
  line.skuId = sku?.id ?? null;
  // Zero is the mark of goods the platform keeps and ships itself: they take no unit of ours.
  if (line.unitsPer !== 0) line.unitsPer = sku && mapping ? mapping.unitsPer : 1;
  line.components = sku && sku.components.length > 0 ? sku.components : null;
}

/** Two lines with one external id (a platform's slip) stay two lines, and take the id of no third one. */
function keysOf(lines: readonly OrderLineInput[]): string[] {
  const given = new Set(lines.map((line) => line.externalLineId));
  const seen = new Map<string, number>();
  return lines.map(({ externalLineId }) => {
    let count = (seen.get(externalLineId) ?? 0) + 1;
    while (count > 1 && given.has(`${externalLineId}#${count}`)) count += 1;
    seen.set(externalLineId, count);
    return count === 1 ? externalLineId : `${externalLineId}#${count}`;
  });
}

/**
 * The lines as the snapshot wants them, as copies: nothing is changed yet, so a refusal leaves no trace. A line that left the
 * snapshot stays with quantity 0. A line whose article was swapped after shipping keeps what it shipped and another
 * line takes its place; swapped back, it takes its place again (F048). What has left is counted in the units and components
 * it left in, whatever listing and bundle say today.
 */
export function planLines(
  draft: Draft,
  order: OrderRow,
  snapshot: OrderSnapshot,
  previous: readonly LineRow[],
): LineRow[] {
  const keys = keysOf(snapshot.lines);
  const plan: LineRow[] = previous.map((line) => ({
    ...line,
    quantity: 0,
    discountMinor: 0,
    taxMinor: null,
  }));
  snapshot.lines.forEach((input, index) => {
    const key = keys[index] ?? input.externalLineId;
    const refs = refsOf(input);
    const mapping = resolveSku(draft, order.connectionId, refs);
    const line = lineFor(plan, order.id, key, refs, mapping);
    const isExternal = input.fulfilledBy === "platform" || mapping?.unitsPer === 0;
    const isSame = sameRefs(line, refs) && isExternal === (line.unitsPer === 0);
    const keepsMapping = line.skuId !== null && (isSame || line.shipped > 0);
    if (!keepsMapping) line.unitsPer = isExternal ? 0 : 1;
    setAmounts(line, input, refs);
    if (!keepsMapping) mapLine(draft, line, mapping);
    refuseTooMany(order, line);
  });
  return plan;
}

/** The line of the plan that a line of the snapshot means; a new one when it means none. */
function lineFor(
  plan: LineRow[],
  orderId: string,
  key: string,
  refs: LineRefs,
  mapping: Mapping | null,
): LineRow {
  const known = plan.find((line) => line.externalLineId === key);
  if (known && !isSwapped(known, refs, mapping)) return known;
  const former = plan.find(
    (line) => line.externalLineId.startsWith(`${key}${formerMark}`) && sameRefs(line, refs),
  );
  if (known && !former && known.shipped === 0) return known;
  if (known) known.externalLineId = `${key}${formerMark}${known.lineNo}`;
  if (former) {
    former.externalLineId = key;
    return former;
  }
  const lineNo = Math.max(0, ...plan.map((line) => line.lineNo)) + 1;
  const line = emptyLine(orderId, lineNo, key);
  plan.push(line);
  return line;
}

/** Another article: another SKU, or the same one in another pack. A mapping that is gone takes nothing from an article that is not swapped. */
function isSwapped(line: LineRow, refs: LineRefs, mapping: Mapping | null): boolean {
  if (line.skuId === null || sameRefs(line, refs)) return false;
  if (line.skuId !== mapping?.skuId) return mapping !== null || line.shipped === 0 || !agree(line, refs);
  return !agree(line, refs) && line.unitsPer !== mapping.unitsPer;
}

/** Between the external id of a line and the number of the line that had it before a swap. */
const formerMark = "#was-";

/** Units are counted in numbers that hold 2^53; no real order comes near. */
function refuseTooMany(order: OrderRow, line: LineRow): void {
  if (Number.isSafeInteger(line.quantity * line.unitsPer)) return;
  throw new SluiceError(
    "number_out_of_range",
    `Line ${line.lineNo} of order ${order.externalId} asks for more units than can be counted; correct its quantity or the listing's units.`,
  );
}

const emptyLine = (orderId: string, lineNo: number, externalLineId: string): LineRow => ({
  orderId,
  lineNo,
  externalLineId,
  skuId: null,
  unitsPer: 1,
  externalSku: null,
  externalItemId: null,
  externalVariantId: null,
  title: null,
  quantity: 0,
  unitPriceMinor: 0,
  discountMinor: 0,
  taxMinor: null,
  shipped: 0,
  returned: 0,
  cancelled: 0,
  shortfall: 0,
  waitingSince: null,
  components: null,
});

function setAmounts(line: LineRow, input: OrderLineInput, refs: LineRefs): void {
  line.externalSku = refs.sku;
  line.externalItemId = refs.itemId;
  line.externalVariantId = refs.variantId;
  line.title = input.title ?? null;
  line.quantity = input.quantity;
  line.unitPriceMinor = input.unitPriceMinor;
  line.discountMinor = input.discountMinor ?? 0;
  line.taxMinor = input.taxMinor ?? null;
}

/** What the order is worth with these lines. */
export function totalsOf(draft: Draft, order: OrderRow, lines: readonly LineRow[]): Totals {
  const priced = lines
    .filter((line) => line.quantity > 0)
    .map((line): PricedLine => {
      const sku = line.skuId === null ? undefined : draft.skus.get(line.skuId);
      return {
        lineNo: line.lineNo,
        skuId: line.skuId,
        virtual: sku?.kind === "virtual",
        quantity: line.quantity,
        unitPriceMinor: line.unitPriceMinor,
        discountMinor: line.discountMinor,
        taxMinor: line.taxMinor,
        taxRateBp: sku?.taxRateBp ?? draft.merchant.defaultTaxRateBp,
      };
    });
  return soldParts({ ...order, lines: priced });
}

/** SKU units of a line still to be delivered. */
export const openUnits = (line: LineRow): number =>
  Math.max(0, line.quantity * line.unitsPer - line.cancelled - line.shipped);
