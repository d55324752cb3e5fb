import { z } from "zod";
import { instantSchema } from "../../core/model/primitives.ts";

/**
 * Amazon's shapes: orders 2026-01-01, listings items 2021-08-01, FBA inventory v1, finances 2024-06-19, sellers v1 (official models, read
 * 2026-11-22). Unknown fields pass, missing ones that we need are refused.
 */

const money = z.object({ amount: z.string(), currencyCode: z.string() });
export type WireMoney = z.infer<typeof money>;
const id = z.string().min(1);

const itemSchema = z.object({
  orderItemId: id,
  quantityOrdered: z.int().min(0),
  product: z.object({
    asin: z.string().nullish(),
    title: z.string().nullish(),
    sellerSku: z.string().nullish(),
    price: z.object({ unitPrice: money.nullish() }).nullish(),
  }),
  proceeds: z
    .object({
      proceedsTotal: money.nullish(),
      breakdowns: z
        .array(
          z.object({
            type: z.string(),
            subtotal: money,
            detailedBreakdowns: z
              .array(z.object({ subtype: z.string().nullish(), value: money.nullish() }))
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  cancellation: z
    .object({ cancellationRequest: z.json().nullish(), cancellationExecution: z.json().nullish() })
    .nullish(),
  fulfillment: z
    .object({ quantityFulfilled: z.int().nullish(), quantityUnfulfilled: z.int().nullish() })
    .nullish(),
  tax: z.object({ taxCollections: z.array(z.object({ model: z.string().nullish() })).nullish() }).nullish(),
});
export type WireItem = z.infer<typeof itemSchema>;

const packageSchema = z.object({
  packageReferenceId: id,
  createdTime: instantSchema.nullish(),
  shipTime: instantSchema.nullish(),
  packageStatus: z.object({ status: z.string() }).nullish(),
  carrier: z.string().nullish(),
  trackingNumber: z.string().nullish(),
  packageItems: z.array(z.object({ orderItemId: id, quantity: z.int() })).nullish(),
});
export type WirePackage = z.infer<typeof packageSchema>;

const text = z.string().nullish();
const addressSchema = z.object({
  name: text,
  companyName: text,
  addressLine1: text,
  addressLine2: text,
  addressLine3: text,
  city: text,
  districtOrCounty: text,
  stateOrRegion: text,
  municipality: text,
  postalCode: text,
  countryCode: text,
  phone: text,
});

export const stampSchema = z.object({ orderId: id, createdTime: instantSchema });

export const orderSchema = stampSchema.extend({
  lastUpdatedTime: instantSchema,
  salesChannel: z.object({ channelName: z.string(), marketplaceId: text }),
  associatedOrders: z.array(z.object({ orderId: text, associationType: text })).nullish(),
  buyer: z.object({ buyerName: text, buyerEmail: text, buyerCompanyName: text }).nullish(),
  recipient: z.object({ deliveryAddress: addressSchema.nullish() }).nullish(),
  proceeds: z
    .object({
      grandTotal: money.nullish(),
      breakdowns: z.array(z.object({ type: z.string(), status: text, subtotal: money })).nullish(),
    })
    .nullish(),
  fulfillment: z.object({ fulfillmentStatus: z.string(), fulfilledBy: text }),
  orderItems: z.array(itemSchema),
  packages: z.array(packageSchema).nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;

export const listedSchema = stampSchema.extend({ salesChannel: z.object({ channelName: z.string() }) });

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const searchSchema = z.object({
  orders: z.array(z.json()),
  pagination: z.object({ nextToken: text }).nullish(),
  lastUpdatedBefore: instantSchema.nullish(),
});
export const oneOrderSchema = z.object({ order: z.json() });

const channelSchema = z.object({ fulfillmentChannelCode: z.string(), quantity: z.int().nullish() });
const listingSchema = z.object({
  sku: id,
  summaries: z
    .array(
      z.object({
        marketplaceId: text,
        productType: text,
        itemName: text,
        createdDate: instantSchema.nullish(),
      }),
    )
    .nullish(),
  fulfillmentAvailability: z.array(channelSchema).nullish(),
});
export type WireListing = z.infer<typeof listingSchema>;
export const listingsSchema = z.object({
  numberOfResults: z.int(),
  pagination: z.object({ nextToken: text }).nullish(),
  items: z.array(listingSchema),
});
export const oneListingSchema = listingSchema;

export const submissionSchema = z.object({
  sku: z.string(),
  status: z.string(),
  issues: z.array(z.object({ code: z.string(), severity: z.string() })).nullish(),
});

export const inventorySchema = z.object({
  payload: z.object({
    inventorySummaries: z.array(
      z.object({
        sellerSku: text,
        totalQuantity: z.int().nullish(),
        inventoryDetails: z.object({ fulfillableQuantity: z.int().nullish() }).nullish(),
      }),
    ),
  }),
});

const currency = z.object({ currencyCode: z.string().nullish(), currencyAmount: z.number().nullish() });
export interface WireBreakdown {
  breakdownType?: string | null | undefined;
  breakdownAmount?: z.infer<typeof currency> | null | undefined;
  breakdowns?: WireBreakdown[] | null | undefined;
}
const breakdown: z.ZodType<WireBreakdown> = z.lazy(() =>
  z.object({
    breakdownType: text,
    breakdownAmount: currency.nullish(),
    breakdowns: z.array(breakdown).nullish(),
  }),
);
const transactionSchema = z.object({
  transactionType: text,
  transactionId: text,
  postedDate: instantSchema.nullish(),
  description: text,
  relatedIdentifiers: z
    .array(z.object({ relatedIdentifierName: text, relatedIdentifierValue: text }))
    .nullish(),
  breakdowns: z.array(breakdown).nullish(),
  items: z
    .array(
      z.object({
        breakdowns: z.array(breakdown).nullish(),
        contexts: z.array(z.object({ contextType: text, sku: text })).nullish(),
      }),
    )
    .nullish(),
});
export type WireTransaction = z.infer<typeof transactionSchema>;
export const transactionsSchema = z.object({
  payload: z.object({ transactions: z.array(transactionSchema), nextToken: text }),
});

export const participationsSchema = z.object({
  payload: z.array(
    z.object({
      marketplace: z.object({ id: z.string(), name: text }),
      storeName: text,
      participation: z.object({ isParticipating: z.boolean(), hasSuspendedListings: z.boolean().nullish() }),
    }),
  ),
});

/** 3-7-7 digits; everything else is no order of Amazon's. */
export const isOrderId = (text: string): boolean => /^\d{3}-\d{7}-\d{7}$/.test(text);
