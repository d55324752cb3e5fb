/** Products of the shop, and shoppers who buy them through its public shop API. */

import { z } from "zod";
import { created, run, type VendureSession } from "./requests.ts";
import { paidAtOnce, paidLater, type Shop, shopCountry } from "./shop.ts";

export interface NewProduct {
  sku: string;
  title: string;
  /** In EUR with VAT, in cents. */
  priceMinor: number;
  /** Units at the shop's one location. */
  stock: number;
}

export interface CreatedProduct {
  sku: string;
  variantId: string;
}

/** One product with one variant per SKU, its stock tracked by Vendure. Answers in the order asked. */
export async function createProducts(
  { admin, stockLocationId, taxCategoryId }: Shop,
  products: NewProduct[],
): Promise<CreatedProduct[]> {
  const answers: CreatedProduct[] = [];
  for (const { sku, title, priceMinor, stock } of products) {
    const { createProduct } = await run(
      admin,
      created("createProduct"),
      "mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }",
      {
        input: {
          enabled: true,
          translations: [{ languageCode: "en", name: title, slug: sku.toLowerCase(), description: "" }],
        },
      },
    );
    const variant = {
      productId: createProduct.id,
      sku,
      price: priceMinor,
      taxCategoryId,
      trackInventory: "TRUE",
      stockLevels: [{ stockLocationId, stockOnHand: stock }],
      translations: [{ languageCode: "en", name: title }],
    };
    const { createProductVariants } = await run(
      admin,
      z.object({ createProductVariants: z.array(z.object({ id: z.string() })).length(1) }),
      "mutation ($input: [CreateProductVariantInput!]!) { createProductVariants(input: $input) { id } }",
      { input: [variant] },
    );
    answers.push({ sku, variantId: createProductVariants[0]?.id ?? "" });
  }
  return answers;
}

const refusal = "... on ErrorResult { errorCode message }";

/**
 * Buys as a guest does: basket, name, address, shipping, payment. Settled at once, or only authorised. Throws a `VendureRefusal`
 * when Vendure will not sell, such as more than it has (INSUFFICIENT_STOCK_ERROR).
 */
export async function placeOrder(
  { admin, shippingMethodId }: Shop,
  lines: { variantId: string; quantity: number }[],
  { settle = true, email = "ana@example.com" }: { settle?: boolean; email?: string } = {},
): Promise<{ orderId: string; code: string }> {
  const session: VendureSession = { url: admin.url.replace(/admin-api$/, "shop-api"), headers: {} };
  const step = async (field: string, types: string, variables: Record<string, unknown>, type = "Order") => {
    const given = types.replaceAll(/\$(\w+): [^,]+/g, "$1: $$$1");
    const answer = await run(
      session,
      z.record(z.string(), z.object({ id: z.string().optional(), code: z.string().optional() })),
      `mutation (${types}) { ${field}(${given}) { ... on ${type} { id code } ${refusal} } }`,
      variables,
    );
    return answer[field];
  };
  for (const { variantId, quantity } of lines)
    await step("addItemToOrder", "$productVariantId: ID!, $quantity: Int!", {
      productVariantId: variantId,
      quantity,
    });
  await step("setCustomerForOrder", "$input: CreateCustomerInput!", {
    input: { emailAddress: email, firstName: "Ana", lastName: "Ruiz", phoneNumber: "+34600000000" },
  });
  await step("setOrderShippingAddress", "$input: CreateAddressInput!", {
    input: {
      fullName: "Ana Ruiz",
      streetLine1: "Calle Mayor 1",
      city: "Madrid",
      postalCode: "28013",
      countryCode: shopCountry,
      phoneNumber: "+34600000000",
    },
  });
  await step("setOrderShippingMethod", "$shippingMethodId: [ID!]!", { shippingMethodId: [shippingMethodId] });
  await step("transitionOrderToState", "$state: String!", { state: "ArrangingPayment" });
  const paid = await step("addPaymentToOrder", "$input: PaymentInput!", {
    input: { method: settle ? paidAtOnce : paidLater, metadata: {} },
  });
  return { orderId: paid?.id ?? "", code: paid?.code ?? "" };
}

/** The staff takes the money of an order that was only authorised. */
export async function settlePayments({ admin }: Shop, orderId: string): Promise<void> {
  const { order } = await run(
    admin,
    z.object({ order: z.object({ payments: z.array(z.object({ id: z.string(), state: z.string() })) }) }),
    "query ($id: ID!) { order(id: $id) { payments { id state } } }",
    { id: orderId },
  );
  for (const { id } of order.payments.filter((payment) => payment.state === "Authorized")) {
    await run(
      admin,
      created("settlePayment"),
      `mutation ($id: ID!) { settlePayment(id: $id) { ... on Payment { id } ${refusal} } }`,
      { id },
    );
  }
}
