import { Webhook } from "standardwebhooks";
import type { RawDelivery } from "../../../src/connectors/contract.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import type { Receipt } from "../../../src/sync/contract.ts";
import type { RunningSync } from "../../../src/sync/sync.ts";
import { snapshotOf } from "../../support/hub.ts";
import { type Channels, webhookSecret } from "./channels.ts";

/** A delivery as a shop of the generic protocol signs it now. */
export function signed(hub: Channels, deliveryId: string, body: string, secret = webhookSecret): RawDelivery {
  const seconds = Math.floor(hub.runtime.clock.nowMs() / 1000);
  return {
    body: new TextEncoder().encode(body),
    headers: {
      "webhook-id": deliveryId,
      "webhook-timestamp": String(seconds),
      "webhook-signature": new Webhook(secret).sign(deliveryId, new Date(seconds * 1000), body),
    },
    url: "https://hub.test/webhooks",
  };
}

export const orderBody = (order: Partial<OrderSnapshot> & { externalId: string }): string => {
  const data = snapshotOf({
    lines: [
      {
        externalLineId: "1",
        externalItemId: "P1",
        externalVariantId: "V1",
        quantity: 1,
        unitPriceMinor: 5_000,
      },
    ],
    ...order,
  });
  return JSON.stringify({ type: "order.upserted", timestamp: data.updatedAt, data });
};

export const deliverOrder = (
  hub: Channels,
  connectionId: string,
  deliveryId: string,
  order: Partial<OrderSnapshot> & { externalId: string },
  sync: RunningSync = hub.sync,
): Promise<Receipt> => sync.receive(connectionId, signed(hub, deliveryId, orderBody(order)));
