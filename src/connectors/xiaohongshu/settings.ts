import { z } from "zod";

const warehouse = z.string().regex(/^[\w.-]{1,60}$/, "must be a warehouse code (whcode)");

export const settingsSchema = z.object({
  appId: z
    .string()
    .regex(/^[\w-]{4,80}$/, "must be the appId of an application")
    .describe("appId of your application at open.xiaohongshu.com"),
  warehouse: warehouse
    .default("CPartner")
    .describe(
      "Warehouse (whcode) whose figure is written; CPartner is the default one of shops without several",
    ),
  platformWarehouses: z
    .array(warehouse)
    .max(100)
    .default([])
    .describe("Warehouses (whcode) that the platform keeps: their goods are sold and booked, never written"),
  receivers: z
    .boolean()
    .default(true)
    .describe("Fetch the encrypted receivers of orders that wait to be shipped, for printing labels"),
  ordersPerPage: z
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("Orders asked for at once; each costs a call of its own"),
});
export type XiaohongshuSettings = z.infer<typeof settingsSchema>;

const secret = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  appSecret: secret.describe("app-secret of the application: signs calls and messages"),
  previousAppSecret: secret
    .optional()
    .describe("The app-secret before the last change; messages signed with it still pass"),
});
export type XiaohongshuSecrets = z.infer<typeof secretsSchema>;

export const gateway = "https://ark.xiaohongshu.com";
export const gatewayPath = "/ark/open_api/v3/common_controller";
export const grantPage = "https://ark.xiaohongshu.com/ark/authorization";
