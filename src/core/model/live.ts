import { z } from "zod";
import { liveCommentSchema } from "./comment.ts";
import {
  amountSchema,
  codeSchema,
  countSchema,
  currencySchema,
  instantSchema,
  quantitySchema,
} from "./primitives.ts";

/** Live sessions as people set them up. */

const words = z.array(z.string().min(1).max(40)).max(100);
const basisPoints = z.number().int().min(0).max(10_000);
const seconds = z.number().int().min(1).max(604_800);

export const sessionSettingsSchema = z.strictObject({
  mode: z
    .enum(["hold_first", "first_paid"])
    .default("hold_first")
    .describe(
      "hold_first: a claim reserves its units. first_paid: it reserves nothing, the first to pay has them",
    ),
  holdSeconds: seconds.default(1_800).describe("How long a claim keeps its units"),
  checkoutSeconds: seconds.default(600).describe("How long they are kept from the moment a payment begins"),
  longestHoldSeconds: seconds
    .default(7_200)
    .describe(
      "How long payments may keep a claim's units in all, from when it got them; never less than `holdSeconds` and `checkoutSeconds` together",
    ),
  limitPerItem: quantitySchema.nullable().default(null).describe("Units per viewer and item"),
  limitPerSession: quantitySchema.nullable().default(null).describe("Units per viewer in the whole session"),
  commentsPerViewer: z
    .object({ count: quantitySchema, seconds })
    .nullable()
    .default({ count: 30, seconds: 60 })
    .describe("Comments of one viewer beyond this claim nothing"),
  bareCodes: z.boolean().default(true).describe("A code without a word such as `sold` is a claim"),
  maxPerComment: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe("More units in one comment go to a person"),
  words: z
    .strictObject({ keywords: words, shown: words, cancel: words, fillers: words, question: words })
    .partial()
    .default({})
    .describe("Words of this room, besides those every room knows"),
  attributionMinutes: z
    .number()
    .int()
    .min(0)
    .max(1_440)
    .default(30)
    .describe("Orders placed this long after the end still count"),
  cancelledUnits: z
    .enum(["session", "everybody"])
    .default("session")
    .describe("Who gets the units of an order of the session that is cancelled while it is on air"),
  keepCommentsDays: z
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe("Comments are deleted so many days after the end; the report keeps its figures"),
  hostCommissionBp: basisPoints.default(0).describe("Of net sales, in basis points: 500 = 5 %"),
  agencyCommissionBp: basisPoints.default(0),
});
export type SessionSettings = z.output<typeof sessionSettingsSchema>;
export type SessionSettingsInput = z.input<typeof sessionSettingsSchema>;

type Undefaulted<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: z.ZodOptional<Shape[Key] extends z.ZodDefault<infer Inner> ? Inner : Shape[Key]>;
};

/** A patch changes what it names: a default must not come in for what it leaves out. */
const patchShape = <Shape extends z.ZodRawShape>(shape: Shape): Undefaulted<Shape> =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      key,
      z.optional(schema instanceof z.ZodDefault ? schema.removeDefault() : schema),
    ]),
  ) as Undefaulted<Shape>;

const label = z.string().trim().min(1).max(60);

export const liveItemInputSchema = z.object({
  sku: codeSchema,
  code: label.describe("What viewers type, such as A1"),
  codeAliases: z.array(label).max(20).default([]).describe("Other names for the same code"),
  variant: label
    .nullable()
    .default(null)
    .describe("Where several items share a code: what tells this one, such as `red L`"),
  variantAliases: z.array(label).max(20).default([]),
  priceMinor: amountSchema.describe("Live price of one unit"),
  limitPerBuyer: quantitySchema.nullable().default(null),
  share: countSchema.describe("Units the session takes when it goes on air"),
});
export type LiveItemInput = z.output<typeof liveItemInputSchema>;

export const liveItemPatchSchema = z.strictObject({
  ...patchShape(liveItemInputSchema.omit({ sku: true }).shape),
  position: z.number().int().min(1).max(10_000).optional(),
  active: z.boolean().optional(),
});
export type LiveItemPatch = z.output<typeof liveItemPatchSchema>;

export const liveSessionInputSchema = z.object({
  connection: z.uuid().describe("The account the room belongs to"),
  room: z.string().min(1).max(200).describe("The platform's id of the room or broadcast"),
  title: z.string().min(1).max(200),
  host: z.string().min(1).max(200).optional(),
  scheduledAt: instantSchema.optional(),
  currency: currencySchema.optional().describe("Of the live prices; the merchant's own when left out"),
  settings: sessionSettingsSchema.prefault({}),
  items: z.array(liveItemInputSchema).max(500).default([]).describe("In the order of the show"),
});
export type LiveSessionInput = z.output<typeof liveSessionInputSchema>;

export const liveSessionPatchSchema = z
  .strictObject({
    title: z.string().min(1).max(200),
    host: z.string().min(1).max(200).nullable(),
    scheduledAt: instantSchema.nullable(),
    room: z.string().min(1).max(200),
    settings: z.strictObject(patchShape(sessionSettingsSchema.shape)),
  })
  .partial();
export type LiveSessionPatch = z.output<typeof liveSessionPatchSchema>;

export const mostComments = 1_000;

/** One comment or many; the room may be left out where the session says it. */
export const commentsBodySchema = z.object({
  comments: z
    .array(liveCommentSchema.extend({ room: z.string().min(1).max(200).optional() }))
    .min(1)
    .max(mostComments),
});
