import type { StoredEvent } from "../events/types.ts";
import type { EntryDraft } from "./draft.ts";
import { orderDrafts } from "./order-rules.ts";
import type { RuleSettings } from "./settings.ts";
import { stockDrafts } from "./stock-rules.ts";

/**
 * The posting rules: what an event means for the books. Pure; the same event always gives the same drafts. Throws a
 * `SluiceError` when the event's amounts cannot be booked.
 */
export function draftsOf(event: StoredEvent, settings: RuleSettings): EntryDraft[] {
  switch (event.type) {
    case "order.created":
    case "order.updated":
    case "order.paid":
    case "order.shipped":
    case "order.completed":
    case "order.cancelled":
    case "order.refunded":
    case "order.allocated":
      // The name says what happened most of all; the facts inside say everything.
      return orderDrafts(event.data, event.occurredAt, settings);
    case "stock.adjusted":
      return stockDrafts(event.data, event.occurredAt, settings);
    // All own locations share one inventory account: a transfer changes nothing in the books.
    case "stock.transferred":
    case "stock.changed":
    case "hold.created":
    case "hold.closed":
    case "session.changed":
    case "sku.created":
    case "bundle.changed":
    case "listing.changed":
    case "listing.removed":
    case "allocation.changed":
    case "connection.changed":
    case "task.raised":
      return [];
  }
}
