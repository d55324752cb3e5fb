import { z } from "zod";

const warehouse = z.string().regex(/^[\w.-]{1,60}$/, "must be a warehouse code (out_warehouse_id)");

export const settingsSchema = z.object({
  shopId: z
    .string()
    .regex(/^\d{1,20}$/, "must be the number of a shop")
    .describe("Number of the shop, shown in the Doudian back office"),
  appKey: z
    .string()
    .regex(/^\d{6,25}$/, "must be the app_key, digits only")
    .describe("app_key of your own-shop application (自用型应用)"),
  environment: z
    .enum(["production", "sandbox"])
    .default("production")
    .describe("sandbox calls the platform's test address"),
  stockDeducted: z
    .enum(["placed", "paid"])
    .default("placed")
    .describe(
      "When Douyin takes sold units off: at the order (下单减库存) or, if any product does so, at payment (付款减库存)",
    ),
  warehouseId: warehouse
    .optional()
    .describe("Warehouse (out_warehouse_id) whose figure is written for goods with regional stock"),
  platformWarehouses: z
    .array(warehouse)
    .max(100)
    .default([])
    .describe(
      "Warehouses (out_warehouse_id) that the platform keeps: their goods are sold and booked, never written",
    ),
  ordersPerPage: z.int().min(1).max(100).default(50).describe("Orders asked for at once"),
});
export type DouyinSettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  appSecret: secret.describe("app_secret of the application: signs calls and messages"),
  previousAppSecret: secret
    .optional()
    .describe("The app_secret before the last reset; messages signed with it still pass"),
});
export type DouyinSecrets = z.infer<typeof secretsSchema>;

export const baseUrls = {
  production: "https://openapi-fxg.jinritemai.com",
  sandbox: "https://openapi-sandbox.jinritemai.com",
} as const;
