import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { isCodeLike } from "../toolkit/http.ts";
import type { AmazonClient } from "./client.ts";
import { ownChannel } from "./codes.ts";
import {
  isAmazons,
  itemsPath,
  ownQuantity,
  readAmazonsStock,
  readListings,
  unknownListing,
} from "./inventory.ts";
import type { AmazonSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Each write is a call of its own, five a second; one look at the listings goes before them. */
export const stockWritesPerCall = 10;

/**
 * "ACCEPTED" means queued: the figure changes seconds to minutes later, and what is sold until then comes off the old one. The rules that keep
 * units from being sold twice wait this long after an answer. How long it takes at most is not documented.
 */
export const applyDelayMs = 600_000;

/** Absolute figures only: Amazon can neither compare nor add. */
export const createStock = (client: AmazonClient, settings: AmazonSettings): Stock => ({
  async push(writes, call) {
    const sets = writes.filter((write) => write.mode === "set");
    if (sets.length === 0) return writes.map(notSet);
    const found = await readListings(client, settings, sets, call);
    const outcomes: StockOutcome[] = [];
    for (const write of writes)
      outcomes.push(
        write.mode === "set" ? await setOne(client, settings, write, found, call) : notSet(write),
      );
    return outcomes;
  },

  async read(listings, call) {
    const found = await readListings(client, settings, listings, call);
    const theirs = [...found].flatMap(([sku, one]) => (one.ok && isAmazons(one.value) ? [sku] : []));
    const stock: Result<Map<string, number>> =
      theirs.length === 0
        ? { ok: true, value: new Map() }
        : await readAmazonsStock(client, settings, theirs, call);
    return listings.map((listing) => figureOf(listing, found.get(listing.externalId), stock));
  },
});

const notSet = ({ mode }: StockWrite): Failure =>
  failure("unsupported", `Amazon has no stock writes of the kind ${mode}`);

/** Written to a listing that Amazon fulfils, a figure would take the goods out of its hands. */
async function setOne(
  client: AmazonClient,
  settings: AmazonSettings,
  write: StockWrite,
  found: ReadonlyMap<string, Result<wire.WireListing>>,
  call: Call,
): Promise<StockOutcome> {
  const listing = found.get(write.externalId);
  if (!listing) return unknownListing(write);
  if (!listing.ok) return listing;
  if (isAmazons(listing.value))
    return failure(
      "unsupported",
      `Amazon keeps and ships the stock of ${write.externalId} (FBA); it is not written`,
    );
  const body = {
    productType: listing.value.summaries?.find((one) => one.productType)?.productType ?? "PRODUCT",
    patches: [
      {
        // "merge" leaves handling time and restock date alone; "replace" would wipe them out.
        op: "merge",
        path: "/attributes/fulfillment_availability",
        value: [{ fulfillment_channel_code: ownChannel, quantity: write.quantity }],
      },
    ],
  };
  const path = `${itemsPath(settings)}/${encodeURIComponent(write.externalId)}`;
  const query = { marketplaceIds: settings.marketplaceId };
  const result = await client.write("PATCH", path, query, body, wire.submissionSchema, call);
  if (!result.ok) return result.kind === "not_found" ? unknownListing(write) : result;
  if (result.value.status === "ACCEPTED") return { ok: true };
  const codes = (result.value.issues ?? [])
    .filter(({ severity }) => severity === "ERROR")
    .map(({ code }) => code);
  const named = codes.filter((code) => isCodeLike(code) || /^\d{1,10}$/.test(code)).slice(0, 3);
  return failure(
    "invalid",
    `Amazon did not accept the figure of ${write.externalId}${named.length > 0 ? ` (issues ${named.join(", ")})` : ""}; mend the listing in Seller Central`,
  );
}

function figureOf(
  listing: ListingRef,
  found: Result<wire.WireListing> | undefined,
  theirs: Result<Map<string, number>>,
): Result<{ quantity: number }> {
  if (!found) return unknownListing(listing);
  if (!found.ok) return found;
  if (isAmazons(found.value)) {
    if (!theirs.ok) return theirs;
    return { ok: true, value: { quantity: theirs.value.get(listing.externalId) ?? 0 } };
  }
  return { ok: true, value: { quantity: ownQuantity(found.value) ?? 0 } };
}
