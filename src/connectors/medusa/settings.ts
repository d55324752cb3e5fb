import { z } from "zod";
import { plainUrl } from "../toolkit/addresses.ts";
import { webhookKey } from "../toolkit/standard-webhooks.ts";

export const settingsSchema = z.object({
  baseUrl: z
    .string()
    .max(2000)
    .refine(plainUrl, "must be an http or https address without user, query or fragment")
    .describe("Address of the Medusa server, e.g. https://shop.example; /admin/… is added to it"),
  stockLocationId: z
    .string()
    .regex(/^[\w-]{1,100}$/, "must be the id of a stock location, such as sloc_01H…")
    .describe(
      "Stock location whose levels the hub writes and from which it ships (Admin: Settings, Locations)",
    ),
  salesChannelId: z
    .string()
    .regex(/^[\w-]{1,100}$/, "must be the id of a sales channel, such as sc_01H…")
    .optional()
    .describe("Only orders of this sales channel; all of them when left out"),
  captureAtShipment: z
    .boolean()
    .default(false)
    .describe(
      "The shop takes the money when it ships: an authorised order counts as paid and may be shipped",
    ),
  ordersPerPage: z.int().min(1).max(200).default(50).describe("Orders asked for at once (about 10 kB each)"),
});
export type MedusaSettings = z.infer<typeof settingsSchema>;

const webhookSecret = z
  .string()
  .max(200)
  .refine((text) => webhookKey(text) !== null, "must be whsec_ followed by base64 of 24 to 64 random bytes");

export const secretsSchema = z.object({
  apiKey: z
    .string()
    .regex(/^sk_[\x21-\x39\x3b-\x7e]{8,500}$/, "must be a secret API key of Medusa, sk_…")
    .describe("Secret API key (Admin: Settings, Secret API Keys)"),
  webhookSecret: webhookSecret
    .optional()
    .describe("Standard Webhooks secret, whsec_…, shared with the bridge in the Medusa project"),
  previousWebhookSecret: webhookSecret
    .optional()
    .describe("The secret before the last rotation; still accepted"),
});
export type MedusaSecrets = z.infer<typeof secretsSchema>;
