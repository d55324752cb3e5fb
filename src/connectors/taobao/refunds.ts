import type { PlatformRefund } from "../../core/model/order.ts";
import { fen, shareOf } from "./amounts.ts";
import { isRefunded } from "./status.ts";
import type { WireRefund, WireTrade } from "./wire.ts";

/**
 * Money given back, one entry per settled refund. Units are taken back only where that is certain: the whole line's money went back,
 * and the goods never left or came back. Whether they are good to sell again nobody tells, so none is put on the shelf.
 */
export const refundsOf = (trade: WireTrade, settled: readonly WireRefund[]): PlatformRefund[] =>
  trade.orders.flatMap((line) => {
    const refund = settled.find(
      ({ refund_id, status }) => refund_id === line.refund_id && status === "SUCCESS",
    );
    if (!isRefunded(line) || refund === undefined) return [];
    const amountMinor = fen(refund.refund_fee);
    const share = shareOf(trade, line);
    const isWhole = amountMinor >= share;
    const wasSent = line.consign_time !== undefined || line.invoice_no !== "";
    const takesUnits = isWhole && (!wasSent || refund.has_good_return === true);
    const entry: PlatformRefund = {
      externalId: refund.refund_id,
      refundedAt: refund.modified,
      amountMinor,
      lines: [
        {
          externalLineId: line.oid,
          amountMinor: Math.min(amountMinor, share),
          ...(takesUnits ? { quantity: line.num } : {}),
        },
      ],
    };
    if (amountMinor > share) entry.shippingMinor = Math.min(amountMinor - share, fen(trade.post_fee ?? "0"));
    if (refund.reason) entry.reason = refund.reason.slice(0, 500);
    return [entry];
  });
