import type { FakeListing, FakeMarket, FakeOrder, FakeTransaction } from "./market.ts";
import { sellerId } from "./market.ts";

/** What the fake's answers look like (models orders_2026-01-01, listingsItems_2021-08-01, finances_2024-06-19). */

const at = (ms: number) => new Date(ms).toISOString();
const usd = (cents: number) => ({ amount: (cents / 100).toFixed(2), currencyCode: "USD" });

/** Nothing comes that was not asked for; a pending order hides what it costs and where it goes. */
export function orderView(market: FakeMarket, order: FakeOrder, included: ReadonlySet<string>) {
  const isOpen = order.status !== "PENDING";
  return {
    orderId: order.id,
    createdTime: at(order.createdMs),
    lastUpdatedTime: at(order.updatedMs),
    programs: ["PRIME"],
    salesChannel: {
      channelName: order.channel,
      marketplaceId: order.marketplaceId,
      marketplaceName: "Amazon.com",
    },
    ...(included.has("BUYER") ? { buyer: { buyerEmail: "demo123@marketplace.amazon.com" } } : {}),
    ...(included.has("RECIPIENT") && isOpen
      ? {
          recipient: {
            deliveryAddress: {
              name: "Ana Ruiz",
              addressLine1: "1 Broadway",
              city: "Oakland",
              stateOrRegion: "CA",
              postalCode: "94607",
              countryCode: "US",
              addressType: "RESIDENTIAL",
            },
          },
        }
      : {}),
    ...(included.has("PROCEEDS") && isOpen ? { proceeds: { grandTotal: usd(market.total(order)) } } : {}),
    ...(included.has("FULFILLMENT")
      ? { fulfillment: { fulfillmentStatus: order.status, fulfilledBy: order.fulfilledBy } }
      : {}),
    orderItems: order.items.map((item, index) => ({
      orderItemId: item.id,
      quantityOrdered: item.quantity,
      product: {
        asin: item.listing.asin,
        title: item.listing.title,
        sellerSku: item.listing.sku,
        ...(isOpen ? { price: { unitPrice: usd(item.listing.price) } } : {}),
      },
      ...(included.has("PROCEEDS") && isOpen
        ? {
            proceeds: {
              breakdowns: [
                { type: "ITEM", subtotal: usd(item.listing.price * item.quantity) },
                { type: "SHIPPING", subtotal: usd(index === 0 ? 499 : 0) },
              ],
            },
          }
        : {}),
      ...(included.has("FULFILLMENT")
        ? {
            fulfillment: {
              quantityFulfilled: item.shipped,
              quantityUnfulfilled: item.quantity - item.shipped,
            },
          }
        : {}),
    })),
    ...(included.has("PACKAGES")
      ? {
          packages: order.packages.map((parcel) => ({
            packageReferenceId: parcel.reference,
            shipTime: at(parcel.atMs),
            packageStatus: { status: "SHIPPED" },
            carrier: parcel.carrier,
            trackingNumber: parcel.number,
            packageItems: parcel.items,
          })),
        }
      : {}),
  };
}

export const listingView = (listing: FakeListing, marketplaceId: string, included: ReadonlySet<string>) => ({
  sku: listing.sku,
  ...(included.has("summaries")
    ? {
        summaries: [
          {
            marketplaceId,
            asin: listing.asin,
            productType: "DRINKING_CUP",
            status: ["BUYABLE", "DISCOVERABLE"],
            itemName: listing.title,
            createdDate: at(listing.createdMs),
          },
        ],
      }
    : {}),
  ...(included.has("fulfillmentAvailability")
    ? {
        fulfillmentAvailability: [
          listing.channel === "DEFAULT"
            ? { fulfillmentChannelCode: "DEFAULT", quantity: listing.quantity }
            : { fulfillmentChannelCode: listing.channel },
        ],
      }
    : {}),
});

export function transactionView(one: FakeTransaction) {
  const sign = one.type === "Refund" ? -1 : 1;
  const amount = (cents: number) => ({ currencyAmount: (sign * cents) / 100, currencyCode: "USD" });
  const part = (breakdownType: string, cents: number) => ({
    breakdownType,
    breakdownAmount: amount(cents),
    breakdowns: [],
  });
  const breakdowns = [
    {
      breakdownType: "Sales",
      breakdownAmount: amount(one.goods + one.freight),
      breakdowns: [part("Product Charges", one.goods), part("Shipping", one.freight)],
    },
    {
      breakdownType: "Expenses",
      breakdownAmount: amount(-one.fee),
      breakdowns: [part("AmazonFees", -one.fee)],
    },
  ];
  return {
    sellingPartnerMetadata: { sellingPartnerId: sellerId, accountType: "Standard Orders" },
    transactionType: one.type,
    transactionId: one.id,
    transactionStatus: "RELEASED",
    description: one.type === "Refund" ? "Refund Order" : "Order Payment",
    postedDate: at(one.postedMs),
    relatedIdentifiers: [
      { relatedIdentifierName: "ORDER_ID", relatedIdentifierValue: one.orderId },
      ...(one.refundId ? [{ relatedIdentifierName: "REFUND_ID", relatedIdentifierValue: one.refundId }] : []),
    ],
    totalAmount: amount(one.goods + one.freight - one.fee),
    items: [
      {
        totalAmount: amount(one.goods + one.freight - one.fee),
        breakdowns,
        contexts: [{ contextType: "ProductContext", sku: one.sku, fulfillmentNetwork: "MFN" }],
      },
    ],
    breakdowns,
  };
}
