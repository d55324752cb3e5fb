import type { PreparedAdjustment, PreparedTransfer } from "../inventory/documents.ts";
import type { PreparedLive } from "../live/commands.ts";
import { isLive } from "../live/decide.ts";
import type { PreparedOrder } from "../orders/apply-order.ts";
import type { PreparedMapping } from "../orders/cancel.ts";
import { isClosed } from "../orders/status.ts";
import type { CoreCommand } from "./commands.ts";
import { type LiveKeys, nameLive, nameLiveOrder, noLiveKeys } from "./keys-live.ts";

/** A command as the batch takes it: digests and sealed buyers are computed before the lane, outside any transaction. */
export type PreparedCommand = PreparedCore | PreparedLive;

/** Commands on stock and orders. */
export type PreparedCore =
  | PreparedOrder
  | PreparedAdjustment
  | PreparedTransfer
  | PreparedMapping
  | Exclude<CoreCommand, { kind: "order.apply" | "order.map" | "stock.adjust" | "stock.transfer" }>;

/** What the commands of a batch name, before anything is read. */
export interface NamedKeys {
  orderKeys: { connectionId: string; externalId: string }[];
  orderIds: string[];
  skuCodes: string[];
  /** Listings by connection, item and variant; "*" as item asks by variant alone. */
  listingKeys: { connectionId: string; item: string; variant: string }[];
  holdIds: string[];
  holdReferences: string[];
  documentReferences: string[];
  /** Codes of SKU and location whose stock row must exist. */
  stockPlaces: { sku: string; location: string }[];
  /** How far the batch may bring on hand down at each place: the lowest count and all that is taken away. */
  shrinking: { sku: string; location: string; count: number | null; delta: number }[];
  /** A snapshot brings refunds, which may put units back even where the order is new. */
  restocks: boolean;
  live: LiveKeys;
  /** Listings and SKUs whose exposure or allocation a command changes. */
  listingIds: string[];
  skuIds: string[];
}

export function namedKeys(commands: readonly PreparedCommand[]): NamedKeys {
  const keys: NamedKeys = {
    orderKeys: [],
    orderIds: [],
    skuCodes: [],
    listingKeys: [],
    holdIds: [],
    holdReferences: [],
    documentReferences: [],
    stockPlaces: [],
    shrinking: [],
    restocks: false,
    live: noLiveKeys(),
    listingIds: [],
    skuIds: [],
  };
  for (const command of commands) {
    if (isLive(command)) nameLive(keys.live, command);
    else name(keys, command);
  }
  return { ...keys, skuCodes: [...new Set(keys.skuCodes)] };
}

function name(keys: NamedKeys, command: PreparedCore): void {
  switch (command.kind) {
    case "order.apply":
      keys.orderKeys.push({ connectionId: command.connectionId, externalId: command.snapshot.externalId });
      nameLiveOrder(keys.live, command);
      if (command.holdReference !== undefined) keys.holdReferences.push(command.holdReference);
      if ((command.snapshot.refunds ?? []).length > 0 || isClosed(command.snapshot.status))
        keys.restocks = true;
      for (const line of command.snapshot.lines) {
        nameLine(keys, command.connectionId, line.sku, line.externalItemId, line.externalVariantId);
      }
      return;
    case "hold.create":
      keys.holdReferences.push(command.input.reference);
      keys.skuCodes.push(...command.input.lines.map((line) => line.sku));
      return;
    case "hold.close":
      keys.holdIds.push(command.holdId);
      return;
    case "stock.adjust":
      keys.documentReferences.push(command.input.reference);
      for (const line of command.input.lines) {
        const location = line.location ?? "MAIN";
        keys.skuCodes.push(line.sku);
        keys.stockPlaces.push({ sku: line.sku, location });
        keys.shrinking.push({
          sku: line.sku,
          location,
          count: line.count ?? null,
          delta: Math.min(0, line.delta ?? 0),
        });
      }
      return;
    case "stock.transfer":
      keys.documentReferences.push(command.input.reference);
      for (const line of command.input.lines) {
        keys.skuCodes.push(line.sku);
        keys.stockPlaces.push(
          { sku: line.sku, location: command.input.from },
          { sku: line.sku, location: command.input.to },
        );
        keys.shrinking.push({
          sku: line.sku,
          location: command.input.from,
          count: null,
          delta: -line.quantity,
        });
      }
      return;
    case "exposure.release":
      keys.skuIds.push(...command.skuIds);
      return;
    case "exposure.mode":
      keys.skuIds.push(command.skuId);
      return;
    case "exposure.charge":
    case "exposure.settle":
    case "exposure.observe":
    case "exposure.pass":
    case "exposure.halt":
      keys.listingIds.push(command.listingId);
      return;
    case "order.cancel":
    case "order.refund":
    case "order.accept":
    case "order.map":
      keys.orderIds.push(command.orderId);
      keys.live.orderIds.push(command.orderId);
      return;
    default:
      keys.orderIds.push(command.orderId);
  }
}

/** The listings an order line may point at; the same candidates as `ListingIndex.find`. */
export function nameLine(
  keys: NamedKeys,
  connectionId: string,
  sku?: string | null,
  item?: string | null,
  variant?: string | null,
): void {
  if (sku != null) keys.skuCodes.push(sku);
  if (item != null && variant != null) keys.listingKeys.push({ connectionId, item, variant });
  if (variant != null)
    keys.listingKeys.push({ connectionId, item: variant, variant: "" }, { connectionId, item: "*", variant });
  else if (item != null) keys.listingKeys.push({ connectionId, item, variant: "" });
}
