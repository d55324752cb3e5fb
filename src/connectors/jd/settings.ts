import { z } from "zod";

export const settingsSchema = z.object({
  appKey: z
    .string()
    .regex(/^[0-9A-Za-z]{8,64}$/, "must be an AppKey")
    .describe("AppKey of your application on open.jd.com"),
  venderId: z
    .string()
    .regex(/^\d{1,18}$/, "must be a number")
    .describe("The shop's merchant number (商家编号, venderId), so that no other shop is read by mistake"),
  storeId: z
    .int()
    .min(0)
    .default(0)
    .describe("Merchant warehouse whose stock is written and read; 0 is the default one"),
  bookedInFigure: z
    .boolean()
    .default(false)
    .describe(
      "JD's stock figure holds units that open orders have booked; try it on one SKU, see docs/jd.md. Wrongly off, too little is sold",
    ),
  encryptedBuyers: z
    .boolean()
    .default(false)
    .describe(
      "The application is in JD's encryption programme: orders are read with enSearch and enGet, buyer data stays ciphertext",
    ),
  shipBeforePayment: z
    .boolean()
    .default(false)
    .describe("Orders paid on delivery, monthly or later count as paid and may be shipped"),
  ordersPerPage: z.int().min(1).max(100).default(50).describe("Orders asked for at once"),
});
export type JdSettings = z.infer<typeof settingsSchema>;

export const secretsSchema = z.object({
  appSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters")
    .describe("AppSecret of your application: signs every call"),
});
export type JdSecrets = z.infer<typeof secretsSchema>;
