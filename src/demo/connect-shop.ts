import { z } from "zod";
import type { HubClient } from "./hub-client.ts";

/** One product of a simulated shop, and what the hub is to know of it. */
export interface Good {
  sku: string;
  name: string;
  externalId: string;
  externalVariantId?: string;
  unitCostMinor: number;
  openingUnits: number;
}

/** How a hub reaches the shop. */
export interface ShopAccess {
  name: string;
  baseUrl: string;
  webhookSecret: string;
  apiToken: string;
}

const connectionSchema = z.object({ id: z.string(), webhookUrl: z.string() });
export type ConnectedShop = z.output<typeof connectionSchema>;

const namedSchema = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });
const listedSchema = z.object({
  items: z.array(z.object({ externalId: z.string(), externalVariantId: z.string().nullish() })),
});
const keyOf = (item: { externalId: string; externalVariantId?: string | null | undefined }): string =>
  `${item.externalId} ${item.externalVariantId ?? ""}`;
const stockSchema = z.object({ items: z.array(z.object({ sku: z.string() })) });

/** Makes SKUs with their opening stock where they are missing. */
export async function makeGoods(hub: HubClient, goods: readonly Good[]): Promise<void> {
  for (const { sku, name, openingUnits, unitCostMinor } of goods) {
    const { items } = await hub.call("GET", `/v1/stock?sku=${encodeURIComponent(sku)}`, stockSchema);
    if (items.length > 0) continue;
    await hub.call("POST", "/v1/skus", z.unknown(), { code: sku, name });
    await hub.call("POST", "/v1/stock/adjustments", z.unknown(), {
      reference: `opening ${sku}`,
      lines: [{ sku, delta: openingUnits, unitCostMinor, reason: "opening" }],
    });
  }
}

/**
 * Connects a shop that speaks the generic protocol, as an integrator would through the API: the connection, and one
 * listing per product. A shop of the same name from an earlier run gives up its name and is ended first: it had its own orders
 * and figures. At the same address it is the same account, and comes back with its listings.
 */
export async function connectShop(
  hub: HubClient,
  shop: ShopAccess,
  goods: readonly Good[],
): Promise<ConnectedShop> {
  const { items: known } = await hub.call("GET", "/v1/connections", namedSchema);
  for (const { id } of known.filter(({ name }) => name === shop.name)) {
    await hub.call("PATCH", `/v1/connections/${id}`, z.unknown(), {
      name: `${shop.name.slice(0, 60)} ${id}`,
    });
    await hub.call("DELETE", `/v1/connections/${id}?force=true`, z.unknown());
  }
  const connection = await hub.call("POST", "/v1/connections", connectionSchema, {
    connector: "generic",
    name: shop.name,
    settings: { baseUrl: shop.baseUrl },
    secrets: { webhookSecret: shop.webhookSecret, apiToken: shop.apiToken },
  });
  const path = `/v1/listings?connection=${connection.id}&limit=500`;
  const listed = new Set((await hub.call("GET", path, listedSchema)).items.map(keyOf));
  for (const { sku, externalId, externalVariantId } of goods) {
    if (listed.has(keyOf({ externalId, externalVariantId }))) continue;
    await hub.call("POST", "/v1/listings", z.unknown(), {
      connection: connection.id,
      externalId,
      ...(externalVariantId === undefined ? {} : { externalVariantId }),
      sku,
    });
  }
  return connection;
}
