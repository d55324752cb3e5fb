import { z } from "zod";

const plainHttps = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === "https:" && !url.username && !url.password && !url.search && !url.hash;
};

export const settingsSchema = z.object({
  baseUrl: z
    .string()
    .max(2000)
    .refine(plainHttps, "must be an https address without user, query or fragment")
    .describe("Address of the shop, e.g. https://shop.example; /wp-json/wc/v3/… is added to it"),
  keysInAddress: z
    .boolean()
    .default(false)
    .describe("Send the keys in the address, for servers that strip the Authorization header"),
  completeWhenShipped: z
    .boolean()
    .default(true)
    .describe("An order whose last parcel has left is set to completed"),
  noteToBuyer: z.boolean().default(true).describe("The buyer gets a note with carrier and tracking number"),
  paidStatuses: z
    .array(z.string().regex(/^[\w-]{1,40}$/))
    .max(20)
    .default([])
    .describe("Statuses of plugins that mean paid and to be shipped"),
  shippedStatuses: z
    .array(z.string().regex(/^[\w-]{1,40}$/))
    .max(20)
    .default(["shipped"])
    .describe("Statuses of plugins that mean shipped"),
  ordersPerPage: z.int().min(1).max(100).default(50).describe("Orders asked for at once"),
});
export type WooSettings = z.infer<typeof settingsSchema>;

export const secretsSchema = z.object({
  consumerKey: z
    .string()
    .regex(/^ck_[\x21-\x7e]{8,200}$/, "must be a consumer key, ck_…")
    .optional()
    .describe("Consumer key with the right read/write (WooCommerce: Settings, Advanced, REST API)"),
  consumerSecret: z
    .string()
    .regex(/^cs_[\x21-\x7e]{8,200}$/, "must be a consumer secret, cs_…")
    .optional()
    .describe("Consumer secret, cs_…"),
  webhookSecret: z
    .string()
    .regex(/^[A-Za-z0-9]{8,200}$/, "must be 8 to 200 letters and digits: the shop decodes other characters")
    .optional()
    .describe("Secret entered for the webhook in the shop"),
  previousWebhookSecret: z
    .string()
    .regex(/^[A-Za-z0-9]{8,200}$/, "must be 8 to 200 letters and digits")
    .optional()
    .describe("The webhook secret before the last rotation; still accepted"),
});
export type WooSecrets = z.infer<typeof secretsSchema>;
