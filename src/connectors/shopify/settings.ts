import { z } from "zod";

export const settingsSchema = z.object({
  shop: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com$/,
      "must be the shop's own address, such as my-shop.myshopify.com",
    )
    .describe("The shop's own address, such as my-shop.myshopify.com (not the domain buyers see)"),
  locationId: z
    .string()
    .regex(/^\d{1,20}$/, "must be the number of a location")
    .describe(
      "Location whose stock the hub writes and from which it ships (the number in its address in the admin)",
    ),
  clientId: z
    .string()
    .regex(/^[\w-]{1,100}$/, "must be a client id")
    .optional()
    .describe(
      "Client id of your app; needed for granting access in the browser, not with an access token of a custom app",
    ),
  captureAtShipment: z
    .boolean()
    .default(false)
    .describe(
      "The shop takes the money when it ships: an authorised order counts as paid and may be shipped",
    ),
  notifyBuyer: z.boolean().default(true).describe("Shopify tells the buyer of each parcel"),
  ordersPerPage: z
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe("Orders asked for at once; a query may cost 1,000 points"),
});
export type ShopifySettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,500}$/, "must be 8 to 500 visible characters");

export const secretsSchema = z.object({
  accessToken: secret
    .optional()
    .describe(
      "Admin API access token of a custom app, shpat_…; left out where access is granted in the browser",
    ),
  clientSecret: secret
    .optional()
    .describe("Client secret of your app: signs webhooks, and proves the app when access is granted"),
  previousClientSecret: secret
    .optional()
    .describe("The client secret before the last rotation; webhooks signed with it still pass"),
});
export type ShopifySecrets = z.infer<typeof secretsSchema>;

/** What the app must be allowed to do. Writes include reading. */
export const scopes = [
  "read_orders",
  "write_orders",
  "read_products",
  "read_locations",
  "read_inventory",
  "write_inventory",
  "read_merchant_managed_fulfillment_orders",
  "write_merchant_managed_fulfillment_orders",
] as const;
