import { describe, expect, it } from "vitest";
import { subject as goodRoom } from "./bilibili-live/subject.ts";
import type { Broken } from "./breaking.ts";
import { brokenFailures } from "./broken/failures.ts";
import { brokenFulfilments } from "./broken/fulfilments.ts";
import { brokenListings } from "./broken/listings.ts";
import { brokenManifests } from "./broken/manifest.ts";
import { brokenOrders } from "./broken/orders.ts";
import { brokenRooms } from "./broken/rooms.ts";
import { brokenStock } from "./broken/stock.ts";
import { brokenWebhooks } from "./broken/webhooks.ts";
import { checks } from "./conformance.ts";
import { subject as good } from "./generic/subject.ts";

/** Every check has at least one broken connector or fake that it must catch: a check that cannot fail proves nothing. */
const broken: Broken = {
  ...brokenManifests,
  ...brokenFailures,
  ...brokenWebhooks,
  ...brokenOrders,
  ...brokenStock,
  ...brokenFulfilments,
  ...brokenListings,
  ...brokenRooms,
};

describe("conformance suite", () => {
  it("names each check once, and each has something broken to catch", () => {
    const ids = checks.map((check) => check.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(broken).sort()).toEqual([...ids].sort());
  });

  it("tries every check on the generic connector or on a room", () => {
    const untried = checks.filter((check) => !check.applies(good) && !check.applies(goodRoom));
    expect(untried.map((check) => check.id)).toEqual([]);
  });
});

for (const check of checks) {
  describe(`"${check.title}" catches`, () => {
    it.each(Object.entries(broken[check.id] ?? {}))("%s", async (_, spoiled) => {
      await expect(check.run(spoiled())).rejects.toThrow();
    });
  });
}
