import { expect } from "vitest";
import type { Json, ListingRef, PulledListing } from "../../../src/connectors/contract.ts";
import { finish, openSession, present, successOf } from "../session.ts";
import type { Subject } from "../subject.ts";
import { type Check, can } from "./check.ts";

export const listingChecks: Check[] = [
  {
    id: "listings",
    title: "all listings come, each once, and the pages end",
    applies: can("listings"),
    run: allListingsCome,
  },
];

type PulledListings = { listings: PulledListing[]; cursor: Json; more: boolean };

const keyOf = ({ externalId, externalVariantId }: ListingRef) =>
  JSON.stringify([externalId, externalVariantId ?? null]);

async function allListingsCome(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const found: PulledListing[] = [];
  let cursor: Json | null = null;
  for (let pages = 0, more = true; more; pages += 1) {
    expect(pages, "pages read without coming to an end").toBeLessThan(100);
    const account = session.reopen();
    const page: PulledListings = successOf(
      await finish(session.runtime, present(account.listings, "listings").pull({ cursor }, session.call())),
    );
    found.push(...page.listings);
    ({ cursor, more } = page);
  }
  expect(found.map(keyOf).sort()).toEqual(session.platform.listings.map(keyOf).sort());
  for (const listing of found) {
    const shown = session.platform.listings.find((one) => keyOf(one) === keyOf(listing));
    if (listing.quantity !== undefined)
      expect(listing.quantity, `figure of ${keyOf(listing)}`).toBe(shown?.quantity);
    expect(listing.title.trim()).not.toBe("");
  }
}
