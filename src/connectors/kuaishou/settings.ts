import { Buffer } from "node:buffer";
import { z } from "zod";

export const settingsSchema = z.object({
  appKey: z
    .string()
    .regex(/^[A-Za-z0-9]{6,40}$/, "must be the appKey, such as ks6690…")
    .describe("appKey of your application at open.kwaixiaodian.com"),
  stockDeducted: z
    .enum(["placed", "paid"])
    .default("placed")
    .describe("When Kuaishou takes sold units off: at the order, or at payment where the goods are set so"),
  liveRooms: z
    .boolean()
    .default(true)
    .describe("Ask for the live room of each order, which costs a call more per order"),
  ordersPerPage: z.int().min(1).max(50).default(20).describe("Orders asked for at once"),
});
export type KuaishouSettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");
const messageKey = z
  .base64()
  .refine(
    (text) => [16, 24, 32].includes(Buffer.from(text, "base64").byteLength),
    "must be the base64 of 16, 24 or 32 bytes",
  );

export const secretsSchema = z.object({
  appSecret: secret.describe("appSecret of the application: for granting access only"),
  signSecret: secret.describe("signSecret of the application: signs calls, is never sent"),
  messageKey: messageKey
    .optional()
    .describe("Key that messages are encrypted with, from the console's message page"),
  previousMessageKey: messageKey
    .optional()
    .describe("The message key before the last change; messages encrypted with it still pass"),
});
export type KuaishouSecrets = z.infer<typeof secretsSchema>;

/** What the application must be allowed to do. */
export const scopes = [
  "merchant_order",
  "merchant_item",
  "merchant_refund",
  "merchant_logistics",
  "user_info",
] as const;

export const gateway = "https://openapi.kwaixiaodian.com";
export const grantPage = "https://open.kwaixiaodian.com/oauth/authorize";
