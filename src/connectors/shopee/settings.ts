import { z } from "zod";

const number = z.string().regex(/^[1-9]\d{0,15}$/, "must be a number, written as text");

/** Hosts by where the application was registered (open.shopee.com, developer guide 16, read 2026-11-22). */
export const hosts = {
  global: "https://partner.shopeemobile.com",
  china: "https://openplatform.shopee.cn",
  brazil: "https://openplatform.shopee.com.br",
  sandbox: "https://openplatform.sandbox.test-stable.shopee.sg",
} as const;

export const settingsSchema = z.object({
  partnerId: number.describe("Partner id of your live application (open.shopee.com, App List)"),
  shopId: number.describe("Id of the shop; a cross-border seller makes one connection per shop"),
  host: z
    .enum(["global", "china", "brazil", "sandbox"])
    .default("global")
    .describe("Where the application was registered: global, china (mainland developers), brazil or sandbox"),
  locationId: z
    .string()
    .max(50)
    .optional()
    .describe("Location whose stock is written; only for shops with warehouses, which must name one"),
  handover: z
    .enum(["pickup", "dropoff"])
    .default("pickup")
    .describe("How parcels reach the carrier where Shopee leaves the choice"),
  dropoffBranchId: number.optional().describe("Branch for drop-off, where Shopee asks for one"),
  senderName: z
    .string()
    .max(100)
    .optional()
    .describe("Name of the sender, where Shopee asks for it at drop-off"),
  ordersPerPage: z.int().min(1).max(50).default(50).describe("Orders asked for at once"),
});
export type ShopeeSettings = z.infer<typeof settingsSchema>;

const key = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  partnerKey: key.describe("Partner key of the application: signs calls and pushes"),
  previousPartnerKey: key
    .optional()
    .describe("The partner key before the last change; pushes signed with it still pass"),
});
export type ShopeeSecrets = z.infer<typeof secretsSchema>;
