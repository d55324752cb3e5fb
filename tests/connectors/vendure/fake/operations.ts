import { z } from "zod";
import type { FakeOrder, FakeShop } from "./shop.ts";
import { fulfillmentView, orderView, variantView } from "./view.ts";

/** What the admin API does, by the name of the document. A refusal is a thrown `Refused`, as `errors` with a code. */

export class Refused extends Error {
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

export const locationId = "1";
export const channelToken = "channel-token-of-a-test";

const between = z.strictObject({ start: z.iso.datetime(), end: z.iso.datetime() });
const filterSchema = z.strictObject({
  id: z.strictObject({ in: z.array(z.string()) }).optional(),
  type: z.strictObject({ notEq: z.literal("Aggregate") }).optional(),
  orderPlacedAt: z
    .union([z.strictObject({ between }), z.strictObject({ before: z.iso.datetime() })])
    .optional(),
  updatedAt: z.strictObject({ between }).optional(),
});
const sortSchema = z.strictObject({
  orderPlacedAt: z.literal("ASC").optional(),
  updatedAt: z.literal("ASC").optional(),
  id: z.literal("ASC").optional(),
});
const optionsSchema = z.strictObject({
  filter: filterSchema.optional(),
  sort: sortSchema.optional(),
  skip: z.int().min(0).optional(),
  take: z.int().min(0),
});

/** Vendure's ids are read as numbers; what is none becomes one that nothing has. */
const idOf = (text: string): string => String(Number.parseFloat(text) || -1);

function pageOf<Row extends { id: string }>(
  rows: Row[],
  timeOf: ((row: Row) => number) | null,
  { skip = 0, take }: { skip?: number | undefined; take: number },
): Row[] {
  if (take > 1000)
    throw new Refused("USER_INPUT_ERROR", "Cannot take more than 1000 results from a list query");
  const key = timeOf ?? (() => 0);
  return rows.sort((a, b) => key(a) - key(b) || Number(a.id) - Number(b.id)).slice(skip, skip + take);
}

function ordersPage(shop: FakeShop, given: unknown): FakeOrder[] {
  const options = optionsSchema.parse(given);
  const { filter = {}, sort = {} } = options;
  const fits = (ms: number | null, test: (typeof filter)["orderPlacedAt"]): boolean => {
    if (test === undefined) return true;
    if (ms === null) return false;
    if ("before" in test) return ms < Date.parse(test.before);
    return ms >= Date.parse(test.between.start) && ms <= Date.parse(test.between.end);
  };
  const rows = [...shop.orders.values()].filter(
    (order) =>
      (filter.id === undefined || filter.id.in.map(idOf).includes(order.id)) &&
      (filter.type === undefined || order.type !== filter.type.notEq) &&
      fits(order.placedMs, filter.orderPlacedAt) &&
      fits(order.updatedMs, filter.updatedAt),
  );
  const timeOf = sort.updatedAt
    ? (order: FakeOrder) => order.updatedMs
    : sort.orderPlacedAt
      ? (order: FakeOrder) => order.placedMs ?? 0
      : null;
  return pageOf(rows, timeOf, options);
}

type Variables = Record<string, unknown>;
type Operations = Record<string, (variables: Variables) => unknown>;

export interface ServerSettings {
  precision: number;
  trackInventory: boolean;
  threshold: number;
}

export const operationsOf = (shop: FakeShop, server: ServerSettings): Operations => ({
  ...orderOperations(shop, server),
  ...stockOperations(shop, server),
  ...parcelOperations(shop),
});

const configOf = ({ precision }: ServerSettings) => ({ serverConfig: { moneyStrategyPrecision: precision } });

function orderOperations(shop: FakeShop, server: ServerSettings): Operations {
  const list = (options: unknown) => ({
    items: ordersPage(shop, options).map((order) => orderView(shop, order)),
  });
  return {
    HubSignedIn: () => ({ globalSettings: { id: "1" } }),
    HubCheck: ({ location }) => ({
      activeChannel: { code: "__default_channel__", token: channelToken },
      stockLocation: location === locationId ? { id: locationId, name: "Warehouse" } : null,
      orders: { items: [] },
      productVariants: { items: [{ id: "1" }] },
      globalSettings: configOf(server),
    }),
    HubOrders: ({ options }) => ({ orders: list(options), globalSettings: configOf(server) }),
    HubOrderStamps: ({ options }) => ({ orders: list(options) }),
    HubOrderIds: ({ options }) => ({ orders: list(options) }),
  };
}

const levelInput = z.strictObject({
  id: z.string(),
  stockLevels: z.array(z.strictObject({ stockLocationId: z.string(), stockOnHand: z.int() })).length(1),
});

function stockOperations(shop: FakeShop, server: ServerSettings): Operations {
  return {
    HubVariants({ options: given, location }) {
      const options = z
        .strictObject({
          filter: filterSchema.pick({ id: true }).optional(),
          sort: sortSchema.optional(),
          skip: z.int().optional(),
          take: z.int(),
        })
        .parse(given);
      const ids = options.filter?.id?.in.map(idOf);
      const rows = [...shop.variants.values()].filter((variant) => ids?.includes(variant.id) ?? true);
      return {
        productVariants: {
          items: pageOf(rows, null, options).map((variant) => variantView(variant, locationId)),
        },
        stockLocation: location === locationId ? { id: locationId } : null,
        globalSettings: { trackInventory: server.trackInventory, outOfStockThreshold: server.threshold },
      };
    },
    /** All or nothing. */
    HubStock({ input }) {
      const rows = z.array(levelInput).parse(input);
      const found = rows.map((row) => {
        const variant = shop.variants.get(idOf(row.id));
        if (!variant) throw new Refused("ENTITY_NOT_FOUND", `No ProductVariant with the id "${row.id}"`);
        const [level] = row.stockLevels;
        // A foreign key of its database; such errors have no code.
        if (level?.stockLocationId !== locationId) throw new Refused(undefined, "violates foreign key");
        return { variant, stockOnHand: level.stockOnHand };
      });
      for (const { variant, stockOnHand } of found) variant.onHand = stockOnHand;
      return {
        updateProductVariants: found.map(({ variant }) => {
          const { id, stockLevels } = variantView(variant, locationId);
          return { id, stockLevels };
        }),
      };
    },
  };
}

const noteInput = z.strictObject({ id: z.string(), note: z.string(), isPublic: z.literal(false) });
const fulfilInput = z.strictObject({
  lines: z.array(z.strictObject({ orderLineId: z.string(), quantity: z.int().min(1) })),
  handler: z.strictObject({
    code: z.string(),
    arguments: z.tuple([
      z.strictObject({ name: z.literal("method"), value: z.string() }),
      z.strictObject({ name: z.literal("trackingCode"), value: z.string() }),
    ]),
  }),
});

const errorResult = (errorCode: string) => ({ errorCode, message: "refused" });

function parcelOperations(shop: FakeShop): Operations {
  return {
    HubParcelOrder({ id }) {
      const order = shop.orders.get(idOf(String(id)));
      return { order: order ? orderView(shop, order) : null };
    },
    HubNote({ input }) {
      const { id, note } = noteInput.parse(input);
      shop.order(id).history.push({ type: "ORDER_NOTE", atMs: shop.now(), data: { note } });
      return { addNoteToOrder: { id } };
    },
    HubFulfil: ({ input }) => ({ addFulfillmentToOrder: fulfil(shop, fulfilInput.parse(input)) }),
    HubShip({ id }) {
      const order = [...shop.orders.values()].find((one) =>
        one.fulfillments.some((parcel) => parcel.id === id),
      );
      const parcel = order?.fulfillments.find((one) => one.id === id);
      if (!order || !parcel) throw new Refused("ENTITY_NOT_FOUND", `No Fulfillment with the id "${id}"`);
      if (parcel.state !== "Pending")
        return { transitionFulfillmentToState: errorResult("FULFILLMENT_STATE_TRANSITION_ERROR") };
      shop.move(order, parcel, "Shipped");
      return { transitionFulfillmentToState: fulfillmentView(parcel) };
    },
  };
}

function fulfil(shop: FakeShop, { lines, handler }: z.infer<typeof fulfilInput>) {
  if (lines.length === 0) return errorResult("EMPTY_ORDER_LINE_SELECTION_ERROR");
  if (handler.code !== "manual-fulfillment") return errorResult("INVALID_FULFILLMENT_HANDLER_ERROR");
  const order = [...shop.orders.values()].find((one) =>
    one.lines.some((line) => line.id === lines[0]?.orderLineId),
  );
  if (!order) throw new Refused("ENTITY_NOT_FOUND", "No OrderLine");
  const found = lines.map(({ orderLineId, quantity }) => ({
    line: order.lines.find((line) => line.id === orderLineId),
    quantity,
  }));
  for (const { line, quantity } of found) {
    if (!line || quantity > line.quantity - shop.fulfilled(order, line.id))
      return errorResult("ITEMS_ALREADY_FULFILLED_ERROR");
    if (quantity > line.variant.onHand) return errorResult("INSUFFICIENT_STOCK_ON_HAND_ERROR");
  }
  const [method, trackingCode] = handler.arguments;
  const units = lines.map(({ orderLineId, quantity }) => ({ id: orderLineId, quantity }));
  return fulfillmentView(shop.pack(order, units, { method: method.value, trackingCode: trackingCode.value }));
}
