import { z } from "zod";
import { plainUrl } from "../toolkit/addresses.ts";
import { webhookKey } from "../toolkit/standard-webhooks.ts";

export const settingsSchema = z.object({
  baseUrl: z
    .string()
    .max(2000)
    .refine(plainUrl, "must be an http or https address without user, query or fragment")
    .describe("Address of the Vendure server, e.g. https://shop.example, without /admin-api"),
  adminApiPath: z
    .string()
    .regex(/^[\w-]{1,50}(\/[\w-]{1,50}){0,3}$/, "must be a path such as admin-api")
    .default("admin-api")
    .describe("Path of the admin API, as apiOptions.adminApiPath says"),
  channel: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/, "must be the token of a channel, without spaces")
    .optional()
    .describe("Token of the channel (Settings, Channels); the default channel when left out"),
  stockLocationId: z
    .string()
    .regex(/^[\w-]{1,64}$/, "must be the id of a stock location, such as 1")
    .describe("Stock location whose levels the hub writes (Settings, Stock locations)"),
  captureAtShipment: z
    .boolean()
    .default(false)
    .describe(
      "The shop takes the money when it ships: an authorised order counts as paid and may be shipped",
    ),
  fulfillmentHandler: z
    .string()
    .regex(/^[\w-]{1,100}$/, "must be the code of a fulfilment handler")
    .default("manual-fulfillment")
    .describe("Fulfilment handler that makes the parcels; it takes the arguments method and trackingCode"),
  watchDays: z
    .int()
    .min(1)
    .max(366)
    .default(60)
    .describe("How long after it was placed an order is looked at for payments, parcels and refunds"),
  ordersPerPage: z.int().min(1).max(200).default(50).describe("Orders asked for at once (about 5 kB each)"),
});
export type VendureSettings = z.infer<typeof settingsSchema>;

const webhookSecret = z
  .string()
  .max(200)
  .refine((text) => webhookKey(text) !== null, "must be whsec_ followed by base64 of 24 to 64 random bytes");

export const secretsSchema = z.object({
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{16,500}$/, "must be an API key, 16 to 500 visible characters")
    .optional()
    .describe("API key of an administrator with the hub's role (Vendure 3.6 and later)"),
  username: z
    .string()
    .min(1)
    .max(320)
    .optional()
    .describe("Login of an administrator with the hub's role, in place of an API key"),
  password: z.string().min(1).max(500).optional().describe("Password of that administrator"),
  webhookSecret: webhookSecret
    .optional()
    .describe("Standard Webhooks secret, whsec_…, shared with the bridge in the Vendure project"),
  previousWebhookSecret: webhookSecret
    .optional()
    .describe("The secret before the last rotation; still accepted"),
});
export type VendureSecrets = z.infer<typeof secretsSchema>;

/** What the administrator's role must hold; seen to be enough on 3.7.3. */
export const permissions = [
  "ReadOrder",
  "UpdateOrder",
  "ReadCatalog",
  "UpdateCatalog",
  "ReadStockLocation",
] as const;
