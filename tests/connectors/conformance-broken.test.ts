import { describe, expect, it } from "vitest";
import { subject as goodRoom } from "./bilibili-live/subject.ts";
import type { Broken } from "./breaking.ts";
import { brokenAuthorizations } from "./broken/authorization.ts";
import { brokenFailures } from "./broken/failures.ts";
import { brokenFulfilments } from "./broken/fulfilments.ts";
import { brokenListings } from "./broken/listings.ts";
import { brokenManifests } from "./broken/manifest.ts";
import { brokenByOneOrder } from "./broken/one-bad-order.ts";
import { brokenOrders } from "./broken/orders.ts";
import { brokenRefunds } from "./broken/refunds.ts";
import { brokenRooms } from "./broken/rooms.ts";
import { brokenStock } from "./broken/stock.ts";
import { brokenWebhooks } from "./broken/webhooks.ts";
import { checks } from "./conformance.ts";
import { subject as good } from "./generic/subject.ts";
import { subject as reference } from "./reference/subject.ts";
import { subject as askedForRefunds } from "./woocommerce/subject.ts";

/** Every check has at least one broken connector or fake that it must catch: a check that cannot fail proves nothing. */
const broken: Broken = {
  ...brokenManifests,
  ...brokenAuthorizations,
  ...brokenFailures,
  ...brokenWebhooks,
  ...brokenOrders,
  ...brokenByOneOrder,
  ...brokenRefunds,
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

  it("tries every check on the generic connector, on the one with grants, on a shop asked for refunds or on a room", () => {
    const tried = (check: (typeof checks)[number]) =>
      [good, reference, askedForRefunds, goodRoom].some((subject) => check.applies(subject));
    expect(checks.filter((check) => !tried(check)).map((check) => check.id)).toEqual([]);
  });
});

for (const check of checks) {
  describe(`"${check.title}" catches`, () => {
    it.each(Object.entries(broken[check.id] ?? {}))("%s", async (_, spoiled) => {
      await expect(check.run(spoiled())).rejects.toThrow();
    });
  });
}
