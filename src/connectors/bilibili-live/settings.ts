import { z } from "zod";

export const settingsSchema = z.object({
  appId: z
    .int()
    .min(1)
    .describe("App id of the developer's live project, 13 digits (open-live.bilibili.com, my projects)"),
});
export type BilibiliSettings = z.infer<typeof settingsSchema>;

const word = z
  .string()
  .regex(/^[\x21-\x7e]{4,200}$/, "must be 4 to 200 letters, digits and signs without blanks");

export const secretsSchema = z.object({
  accessKeyId: word.describe("Access key id of the developer account"),
  accessKeySecret: word.describe("Access key secret of the developer account"),
  identityCode: word.describe(
    "Identity code (身份码) of the presenter; they see it in their live tools and can renew it",
  ),
});
export type BilibiliSecrets = z.infer<typeof secretsSchema>;
