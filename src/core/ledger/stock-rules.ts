import type { Instant } from "../clock.ts";
import type { StockAdjustedData } from "../events/types.ts";
import type { AdjustmentReason } from "../model/stock.ts";
import { type EntryDraft, fill } from "./draft.ts";
import type { RuleSettings } from "./settings.ts";
import type { TemplateKey } from "./templates.ts";

/**
 * What a change of stock by document means for the books: one entry per template and document. The change of value
 * decides, not the units: whatever the stock's value does, the inventory account does too.
 */
export function stockDrafts(
  adjusted: StockAdjustedData,
  occurredAt: Instant,
  settings: RuleSettings,
): EntryDraft[] {
  const costs = new Map<TemplateKey, number>();
  for (const { reason, valueMinor } of adjusted.lines) {
    if (valueMinor === 0) continue;
    const { template, costMinor } = templateOf(reason, valueMinor);
    costs.set(template, (costs.get(template) ?? 0) + costMinor);
  }
  const drafts: EntryDraft[] = [];
  for (const [template, cost] of costs) {
    const lines = fill(template, settings.taxpayer, { cost });
    if (lines.length === 0) continue;
    drafts.push({
      kind: "template",
      rule: template,
      template,
      at: occurredAt,
      currency: adjusted.currency,
      orderId: null,
      dimensions: { document: adjusted.reference },
      lines,
    });
  }
  return drafts;
}

/**
 * Losses wait in suspense until somebody approves them. Input tax is not taken back here: whether a loss is ordinary
 * (tax stays) or due to bad management (tax goes out) is decided at approval, and the reasons we know do not tell.
 */
function templateOf(
  reason: AdjustmentReason,
  valueMinor: number,
): { template: TemplateKey; costMinor: number } {
  const into = (template: TemplateKey) => ({ template, costMinor: valueMinor });
  const outOf = (template: TemplateKey) => ({ template, costMinor: -valueMinor });
  switch (reason) {
    case "opening":
      return into("stock.opening");
    case "receipt":
      return valueMinor > 0 ? into("purchase.received") : outOf("purchase.returned.uninvoiced");
    case "count":
    case "gain":
    case "loss":
      return valueMinor > 0 ? into("stocktake.gain") : outOf("stocktake.loss");
    case "damage":
      return outOf("damage.writeoff");
    case "sample":
      return outOf("sample.sent");
    case "return":
      return into("return.restocked");
    case "other":
      return into("stock.corrected");
  }
}
