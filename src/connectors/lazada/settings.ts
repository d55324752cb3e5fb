import { z } from "zod";

/** One gateway per country, and the zone of times written without one (open.lazada.com docs 108067, read 2026-11-22). */
export const countries = {
  sg: { host: "https://api.lazada.sg/rest", zone: "Asia/Singapore", currency: "SGD" },
  th: { host: "https://api.lazada.co.th/rest", zone: "Asia/Bangkok", currency: "THB" },
  my: { host: "https://api.lazada.com.my/rest", zone: "Asia/Kuala_Lumpur", currency: "MYR" },
  vn: { host: "https://api.lazada.vn/rest", zone: "Asia/Ho_Chi_Minh", currency: "VND" },
  ph: { host: "https://api.lazada.com.ph/rest", zone: "Asia/Manila", currency: "PHP" },
  id: { host: "https://api.lazada.co.id/rest", zone: "Asia/Jakarta", currency: "IDR" },
} as const;

const number = z.string().regex(/^[1-9]\d{0,18}$/, "must be a number, written as text");

export const settingsSchema = z.object({
  appKey: number.describe("App key of your application (open.lazada.com, App Console)"),
  country: z
    .enum(["sg", "th", "my", "vn", "ph", "id"])
    .describe("Country of the store; a cross-border seller makes one connection per country"),
  sellerId: number.describe(
    "Seller id of the store in this country; order numbers are unique within it only",
  ),
  warehouseCode: z
    .string()
    .regex(/^[\w-]{1,60}$/, "must be a warehouse code")
    .optional()
    .describe("Warehouse whose stock is written; only for stores with several, which must name one"),
  shipmentProviderCode: z
    .string()
    .max(100)
    .optional()
    .describe("Code of the carrier for packing; only for cross-border stores, which must name one"),
  ordersPerPage: z.int().min(1).max(50).default(50).describe("Orders asked for at once"),
});
export type LazadaSettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  appSecret: secret.describe("App secret of the application: signs calls and pushes"),
  previousAppSecret: secret
    .optional()
    .describe("The app secret before the last change; pushes signed with it still pass"),
});
export type LazadaSecrets = z.infer<typeof secretsSchema>;
