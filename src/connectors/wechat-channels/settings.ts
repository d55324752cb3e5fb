import { z } from "zod";

export const settingsSchema = z.object({
  appId: z
    .string()
    .regex(/^wx[0-9a-f]{16}$/, "must be an AppID, wx and 16 letters or digits")
    .describe("AppID of the WeChat shop (微信小店), wx…"),
  restockReturns: z
    .boolean()
    .default(false)
    .describe(
      "Goods of a completed return go back on the shelf here at once; else a person books them when they are for sale",
    ),
  ordersPerPage: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .describe("Orders asked for at once; each is one more call"),
});
export type WechatSettings = z.infer<typeof settingsSchema>;

const messageToken = z.string().regex(/^[0-9A-Za-z]{3,32}$/, "must be 3 to 32 letters or digits");
const aesKey = z.string().regex(/^[0-9A-Za-z]{43}$/, "must be 43 letters or digits");

export const secretsSchema = z.object({
  appSecret: z
    .string()
    .regex(/^[0-9A-Za-z]{16,64}$/, "must be an AppSecret")
    .describe("AppSecret of the shop"),
  token: messageToken.optional().describe("Token of the message push (消息推送)"),
  encodingAesKey: aesKey
    .optional()
    .describe("EncodingAESKey of the message push; its mode must be encrypted, JSON"),
  previousToken: messageToken
    .optional()
    .describe("The Token before the last change; its messages still pass"),
  previousEncodingAesKey: aesKey.optional().describe("The EncodingAESKey before the last change"),
});
export type WechatSecrets = z.infer<typeof secretsSchema>;
