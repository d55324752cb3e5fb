/** GraphQL documents, as they are sent. Fields of Vendure 3 (read and run at 3.7.3). */

/** `updatedAt` of all that can change without the order's own: see `pull.ts`. */
const stampFields = `id updatedAt orderPlacedAt
  payments { updatedAt refunds { updatedAt } } fulfillments { updatedAt }`;

const parcelFields = `fulfillments { id state method trackingCode createdAt updatedAt lines { orderLineId quantity } }
  history(options: { filter: { type: { in: ["ORDER_NOTE", "ORDER_FULFILLMENT_TRANSITION"] } }, sort: { createdAt: ASC }, take: 500 }) {
    items { type createdAt data } }`;

const orderFields = `id code type state createdAt updatedAt orderPlacedAt currencyCode shippingWithTax totalWithTax
  customer { id emailAddress firstName lastName phoneNumber }
  shippingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
  lines { id quantity unitPriceWithTax proratedUnitPriceWithTax proratedLinePriceWithTax proratedLinePrice taxRate
    productVariant { id sku name } }
  surcharges { priceWithTax }
  payments { id state amount createdAt updatedAt refunds { id state total reason createdAt updatedAt } }
  ${parcelFields}`;

/** Beside every page of orders: how many digits the server's amounts have. */
const precision = "globalSettings { serverConfig { moneyStrategyPrecision } }";

export const ordersQuery = `query HubOrders($options: OrderListOptions) {
  orders(options: $options) { items { ${orderFields} } } ${precision} }`;

export const stampsQuery = `query HubOrderStamps($options: OrderListOptions) {
  orders(options: $options) { items { ${stampFields} } } }`;

export const orderIdsQuery = `query HubOrderIds($options: OrderListOptions) {
  orders(options: $options) { items { id type orderPlacedAt } } }`;

export const parcelOrderQuery = `query HubParcelOrder($id: ID!) {
  order(id: $id) { id state lines { id quantity } ${parcelFields} } }`;

const errorResult = "... on ErrorResult { errorCode message }";

export const noteMutation = `mutation HubNote($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id } }`;

export const fulfilMutation = `mutation HubFulfil($input: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $input) { ... on Fulfillment { id state } ${errorResult} } }`;

export const shipMutation = `mutation HubShip($id: ID!) {
  transitionFulfillmentToState(id: $id, state: "Shipped") { ... on Fulfillment { id state } ${errorResult} } }`;

const levels = "stockLevels { stockLocationId stockOnHand stockAllocated }";

const variantFields = `id sku name trackInventory outOfStockThreshold useGlobalOutOfStockThreshold ${levels}`;

export const variantsQuery = `query HubVariants($options: ProductVariantListOptions, $location: ID!) {
  productVariants(options: $options) { items { ${variantFields} } }
  stockLocation(id: $location) { id } globalSettings { trackInventory outOfStockThreshold } }`;

export const stockMutation = `mutation HubStock($input: [UpdateProductVariantInput!]!) {
  updateProductVariants(input: $input) { id ${levels} } }`;

export const checkQuery = `query HubCheck($location: ID!) {
  activeChannel { code token } stockLocation(id: $location) { id name }
  orders(options: { take: 1 }) { items { id } } productVariants(options: { take: 1 }) { items { id } } ${precision} }`;

/** Any administrator may ask this, whatever the role: who may not is not signed in. */
export const signedInQuery = "query HubSignedIn { globalSettings { id } }";

export const loginMutation = `mutation HubLogin($username: String!, $password: String!) {
  login(username: $username, password: $password) { ... on CurrentUser { id } ${errorResult} } }`;
