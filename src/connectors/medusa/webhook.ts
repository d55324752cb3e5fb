import { externalIdSchema } from "../../core/model/primitives.ts";
import type { Webhooks } from "../contract.ts";
import { createIdWebhooks } from "../toolkit/id-webhooks.ts";
import type { MedusaSecrets } from "./settings.ts";
import { deliverySchema } from "./wire.ts";

/** Medusa sends nothing by itself; a small subscriber in the Medusa project does (`docs/medusa.md`). It sends ids only. */
export const createWebhooks = (secrets: MedusaSecrets): Webhooks =>
  createIdWebhooks(deliverySchema, secrets, ({ type, data }) => {
    const orderId = externalIdSchema.safeParse(data.order_id ?? (type.startsWith("order.") ? data.id : null));
    return orderId.success
      ? { kind: "fetch", externalIds: [orderId.data] }
      : {
          kind: "ignore",
          reason: `Deliveries of type ${type} without order_id are not used; the pull finds the change.`,
        };
  });
