import { z } from "zod";
import { loadSku } from "../../core/catalogue/skus.ts";
import { nowInstant } from "../../core/clock.ts";
import { stockModes } from "../../core/escrow/mode.ts";
import { listAllocatedSkus, readAllocations, stockedSkus } from "../../core/escrow/read-allocations.ts";
import { describeAllocation } from "../../core/escrow/read-description.ts";
import { shareRuleSchema } from "../../core/model/catalogue.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { asNotFound } from "../problem.ts";

const count = z.number().int();
const reasons = [
  "shared",
  "at_share",
  "raised",
  "lowered",
  "waits_for_units",
  "waits_for_orders",
  "waits_for_write",
  "waits_for_look",
  "foreign_write",
  "stopped",
  "not_escrowed",
] as const;

/** Why a listing offers what it offers, in words for people. */
export const reasonTexts: Record<(typeof reasons)[number], string> = {
  shared: "Every listing shows what is available; the platforms share it.",
  at_share: "It has its share.",
  raised: "It is getting more.",
  lowered: "It is giving units up.",
  waits_for_units: "It gets more as soon as units come free.",
  waits_for_orders: "Units may have been sold whose orders are not in yet; the order watermark frees them.",
  waits_for_write: "A write is under way, or it is not known whether it landed.",
  waits_for_look: "The platform's figure is read before anything is freed.",
  foreign_write: "Another tool wrote its figure; a task asks what to do.",
  stopped: "Writing to it was stopped by a person.",
  not_escrowed:
    "Nothing can be set aside here: the platform does not take its sales off its figure, or does not say when its orders are in.",
};

const listingSchema = z.object({
  listing: z.uuid(),
  connection: z.string().describe("Name of the connection"),
  externalId: z.string(),
  externalVariantId: z.string().nullable(),
  share: count
    .nullable()
    .describe("What the plan gives it, in listing units like all figures here; null while shared"),
  mayOffer: count.describe("What the platform may still sell by the last sighting"),
  quarantined: count.describe("May have been sold before that sighting, without the order being in"),
  inFlight: count.describe("Set aside for a write under way"),
  setAside: count.describe(
    "All three together: the most the platform may have sold unheard or may still sell",
  ),
  shareRule: shareRuleSchema,
  soldPerHour: z.number(),
  reason: z.enum(reasons),
  reasonText: z.string(),
});

const allocationSchema = z
  .object({
    sku: z.string(),
    asked: z.enum(stockModes).describe("The SKU's own mode, or the merchant's default"),
    state: z.enum(["shared", "converging", "split"]).describe("How it is now"),
    since: z.string().nullable(),
    available: count.describe("On our own shelves, not reserved, not held back, not in doubt"),
    free: count.describe("Units no listing stands for"),
    pool: count.describe("Of these kept for reservations and manual orders"),
    possibleOversell: count.describe("Units that may be sold twice as things stand; 0 when split"),
    unbounded: z
      .boolean()
      .describe(
        "A platform that shows it gives no bound: it may have sold more than that without the hub knowing",
      ),
    deficit: count.describe("Units lost that listings still stand for: miscounts, damage, writes of others"),
    listings: z.array(listingSchema),
  })
  .meta({ id: "Allocation" });

export function allocationRoutes(operate: Operate, { db, runtime }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/allocations",
      permission: "stock.read",
      tag: "stock",
      summary: "What each listing may sell without asking, and why",
      description:
        "By SKU code. For a bundle, its components are answered. SKUs without listings are left out unless named.",
      query: z.object({ ...pageQuery, sku: z.string().max(200).optional() }),
      answer: pageOf(allocationSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => {
      const { merchantId } = caller;
      const page =
        query.sku === undefined
          ? await listAllocatedSkus(db, merchantId, query)
          : { items: await namedSkus(query.sku, merchantId), nextCursor: null };
      const now = nowInstant(runtime.clock);
      const items = await readAllocations(db, merchantId, page.items);
      const body = items.map((allocation) => {
        const described = describeAllocation(allocation, now);
        const listings = described.listings.map((one) => ({ ...one, reasonText: reasonTexts[one.reason] }));
        return { ...described, listings };
      });
      return { body: { items: body, nextCursor: page.nextCursor } };
    },
  );

  const namedSkus = async (code: string, merchantId: string): Promise<string[]> => {
    const sku = await asNotFound("unknown_sku", "SKU", code, loadSku(db, merchantId, code));
    return (await stockedSkus(db, merchantId, [sku.id])).get(sku.id) ?? [];
  };
}
