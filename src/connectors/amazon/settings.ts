import { z } from "zod";
import { type Marketplace, marketplaceOf } from "./marketplaces.ts";

const marketplaceId = z
  .string()
  .refine(
    (id) => marketplaceOf(id) !== undefined,
    "must be the id of an Amazon marketplace, such as ATVPDKIKX0DER",
  );

export const settingsSchema = z.object({
  sellerId: z
    .string()
    .regex(/^[A-Z0-9]{6,20}$/, "must be a seller id, such as A2XMPL3SELLER")
    .describe("Your seller id (Seller Central: Settings, Account Info, Merchant Token)"),
  marketplaceId: marketplaceId.describe(
    "Marketplace whose listings and stock the hub keeps, such as ATVPDKIKX0DER for amazon.com; it also says the region",
  ),
  alsoMarketplaceIds: z
    .array(marketplaceId)
    .max(49)
    .default([])
    .describe(
      "Further marketplaces of the same region whose orders come in, where all share one stock figure",
    ),
  clientId: z
    .string()
    .regex(/^amzn1\.application-oa2-client\.[\w-]{1,100}$/, "must be amzn1.application-oa2-client.…")
    .describe("Client id of your application (Developer Central: LWA credentials)"),
  applicationId: z
    .string()
    .regex(/^amzn1\.(sp\.solution|sellerapps\.app)\.[\w-]{1,100}$/, "must be amzn1.sp.solution.…")
    .optional()
    .describe("Id of your public application; needed only to grant access in the browser"),
  isDraft: z
    .boolean()
    .default(false)
    .describe("The public application is still a draft: access is granted to its test version"),
  refunds: z
    .boolean()
    .default(true)
    .describe(
      "Read refunds from Amazon's finance records, every six hours; needs the role Finance and Accounting",
    ),
  ordersPerPage: z.int().min(1).max(100).default(100).describe("Orders asked for at once"),
});
export type AmazonSettings = z.infer<typeof settingsSchema>;

/** All whose orders come in. */
export const marketplaceIdsOf = ({ marketplaceId, alsoMarketplaceIds }: AmazonSettings): string[] => [
  ...new Set([marketplaceId, ...alsoMarketplaceIds]),
];

/** The schema has seen to it that the table knows it. */
export const ownMarketplace = ({ marketplaceId }: AmazonSettings): Marketplace =>
  marketplaceOf(marketplaceId) ?? {
    region: "na",
    currency: "USD",
    sellerCentral: "sellercentral.amazon.com",
  };

const secret = z.string().regex(/^[\x21-\x7e]{8,2000}$/, "must be 8 to 2,000 visible characters");

const whsec = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/=]{32,90}$/, "must be whsec_ and the base64 of 24 to 64 bytes");

export const secretsSchema = z.object({
  clientSecret: secret.describe("Client secret of your application; Amazon wants it rotated every 180 days"),
  refreshToken: secret
    .optional()
    .describe(
      "Refresh token of a private application, Atzr|…; left out where access is granted in the browser",
    ),
  webhookSecret: whsec.optional().describe("Secret shared with the forwarder of notifications, whsec_…"),
  previousWebhookSecret: whsec
    .optional()
    .describe("The webhook secret before the last rotation; still accepted"),
});
export type AmazonSecrets = z.infer<typeof secretsSchema>;
