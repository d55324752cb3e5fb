import type { Buyer } from "../model/order.ts";
import type { DataKey } from "../vault.ts";

/** Binds a sealed buyer to its order: moved to another row it cannot be opened. */
const contextOf = (order: { connectionId: string; externalId: string }): string =>
  `buyer:${order.connectionId}:${order.externalId}`;

export const sealBuyer = (
  key: DataKey,
  order: { connectionId: string; externalId: string },
  buyer: Buyer,
): Uint8Array => key.seal(JSON.stringify(buyer), contextOf(order));

/** `sealed` comes from our own column; throws when the key does not fit. */
export const openBuyer = (
  key: DataKey,
  order: { connectionId: string; externalId: string },
  sealed: Uint8Array,
): Buyer => JSON.parse(key.openText(sealed, contextOf(order))) as Buyer;
