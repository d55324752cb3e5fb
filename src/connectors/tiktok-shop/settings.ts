import { z } from "zod";

const number = z.string().regex(/^[1-9]\d{0,20}$/, "must be a number, written as text");

/** Where a seller grants access, by where the application is registered (Partner Center, authorisation guide, read 2026-11-22). */
export const consentPages = {
  global: "https://services.tiktokshop.com/open/authorize",
  us: "https://services.us.tiktokshop.com/open/authorize",
} as const;

export const settingsSchema = z.object({
  appKey: z
    .string()
    .regex(/^[\w-]{4,64}$/, "must be 4 to 64 letters and digits")
    .describe("App key of your application (Partner Center, App & Service)"),
  serviceId: number.describe("Service id of your application, as its authorisation link has it"),
  shopCode: z
    .string()
    .regex(/^[A-Za-z0-9]{4,40}$/, "must be 4 to 40 letters and digits")
    .describe("Shop code as Seller Center shows it; a cross-border seller makes one connection per shop"),
  market: z
    .enum(["global", "us"])
    .default("global")
    .describe("Where the application is registered: us for the United States, else global"),
  warehouseId: number
    .optional()
    .describe("Warehouse whose stock is read and written; only needed when a SKU lies in several"),
  backorders: z
    .enum(["clear", "keep"])
    .default("clear")
    .describe("clear: every stock write ends what TikTok may sell beyond the stock; keep: leaves it"),
  handover: z
    .enum(["pickup", "dropoff"])
    .default("pickup")
    .describe("How parcels with TikTok's own labels reach the carrier"),
  liveRooms: z
    .boolean()
    .default(false)
    .describe("Ask which live room an affiliate order came from; needs the affiliate permission"),
  ordersPerPage: z.int().min(1).max(50).default(50).describe("Orders asked for at once"),
});
export type TiktokSettings = z.infer<typeof settingsSchema>;

const key = z.string().regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters");

export const secretsSchema = z.object({
  appSecret: key.describe("App secret of the application: signs calls and webhooks"),
  previousAppSecret: key
    .optional()
    .describe("The app secret before the last change; webhooks signed with it still pass"),
});
export type TiktokSecrets = z.infer<typeof secretsSchema>;
