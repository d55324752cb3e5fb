import { z } from "zod";
import type { Behaviour, Limits, Profile } from "../contract.ts";
import { plainUrl } from "../toolkit/addresses.ts";
import { webhookKey } from "../toolkit/standard-webhooks.ts";

export const settingsSchema = z.object({
  baseUrl: z
    .string()
    .max(2000)
    .refine(plainUrl, "must be an http or https address without user, query or fragment")
    .describe("Address of the shop's API; paths such as /orders are added to it"),
  deducts: z
    .enum(["placed", "paid", "never"])
    .default("placed")
    .describe("When the shop takes a sold unit off its own figure"),
  restoresOnUnpaidCancel: z
    .boolean()
    .default(true)
    .describe("Whether the shop puts units back by itself when an unpaid order is cancelled"),
  restoresOnPaidRefund: z
    .boolean()
    .default(false)
    .describe("Whether the shop puts units back by itself when a paid order is cancelled or refunded"),
  orderWatermark: z
    .boolean()
    .default(true)
    .describe("Whether answers of GET /orders carry a watermark: every order changed up to then is in"),
  clockSkewSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(5)
    .describe("How far the shop's clock may differ from ours"),
  pullOverlapSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(60)
    .describe("Time read again at every pull, for orders that become visible late"),
  stockWrites: z
    .array(z.enum(["set", "delta", "compareAndSet"]))
    .default(["set", "delta", "compareAndSet"])
    .describe("Kinds of stock write the shop understands; empty when its stock cannot be written"),
  offers: z
    .array(z.enum(["stockRead", "fulfilments", "listings"]))
    .default(["stockRead", "fulfilments", "listings"])
    .describe("Optional parts of the protocol the shop has: GET /stock, POST /fulfilments, GET /listings"),
  ordersPerPage: z.int().min(1).max(1000).default(200).describe("Orders asked for at once"),
  stockWritesPerCall: z.int().min(1).max(1000).default(100).describe("Stock writes sent in one call"),
  callsPerSecond: z
    .number()
    .min(0.01)
    .max(1000)
    .default(10)
    .describe("Calls the shop takes per second, lasting"),
  burst: z.int().min(1).max(1000).default(20).describe("Calls it takes at once on top of that"),
});
export type GenericSettings = z.infer<typeof settingsSchema>;

const webhookSecret = z
  .string()
  .max(200)
  .refine((text) => webhookKey(text) !== null, "must be whsec_ followed by base64 of 24 to 64 random bytes");

/** All optional: a shop that is only polled has no webhook secret, and deliveries for it are then refused. */
export const secretsSchema = z.object({
  webhookSecret: webhookSecret
    .optional()
    .describe("Standard Webhooks secret, whsec_…, that signs the shop's deliveries"),
  previousWebhookSecret: webhookSecret
    .optional()
    .describe("The secret before the last rotation; still accepted"),
  apiToken: z
    .string()
    .regex(/^[\x21-\x7e]{1,4000}$/, "must be visible ASCII without spaces")
    .optional()
    .describe("Sent to the shop as Authorization: Bearer"),
});
export type GenericSecrets = z.infer<typeof secretsSchema>;

export const behaviourOf = (settings: GenericSettings): Behaviour => ({
  deducts: settings.deducts,
  restoresOnUnpaidCancel: settings.restoresOnUnpaidCancel,
  restoresOnPaidRefund: settings.restoresOnPaidRefund,
  clockSkewMs: Math.round(settings.clockSkewSeconds * 1000),
  orderWatermark: settings.orderWatermark,
  remembersWrites: true,
});

export const limitsOf = (settings: GenericSettings): Limits => ({
  ordersPerPage: settings.ordersPerPage,
  stockWritesPerCall: settings.stockWritesPerCall,
  callsPerSecond: settings.callsPerSecond,
  burst: settings.burst,
});

export const profileOfSettings = (settings: GenericSettings): Profile => ({
  behaviour: behaviourOf(settings),
  limits: limitsOf(settings),
  stockWrites: settings.stockWrites,
});

/** What holds when nothing but the address is given; the address itself plays no part. */
export const defaultSettings: GenericSettings = settingsSchema.parse({ baseUrl: "https://shop.example" });
