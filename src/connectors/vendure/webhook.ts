import type { Webhooks } from "../contract.ts";
import { createIdWebhooks } from "../toolkit/id-webhooks.ts";
import type { VendureSecrets } from "./settings.ts";
import { deliverySchema, isId } from "./wire.ts";

/** Vendure sends nothing by itself; a small plugin in the Vendure project does (`docs/vendure.md`). It sends ids only. */
export const createWebhooks = (secrets: VendureSecrets): Webhooks =>
  createIdWebhooks(deliverySchema, secrets, ({ type, data }) =>
    data.orderId !== undefined && isId(data.orderId)
      ? { kind: "fetch", externalIds: [data.orderId] }
      : {
          kind: "ignore",
          reason: `Deliveries of type ${type} without orderId are not used; the pull finds the change.`,
        },
  );
