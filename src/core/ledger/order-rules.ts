import type { Instant } from "../clock.ts";
import { SluiceError } from "../errors.ts";
import type {
  AmendedFact,
  CostPart,
  OrderEventData,
  PaidFact,
  RefundedFact,
  ShipmentCancelledFact,
  ShippedFact,
  SoldPart,
} from "../events/types.ts";
import { currencyExponent } from "../money/currency.ts";
import { formatMinor, sumMinor } from "../money/money.ts";
import { freightLineNo } from "../orders/amounts.ts";
import { type Dimensions, type EntryDraft, fill, reversed } from "./draft.ts";
import type { RuleSettings } from "./settings.ts";
import { type Amounts, type ReversalKey, reversals, type TemplateKey } from "./templates.ts";

/** Everything one order event means for the books, in the order in which it happened. */
export function orderDrafts(
  order: OrderEventData,
  occurredAt: Instant,
  settings: RuleSettings,
): EntryDraft[] {
  const books = new OrderBooks(order, settings);
  if (order.paid) books.sale("order.paid", order.paid.paidAt, order.paid);
  if (order.amended) books.sale("order.amended", occurredAt, order.amended);
  for (const shipped of order.shipped ?? []) books.shipment(shipped);
  for (const cancelled of order.shipmentsCancelled ?? []) books.cancellation(cancelled);
  for (const refunded of order.refunded ?? []) books.refund(refunded);
  return books.drafts;
}

/** Collects the drafts of one event. */
class OrderBooks {
  readonly drafts: EntryDraft[] = [];
  private readonly order: OrderEventData;
  private readonly settings: RuleSettings;
  private readonly used = new Map<string, number>();

  constructor(order: OrderEventData, settings: RuleSettings) {
    this.order = order;
    this.settings = settings;
  }

  sale(template: TemplateKey, at: Instant, fact: PaidFact | AmendedFact): void {
    this.add(
      template,
      at,
      {},
      {
        ...heldAmounts(fact.parts),
        ...this.moneyAmounts(fact.totalMinor, fact.platformDiscountMinor, fact.parts),
      },
    );
  }

  shipment(fact: ShippedFact): void {
    const about = { shipment: fact.shipmentId };
    this.add("order.shipped.revenue", fact.shippedAt, about, revenueAmounts(fact));
    this.add("order.shipped.cogs", fact.shippedAt, about, costAmounts(fact.costs));
  }

  cancellation(fact: ShipmentCancelledFact): void {
    this.reverse("shipment.cancelled.revenue", fact, revenueAmounts(fact));
    this.reverse("shipment.cancelled.cogs", fact, costAmounts(fact.costs));
  }

  /** One refund, one entry, whatever was shipped: its credit to the platform account is the money that moved. */
  refund(fact: RefundedFact): void {
    const about = { refund: fact.refundId };
    const template = fact.shipped.length > 0 ? "return.refund" : "refund.before_shipment";
    this.add(template, fact.refundedAt, about, {
      ...heldAmounts(fact.unshipped),
      ...earnedAmounts(fact.shipped),
      ...this.moneyAmounts(fact.amountMinor, fact.platformDiscountMinor, [
        ...fact.unshipped,
        ...fact.shipped,
      ]),
    });
    this.add("return.restocked", fact.refundedAt, about, costAmounts(fact.restocked));
  }

  /**
   * Cash, subsidy and what the platform's own rounding left between them and the parts. Orders that differ by more than
   * the merchant tolerates are held before they come here; up to one whole unit is taken whatever the setting is by now,
   * since a refund undoes the rounding of its day.
   */
  private moneyAmounts(
    cash: number,
    subsidy: number,
    parts: readonly SoldPart[],
  ): Pick<Amounts, "cash" | "subsidy" | "rounding"> {
    const { currency, externalId } = this.order;
    const rounding = cash + subsidy - sumMinor(parts.map((part) => part.grossMinor));
    const toleranceMinor = Math.max(
      this.settings.roundingToleranceMinor ?? 0,
      10 ** currencyExponent(currency),
    );
    if (Math.abs(rounding) > toleranceMinor) {
      throw new SluiceError(
        "totals_mismatch",
        `Order ${externalId}: the money and the lines it stands for differ by ${formatMinor(rounding, currency)} ${currency}, ` +
          `more than the rounding tolerance of ${formatMinor(toleranceMinor, currency)}. Raise roundingToleranceMinor if this is right, then post parked events again.`,
      );
    }
    return { cash, subsidy, rounding };
  }

  private add(template: TemplateKey, at: Instant, about: Dimensions, amounts: Partial<Amounts>): void {
    const lines = fill(template, this.settings.taxpayer, amounts);
    if (lines.length === 0) return;
    const { currency, orderId, dimensions } = this.head(about, amounts);
    this.drafts.push({
      kind: "template",
      rule: this.ruleName(template),
      template,
      at,
      currency,
      orderId,
      dimensions,
      lines,
    });
  }

  private reverse(reversal: ReversalKey, fact: ShipmentCancelledFact, amounts: Partial<Amounts>): void {
    const lines = reversed(fill(reversals[reversal].of, this.settings.taxpayer, amounts));
    if (lines.length === 0) return;
    const { shipmentId, cancelledAt: at } = fact;
    this.drafts.push({
      kind: "reversal",
      rule: this.ruleName(reversal),
      reversal,
      shipmentId,
      at,
      ...this.head({ shipment: shipmentId }, amounts),
      lines,
    });
  }

  private head(about: Dimensions, amounts: Partial<Amounts>) {
    const { currency, orderId, externalId, connectionId, liveSession } = this.order;
    return {
      // What goods cost is counted in the base currency, what they sell for in the order's.
      currency: amounts.cost === undefined ? currency : this.settings.baseCurrency,
      orderId,
      dimensions: {
        order: externalId,
        connection: connectionId,
        ...(liveSession === undefined ? {} : { liveSession }),
        ...about,
      },
    };
  }

  /** Entries are unique by event and rule; two parcels in one event need two names. */
  private ruleName(key: string): string {
    const count = (this.used.get(key) ?? 0) + 1;
    this.used.set(key, count);
    return count === 1 ? key : `${key}#${count}`;
  }
}

function heldAmounts(parts: readonly SoldPart[]): Pick<Amounts, "heldGross" | "heldNet" | "heldTax"> {
  const heldGross = sumMinor(parts.map((part) => part.grossMinor));
  const heldTax = sumMinor(parts.map((part) => part.taxMinor));
  return { heldGross, heldTax, heldNet: heldGross - heldTax };
}

function earnedAmounts(parts: readonly SoldPart[]): Pick<Amounts, "goods" | "digital" | "freight" | "tax"> {
  const amounts = { goods: 0, digital: 0, freight: 0, tax: 0 };
  for (const part of parts) {
    const kind = part.lineNo === freightLineNo ? "freight" : part.virtual ? "digital" : "goods";
    amounts[kind] += part.grossMinor - part.taxMinor;
    amounts.tax += part.taxMinor;
  }
  return amounts;
}

const revenueAmounts = (fact: { revenue: readonly SoldPart[] }): Partial<Amounts> => ({
  ...heldAmounts(fact.revenue),
  ...earnedAmounts(fact.revenue),
});

const costAmounts = (costs: readonly CostPart[]): Pick<Amounts, "cost"> => ({
  cost: sumMinor(costs.map((part) => part.costMinor)),
});
