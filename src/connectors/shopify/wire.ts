import { z } from "zod";
import { instantSchema } from "../../core/model/primitives.ts";

/** Shopify's shapes, GraphQL Admin API 2026-07: unknown fields pass, missing ones that we need are refused. */

export const pageInfoSchema = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() });

const money = z.object({ shopMoney: z.object({ amount: z.string(), currencyCode: z.string().optional() }) });
const ref = z.object({ id: z.string() });

const rowsOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ pageInfo: pageInfoSchema.default({ hasNextPage: false }), nodes: z.array(row) });
export interface RowsPage<Row> {
  pageInfo: z.infer<typeof pageInfoSchema>;
  nodes: Row[];
}

export const lineSchema = z.object({
  id: z.string(),
  sku: z.string().nullish(),
  name: z.string().nullish(),
  quantity: z.int(),
  currentQuantity: z.int(),
  variant: ref.nullish(),
  originalUnitPriceSet: money,
  discountAllocations: z.array(z.object({ allocatedAmountSet: money })).default([]),
  taxLines: z.array(z.object({ priceSet: money })).default([]),
});
export type WireLine = z.infer<typeof lineSchema>;

const parcelRows = rowsOf(z.object({ quantity: z.int(), lineItem: ref }));

export const fulfillmentSchema = z.object({
  id: z.string(),
  status: z.string(),
  displayStatus: z.string().nullish(),
  createdAt: instantSchema.optional(),
  trackingInfo: z
    .array(z.object({ company: z.string().nullish(), number: z.string().nullish() }))
    .default([]),
  fulfillmentLineItems: parcelRows,
});
export type WireFulfillment = z.infer<typeof fulfillmentSchema>;

export const metafieldsSchema = z.object({
  nodes: z.array(z.object({ key: z.string(), value: z.string() })),
});

const refundRows = rowsOf(
  z.object({
    quantity: z.int(),
    restockType: z.string(),
    lineItem: ref,
    location: ref.nullish(),
    subtotalSet: money,
    totalTaxSet: money,
  }),
);

const refundSchema = z.object({
  id: z.string(),
  createdAt: instantSchema.nullish(),
  note: z.string().nullish(),
  totalRefundedSet: money,
  refundLineItems: refundRows,
});
export type WireRefund = z.infer<typeof refundSchema>;

const addressSchema = z.object({
  name: z.string().nullish(),
  phone: z.string().nullish(),
  company: z.string().nullish(),
  address1: z.string().nullish(),
  address2: z.string().nullish(),
  city: z.string().nullish(),
  province: z.string().nullish(),
  zip: z.string().nullish(),
  countryCodeV2: z.string().nullish(),
});

export const orderSchema = z.object({
  id: z.string(),
  legacyResourceId: z.string(),
  name: z.string(),
  createdAt: instantSchema,
  processedAt: instantSchema.nullish(),
  updatedAt: instantSchema,
  cancelledAt: instantSchema.nullish(),
  closedAt: instantSchema.nullish(),
  test: z.boolean(),
  displayFinancialStatus: z.string().nullish(),
  displayFulfillmentStatus: z.string().nullish(),
  returnStatus: z.string().nullish(),
  currencyCode: z.string(),
  taxesIncluded: z.boolean(),
  note: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  customer: ref.nullish(),
  totalPriceSet: money,
  totalShippingPriceSet: money,
  totalTaxSet: money.nullish(),
  totalDiscountsSet: money.nullish(),
  shippingAddress: addressSchema.nullish(),
  lineItems: z.object({ pageInfo: pageInfoSchema, nodes: z.array(lineSchema) }),
  fulfillments: z.array(fulfillmentSchema),
  refunds: z.array(refundSchema),
  metafields: metafieldsSchema.default({ nodes: [] }),
});
export type WireOrder = z.infer<typeof orderSchema>;

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const ordersPageSchema = z.object({
  orders: z.object({ pageInfo: pageInfoSchema, nodes: z.array(z.json()) }),
});
export const nodesSchema = z.object({ nodes: z.array(z.json()) });
export const moreLinesSchema = z.object({
  order: z.object({ lineItems: orderSchema.shape.lineItems }).nullable(),
});
export const orderIdsSchema = z.object({
  orders: z.object({ pageInfo: pageInfoSchema, nodes: z.array(z.object({ legacyResourceId: z.string() })) }),
});

const inventoryItem = z.object({
  id: z.string(),
  tracked: z.boolean(),
  inventoryLevel: z
    .object({ quantities: z.array(z.object({ name: z.string(), quantity: z.int() })) })
    .nullish(),
});

const variantSchema = z.object({ id: z.string(), inventoryItem });
export type WireVariant = z.infer<typeof variantSchema>;
export const variantNodesSchema = z.object({
  nodes: z.array(z.union([variantSchema, z.null(), z.object({}).transform(() => null)])),
});

export const listingsSchema = z.object({
  productVariants: z.object({
    pageInfo: pageInfoSchema,
    nodes: z.array(
      variantSchema.extend({
        sku: z.string().nullish(),
        title: z.string().nullish(),
        product: z.object({ title: z.string() }).nullish(),
      }),
    ),
  }),
});

const userErrors = z.array(
  z.object({ code: z.string().nullish(), field: z.array(z.string()).nullish(), message: z.string() }),
);
export type UserErrors = z.infer<typeof userErrors>;
export const setSchema = z.object({ inventorySetQuantities: z.object({ userErrors }) });
export const adjustSchema = z.object({ inventoryAdjustQuantities: z.object({ userErrors }) });
export const metafieldsSetSchema = z.object({ metafieldsSet: z.object({ userErrors }) });
export const shipSchema = z.object({
  fulfillmentCreate: z.object({ fulfillment: ref.nullish(), userErrors }),
});

const openRows = rowsOf(z.object({ id: z.string(), remainingQuantity: z.int(), lineItem: ref }));

export const parcelOrderSchema = z.object({
  order: z
    .object({
      id: z.string(),
      fulfillments: z.array(fulfillmentSchema),
      fulfillmentOrders: z.object({
        nodes: z.array(
          z.object({
            id: z.string(),
            status: z.string(),
            assignedLocation: z.object({ location: ref.nullish() }).nullish(),
            supportedActions: z.array(z.object({ action: z.string() })),
            lineItems: openRows,
          }),
        ),
      }),
      metafields: metafieldsSchema,
    })
    .nullable(),
});
export type WireParcelOrder = NonNullable<z.infer<typeof parcelOrderSchema>["order"]>;

/** The further lines of one thing: each kind of it names them otherwise. */
const moreRows = z.object({
  fulfillmentLineItems: parcelRows.optional(),
  refundLineItems: refundRows.optional(),
  lineItems: openRows.optional(),
});
export type MoreRows = z.infer<typeof moreRows>;
export const moreRowsSchema = z.object({ node: moreRows.nullable() });

export const shopSchema = z.object({
  shop: z.object({ name: z.string(), myshopifyDomain: z.string() }),
  location: z.object({ name: z.string(), isActive: z.boolean() }).nullish(),
  currentAppInstallation: z.object({ accessScopes: z.array(z.object({ handle: z.string() })) }).nullish(),
});

/** `gid://shopify/Order/42` -> `42`. Ids are kept without their kind: that is what people and webhooks show. */
export const numberOf = (gid: string): string => gid.slice(gid.lastIndexOf("/") + 1);
export const gidOf = (kind: string, number: string): string => `gid://shopify/${kind}/${number}`;
export const isNumber = (id: string): boolean => /^\d{1,20}$/.test(id);
