import { instantOf } from "../../core/clock.ts";
import type { PlatformShipment } from "../../core/model/order.ts";
import type { WireOrder } from "./wire.ts";

/**
 * Parcels of an order and of its gifts. A number that stands there before shipping is a label only. Kuaishou tells how many units are
 * on their way, not which parcel they are in: with several parcels each has one, and the first the rest. Pure.
 */
export function shipmentsOf(order: WireOrder): PlatformShipment[] {
  const { orderBaseInfo: base, orderItemInfo: item, subOrderInfo } = order;
  const parts = [
    {
      id: base.oid,
      sent: unitsSent(base.status, order.orderDeliveryInfo?.deliveryNum, item.num),
      parcels: order.orderLogisticsInfo,
    },
    ...subOrderInfo.map((sub) => ({
      id: sub.subOrderBaseInfo.oid,
      sent: unitsSent(
        sub.subOrderBaseInfo.status ?? 0,
        sub.subOrderDeliveryInfo?.deliveryNum,
        sub.subOrderItemInfo.num,
      ),
      parcels: sub.subOrderLogisticsInfo,
    })),
  ];
  const shipments = new Map<
    string,
    PlatformShipment & { lines: { externalLineId: string; quantity: number }[] }
  >();
  for (const { id, sent, parcels } of parts) {
    if (sent === 0) continue;
    const numbered = parcels.flatMap(({ expressNo, expressCode }) => {
      const number = expressNo?.trim().slice(0, 200);
      return number ? [{ number, expressCode }] : [];
    });
    for (const [index, { number, expressCode }] of numbered.entries()) {
      const quantity = index === 0 ? Math.max(1, sent - numbered.length + 1) : Number(index < sent);
      const shipment = shipments.get(number) ?? {
        externalId: number,
        shippedAt: instantOf(base.sendTime || base.updateTime),
        trackingNumber: number,
        ...(expressCode === undefined ? {} : { carrier: expressCode }),
        lines: [],
      };
      if (quantity > 0) shipment.lines.push({ externalLineId: id, quantity });
      shipments.set(number, shipment);
    }
  }
  return [...shipments.values()];
}

const firstShippedStatus = 40;
const closed = 80;

const unitsSent = (status: number, told: number | null | undefined, ordered: number): number =>
  Math.min(ordered, told || (status >= firstShippedStatus && status < closed ? ordered : 0));
