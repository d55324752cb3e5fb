import { z } from "zod";

const itemId = z.string().regex(/^\d{1,20}$/, "must be the number of an item");

export const settingsSchema = z.object({
  appKey: z
    .string()
    .regex(/^\d{4,20}$/, "must be the App Key, digits only")
    .describe("App Key of the application on the open platform"),
  sellerNick: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .describe("Name (nick) of the shop's main account; access granted by another account is refused"),
  deducts: z
    .enum(["placed", "paid"])
    .default("placed")
    .describe("When the shop's items take a sold unit off: placed (拍下减库存) or paid (付款减库存)"),
  platformStoreCodes: z
    .array(z.string().regex(/^[\w.-]{1,64}$/, "must be a warehouse code"))
    .max(200)
    .default([])
    .describe(
      "Codes (store_code) of warehouses the platform runs; lines sent from there take nothing from your stock",
    ),
  platformItems: z
    .array(itemId)
    .max(2000)
    .default([])
    .describe("Items whose stock the platform keeps (Tmall Supermarket, Cainiao); never written"),
  ordersPerPage: z
    .int()
    .min(1)
    .max(100)
    .default(40)
    .describe("Orders asked for at once; each is then read in full by a call of its own"),
});
export type TaobaoSettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  appSecret: secret.describe("App Secret: signs calls, and proves calls the platform makes to the hub"),
  previousAppSecret: secret
    .optional()
    .describe("The App Secret before it was reset; calls signed with it still pass"),
});
export type TaobaoSecrets = z.infer<typeof secretsSchema>;
