import { sumMinor } from "../../core/money/money.ts";
import { type Decimal, divideRounded, minorUnit, sumOf, toMinor, toMinorParts } from "./decimals.ts";
import { exact, type WireItem, type WireOrder } from "./wire.ts";

/** What an order costs before anything was given back, in minor units that add up. Pure. */
export interface OrderAmounts {
  lines: LineAmounts[];
  shippingMinor: number;
  /** Store credit and the like: credit lines that no refund explains. */
  discountMinor: number;
  totalMinor: number;
  /** The exact figure behind `totalMinor`. */
  total: Decimal;
  /** Credit lines that stand for refunds: what was paid back without being owed. */
  refundCredit: Decimal;
  /** Worth of the units that came back. */
  returned: Decimal;
}

export interface LineAmounts {
  item: WireItem;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number;
  /** What the buyer pays for the line, tax included. */
  grossMinor: number;
}

/**
 * Medusa lowers an order's totals by what came back and what was refunded; the hub keeps the price of what was ordered and
 * lists refunds beside it. So each line is its total plus that of its returned units, and the order's total is checked
 * against Medusa's own: `current_order_total` + credit lines + returned. Where the two do not agree, Medusa's figure
 * is given as it is, and the core holds the order for a person.
 */
export function amountsOf(order: WireOrder): OrderAmounts {
  const currency = order.currency_code;
  const { items } = order;
  const gross = items.map((item) => totalOf(item) + returnedOf(item));
  const shipping = exact(order.raw_shipping_total, order.shipping_total);
  const returned = sumOf(items.map(returnedOf));
  const credit = exact(order.raw_credit_line_total, order.credit_line_total);
  const discount = otherCredit(order);
  const counted = sumOf([...gross, shipping, -discount]);
  const told =
    exact(order.summary.raw_current_order_total, order.summary.current_order_total) +
    returned +
    credit -
    discount;
  const difference = counted > told ? counted - told : told - counted;
  const total = difference * 2n < minorUnit(currency) ? counted : told;
  const parts = toMinorParts([...gross, shipping], currency);
  const shippingMinor = Math.max(0, parts[items.length] ?? 0);
  const net = items.length > 0 && items.every((item) => !item.is_tax_inclusive && rateOf(item) > 0n);
  const lines = items.map((item, index) =>
    lineOf(item, gross[index] ?? 0n, parts[index] ?? 0, { net, currency }),
  );
  const totalMinor = Math.max(0, toMinor(total, currency));
  const lineSum = sumMinor(lines.map((line) => line.grossMinor)) + shippingMinor;
  const discountMinor =
    discount === 0n ? 0 : total === counted ? lineSum - totalMinor : toMinor(discount, currency);
  return {
    lines,
    shippingMinor,
    discountMinor,
    totalMinor,
    total,
    refundCredit: credit - discount,
    returned,
  };
}

export const returnedUnits = ({ detail }: WireItem): number =>
  detail.return_received_quantity + detail.return_dismissed_quantity;

const totalOf = (item: WireItem): Decimal => exact(item.raw_total, item.total);

/** Both figures are there whenever something came back; without them the rest of the line gives the price of a unit. */
function returnedOf(item: WireItem): Decimal {
  const units = returnedUnits(item);
  if (units === 0) return 0n;
  const received = item.raw_return_received_total?.value ?? item.return_received_total;
  const dismissed = item.raw_return_dismissed_total?.value ?? item.return_dismissed_total;
  if (received !== undefined && dismissed !== undefined) return received + dismissed;
  const left = item.quantity - units;
  return left > 0 ? divideRounded(totalOf(item) * BigInt(units), BigInt(left)) : 0n;
}

/** All taxes of the line together, in per cent. */
const rateOf = (item: WireItem): Decimal => sumOf(item.tax_lines.map((tax) => exact(tax.raw_rate, tax.rate)));

const hundred = 100n * 10n ** 10n;

/**
 * In a shop whose prices are net, every line is given net with its tax on top; otherwise with tax inside. The price of a
 * unit stays what the shop shows; what rounding leaves goes into the discount, or in a net shop into the tax.
 */
function lineOf(
  item: WireItem,
  gross: Decimal,
  grossMinor: number,
  { net, currency }: { net: boolean; currency: string },
): LineAmounts {
  const rate = rateOf(item);
  const price = exact(item.raw_unit_price, item.unit_price);
  const exactNet = divideRounded(gross * hundred, hundred + rate);
  const netMinor = Math.min(toMinor(exactNet, currency), grossMinor);
  const pricesIncludeTax = item.is_tax_inclusive || net;
  const shown = pricesIncludeTax ? price : divideRounded(price * (hundred + rate), hundred);
  const amount = net ? netMinor : grossMinor;
  const unitPriceMinor = Math.max(
    toMinor(shown, currency),
    item.quantity === 0 ? 0 : Math.ceil(amount / item.quantity),
  );
  return {
    item,
    unitPriceMinor,
    discountMinor: unitPriceMinor * item.quantity - Math.min(amount, unitPriceMinor * item.quantity),
    taxMinor: grossMinor - netMinor,
    grossMinor,
  };
}

/**
 * Credit lines come from refunds nobody was owed, and then name the payment or (with a reason) at least the amount; the
 * rest is store credit. Negative ones are money the shop keeps after an edit; the order costs the buyer no more for it.
 */
function otherCredit(order: WireOrder): Decimal {
  const refunds = order.payment_collections
    .flatMap(({ payments }) => payments.flatMap((payment) => payment.refunds))
    .map((refund) => exact(refund.raw_amount, refund.amount));
  const others = (order.credit_lines ?? []).filter((line) => {
    const amount = exact(line.raw_amount, line.amount);
    if (amount <= 0n || line.reference === "payment_collection") return false;
    const refund = refunds.indexOf(amount);
    if (refund >= 0) refunds.splice(refund, 1);
    return refund < 0;
  });
  return sumOf(others.map((line) => exact(line.raw_amount, line.amount)));
}
