/** GraphQL documents, as they are sent. Pinned to the version in `client.ts`. */

const money = "{ shopMoney { amount currencyCode } }";

const place = "pageInfo { hasNextPage endCursor }";

const lineFields = `id sku name quantity currentQuantity
  variant { id } originalUnitPriceSet ${money} discountAllocations { allocatedAmountSet ${money} } taxLines { priceSet ${money} }`;

const parcelRow = "quantity lineItem { id }";
const refundRow = `quantity restockType lineItem { id } location { id } subtotalSet ${money} totalTaxSet ${money}`;
const openRow = "id remainingQuantity lineItem { id }";

const orderFields = `id legacyResourceId name createdAt processedAt updatedAt cancelledAt closedAt test
  displayFinancialStatus displayFulfillmentStatus returnStatus currencyCode taxesIncluded note email phone
  customer { id }
  totalPriceSet ${money} totalShippingPriceSet ${money} totalTaxSet ${money} totalDiscountsSet ${money}
  shippingAddress { name phone company address1 address2 city province zip countryCodeV2 }
  lineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { ${lineFields} } }
  fulfillments(first: 20) { id status displayStatus createdAt trackingInfo(first: 1) { company number }
    fulfillmentLineItems(first: 50) { ${place} nodes { ${parcelRow} } } }
  refunds(first: 20) { id createdAt note totalRefundedSet ${money}
    refundLineItems(first: 50) { ${place} nodes { ${refundRow} } } }
  metafields(first: 50, namespace: "sluice") { nodes { key value } }`;

export const ordersQuery = `query HubOrders($first: Int!, $after: String, $q: String!) {
  orders(first: $first, after: $after, query: $q, sortKey: UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes { ${orderFields} } } }`;

export const ordersByIdQuery = `query HubOrdersById($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { ${orderFields} } } }`;

export const moreLinesQuery = `query HubLines($id: ID!, $after: String) { order(id: $id) {
  lineItems(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { ${lineFields} } } } }`;

export const moreRowsQuery = `query HubMoreRows($id: ID!, $after: String) { node(id: $id) {
  ... on Fulfillment { fulfillmentLineItems(first: 250, after: $after) { ${place} nodes { ${parcelRow} } } }
  ... on Refund { refundLineItems(first: 250, after: $after) { ${place} nodes { ${refundRow} } } }
  ... on FulfillmentOrder { lineItems(first: 250, after: $after) { ${place} nodes { ${openRow} } } } } }`;

export const orderIdsQuery = `query HubOrderIds($first: Int!, $after: String, $q: String!) {
  orders(first: $first, after: $after, query: $q, sortKey: CREATED_AT) { pageInfo { hasNextPage endCursor } nodes { legacyResourceId } } }`;

export const variantsByIdQuery = `query HubVariants($ids: [ID!]!, $location: ID!) { nodes(ids: $ids) { ... on ProductVariant {
  id inventoryItem { id tracked inventoryLevel(locationId: $location) { quantities(names: ["available"]) { name quantity } } } } } }`;

export const listingsQuery = `query HubListings($first: Int!, $after: String, $location: ID!) { productVariants(first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { id sku title product { title }
    inventoryItem { id tracked inventoryLevel(locationId: $location) { quantities(names: ["available"]) { name quantity } } } } } }`;

const written = "userErrors { code field message }";

export const setMutation = `mutation HubSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { ${written} } }`;

export const adjustMutation = `mutation HubAdjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { ${written} } }`;

export const parcelOrderQuery = `query HubParcelOrder($id: ID!) { order(id: $id) { id
  fulfillments(first: 50) { id status trackingInfo(first: 1) { company number } fulfillmentLineItems(first: 50) { ${place} nodes { ${parcelRow} } } }
  fulfillmentOrders(first: 20) { nodes { id status assignedLocation { location { id } } supportedActions { action }
    lineItems(first: 50) { ${place} nodes { ${openRow} } } } }
  metafields(first: 50, namespace: "sluice") { nodes { key value } } } }`;

export const metafieldMutation = `mutation HubNote($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) { userErrors { code field message } } }`;

export const shipMutation = `mutation HubShip($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors { field message } } }`;

export const shopQuery = `query HubShop($location: ID!) { shop { name myshopifyDomain } location(id: $location) { name isActive }
  currentAppInstallation { accessScopes { handle } } }`;
