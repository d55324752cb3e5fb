import { z } from "zod";
import { instantSchema } from "../../core/model/primitives.ts";

/** Vendure's shapes, admin API 3: unknown fields pass, missing ones that we need are refused. */

const id = z.union([z.string().min(1), z.int().transform(String)]);
const ref = z.object({ id });
/** Whole numbers with as many digits as the server's money strategy has. */
const money = z.int();

/** An error type in place of what was asked for. Its message is a sentence for people and not shown. */
const errorResultSchema = z.object({ errorCode: z.string() });
export type ErrorResult = z.infer<typeof errorResultSchema>;

export const fulfillmentSchema = z.object({
  id,
  state: z.string(),
  method: z.string().nullish(),
  trackingCode: z.string().nullish(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  lines: z.array(z.object({ orderLineId: id, quantity: z.int() })),
});
export type WireFulfillment = z.infer<typeof fulfillmentSchema>;

const historySchema = z.object({
  items: z.array(
    z.object({
      type: z.string(),
      createdAt: instantSchema,
      data: z.object({ note: z.string(), fulfillmentId: id, to: z.string() }).partial().catch({}),
    }),
  ),
});

const parcels = { fulfillments: z.array(fulfillmentSchema).nullish(), history: historySchema };

export const lineSchema = z.object({
  id,
  quantity: z.int(),
  unitPriceWithTax: money,
  proratedUnitPriceWithTax: money,
  proratedLinePriceWithTax: money,
  proratedLinePrice: money,
  /** Percent. */
  taxRate: z.number(),
  productVariant: z.object({ id, sku: z.string().nullish(), name: z.string().nullish() }),
});
export type WireLine = z.infer<typeof lineSchema>;

const refundSchema = z.object({
  id,
  state: z.string(),
  total: money,
  reason: z.string().nullish(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type WireRefund = z.infer<typeof refundSchema>;

const paymentSchema = z.object({
  id,
  state: z.string(),
  amount: money,
  createdAt: instantSchema,
  updatedAt: instantSchema,
  refunds: z.array(refundSchema).default([]),
});
export type WirePayment = z.infer<typeof paymentSchema>;

const text = z.string().nullish();

export const orderSchema = z.object({
  id,
  code: z.string(),
  type: z.string(),
  state: z.string(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  /** Null while it is a cart or a draft. */
  orderPlacedAt: instantSchema.nullable(),
  currencyCode: z.string(),
  shippingWithTax: money,
  totalWithTax: money,
  customer: z
    .object({ id, emailAddress: text, firstName: text, lastName: text, phoneNumber: text })
    .nullish(),
  shippingAddress: z
    .object({
      fullName: text,
      company: text,
      streetLine1: text,
      streetLine2: text,
      city: text,
      province: text,
      postalCode: text,
      countryCode: text,
      phoneNumber: text,
    })
    .nullish(),
  lines: z.array(lineSchema),
  surcharges: z.array(z.object({ priceWithTax: money })).default([]),
  payments: z.array(paymentSchema).nullish(),
  ...parcels,
});
export type WireOrder = z.infer<typeof orderSchema>;

const serverConfig = z.object({
  serverConfig: z.object({ moneyStrategyPrecision: z.int().min(0).max(10) }),
});

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const ordersPageSchema = z.object({
  orders: z.object({ items: z.array(z.json()) }),
  globalSettings: serverConfig,
});

/** Without its times a row cannot be paged past. */
export const placeSchema = z.object({ id, updatedAt: instantSchema, orderPlacedAt: instantSchema });

const stamp = z.object({ updatedAt: instantSchema });
export const stampsPageSchema = z.object({
  orders: z.object({
    items: z.array(
      placeSchema.extend({
        payments: z.array(stamp.extend({ refunds: z.array(stamp).default([]) })).nullish(),
        fulfillments: z.array(stamp).nullish(),
      }),
    ),
  }),
});
export type WireStamps = z.infer<typeof stampsPageSchema>["orders"]["items"][number];

export const orderIdsSchema = z.object({
  orders: z.object({
    items: z.array(z.object({ id, type: z.string(), orderPlacedAt: instantSchema.nullable() })),
  }),
});

export const parcelOrderSchema = z.object({
  order: z
    .object({ id, state: z.string(), lines: z.array(z.object({ id, quantity: z.int() })), ...parcels })
    .nullable(),
});
export type WireParcelOrder = NonNullable<z.infer<typeof parcelOrderSchema>["order"]>;

export const noteSchema = z.object({ addNoteToOrder: ref });
const madeOrNot = z.union([errorResultSchema, ref.extend({ state: z.string() })]);
export const fulfilSchema = z.object({ addFulfillmentToOrder: madeOrNot });
export const shipSchema = z.object({ transitionFulfillmentToState: madeOrNot });
export const loginSchema = z.object({ login: z.union([errorResultSchema, ref]) });

const levelSchema = z.object({ stockLocationId: id, stockOnHand: z.int(), stockAllocated: z.int() });

export const variantSchema = z.object({
  id,
  sku: text,
  name: text,
  trackInventory: z.string(),
  outOfStockThreshold: z.int(),
  useGlobalOutOfStockThreshold: z.boolean(),
  stockLevels: z.array(levelSchema),
});
export type WireVariant = z.infer<typeof variantSchema>;

const stockSettings = z.object({ trackInventory: z.boolean(), outOfStockThreshold: z.int() });
export type StockSettings = z.infer<typeof stockSettings>;

export const variantsPageSchema = z.object({
  productVariants: z.object({ items: z.array(variantSchema) }),
  stockLocation: ref.nullable(),
  globalSettings: stockSettings,
});
export type WireVariantsPage = z.infer<typeof variantsPageSchema>;

export const writtenSchema = z.object({
  updateProductVariants: z.array(ref.extend({ stockLevels: z.array(levelSchema) }).nullable()),
});

export const checkSchema = z.object({
  activeChannel: z.object({ code: z.string(), token: z.string() }),
  stockLocation: ref.extend({ name: z.string() }).nullable(),
  orders: z.object({ items: z.array(ref) }),
  productVariants: z.object({ items: z.array(ref) }),
  globalSettings: serverConfig,
});

export const deliverySchema = z.object({
  type: z.string().min(1).max(200),
  data: z.object({ orderId: id.optional() }),
});

/** Vendure's ids are numbers or UUIDs; a text that only begins like a number is read as that number, so it is not sent. */
export const isId = (text: string): boolean => /^(0|[1-9]\d{0,18}|[0-9a-f-]{36})$/i.test(text);
