import type { OrderLineInput } from "../../core/model/order.ts";
import { splitMinor } from "../../core/money/money.ts";
import { stockedModes } from "./codes.ts";
import type { WireOrder, WirePart, WireSku } from "./wire.ts";

/** A line of ours, and the SKU of the order it is sent and refunded with. */
export interface Line {
  skuId: string;
  line: OrderLineInput;
}

const gift = 1;

/** The SKU a line belongs to: parts of a bundle are `sku/part`. */
export const skuOf = (externalLineId: string): string => externalLineId.split("/")[0] ?? externalLineId;

/**
 * A bundle has no seller's code of its own on this platform; its parts have, with their real numbers. So a bundle, a pack of several and goods of
 * a channel become lines of their parts, and the price is spread over them by what was paid for each. Pure.
 */
export function linesOf(order: WireOrder, platformWarehouses: readonly string[]): Line[] {
  const isKept = stockedModes.has(order.logistics ?? "") || platformWarehouses.includes(order.whcode ?? "");
  const kept = isKept ? ({ fulfilledBy: "platform" } as const) : {};
  return order.skuList.flatMap((sku) => {
    const parts = sku.skuDetailList.filter(({ quantity }) => quantity > 0);
    const [only] = parts;
    const isOwn = parts.length === 0 || (parts.length === 1 && (only?.skuId ?? sku.skuId) === sku.skuId);
    const amounts = {
      paid: sku.totalPaidAmount,
      ours: sku.totalMerchantDiscount ?? 0,
      theirs: sku.totalRedDiscount ?? 0,
    };
    if (isOwn)
      return [
        { skuId: sku.skuId, line: { ...ownLine(sku), ...priced(sku, sku.skuQuantity, amounts), ...kept } },
      ];
    const weights = parts.map((part) => Math.max(0, (part.paidAmountPerSku ?? 0) * part.quantity));
    const spread = (amount: number) =>
      splitMinor(
        amount,
        weights.some((weight) => weight > 0) ? weights : parts.map(({ quantity }) => quantity),
      );
    const [paid, ours, theirs] = [spread(amounts.paid), spread(amounts.ours), spread(amounts.theirs)];
    return parts.map((part, index) => {
      const share = { paid: paid[index] ?? 0, ours: ours[index] ?? 0, theirs: theirs[index] ?? 0 };
      const line = { ...partLine(sku, part, index), ...priced(sku, part.quantity, share), ...kept };
      return { skuId: sku.skuId, line };
    });
  });
}

type Named = Omit<OrderLineInput, "quantity" | "unitPriceMinor">;

function ownLine(sku: WireSku): Named {
  const line: Named = { externalLineId: sku.skuId, externalVariantId: sku.skuId };
  const code = sku.erpcode || sku.skuDetailList[0]?.erpCode;
  if (code) line.sku = code;
  if (sku.itemId) line.externalItemId = sku.itemId;
  const title = [sku.skuName, sku.skuSpec].filter(Boolean).join(" / ");
  if (title) line.title = title.slice(0, 1000);
  return line;
}

function partLine(sku: WireSku, part: WirePart, index: number): Named {
  const partId = part.skuId || String(index + 1);
  const line: Named = { externalLineId: `${sku.skuId}/${partId}`, externalVariantId: partId };
  if (part.erpCode) line.sku = part.erpCode;
  const title = part.skuName || sku.skuName;
  if (title) line.title = title.slice(0, 1000);
  return line;
}

/** The price before anybody's discount, in whole fen for each; what does not divide is our discount. */
function priced(
  sku: WireSku,
  quantity: number,
  { paid, ours, theirs }: { paid: number; ours: number; theirs: number },
): { quantity: number; unitPriceMinor: number; discountMinor?: number } {
  if (quantity === 0 || (sku.skuTag === gift && paid + theirs === 0)) return { quantity, unitPriceMinor: 0 };
  const gross = paid + ours + theirs;
  const unitPriceMinor = Math.ceil(gross / quantity);
  const discountMinor = ours + unitPriceMinor * quantity - gross;
  return discountMinor > 0 ? { quantity, unitPriceMinor, discountMinor } : { quantity, unitPriceMinor };
}
