import { z } from "zod";

export const settingsSchema = z.object({
  clientId: z
    .string()
    .regex(/^\w{4,100}$/, "must be the client_id of the application")
    .describe("client_id of the application on the open platform"),
  mallId: z
    .string()
    .regex(/^\d{1,20}$/, "must be the number of the shop")
    .describe("Number of the shop (mall_id); access granted by another shop is refused"),
  waitsForGroups: z
    .boolean()
    .default(true)
    .describe(
      "Buyers may pay and then wait for their group. Such orders cannot be seen yet, so nothing is promised about units set aside here. Switch off only where nothing is sold to groups",
    ),
  ordersPerPage: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .describe("Orders asked for at once; each is then read in full by a call of its own"),
});
export type PinduoduoSettings = z.infer<typeof settingsSchema>;

export const secretsSchema = z.object({
  clientSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 visible characters")
    .describe("client_secret of the application: signs every call"),
});
export type PinduoduoSecrets = z.infer<typeof secretsSchema>;
