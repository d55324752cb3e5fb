import { z } from "zod";
import {
  createListing,
  deleteListing,
  type Listing,
  listingPatchSchema,
  listListings,
  loadListing,
  updateListing,
} from "../../core/catalogue/listings.ts";
import { releasing } from "../../core/catalogue/releasing.ts";
import { SluiceError } from "../../core/errors.ts";
import { listingInputSchema, shareRuleSchema } from "../../core/model/catalogue.ts";
import { mapWaitingOrders } from "../map-waiting.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";

const listingSchema = z
  .object({
    id: z.uuid(),
    connection: z.uuid(),
    externalId: z.string(),
    externalVariantId: z.string().nullable(),
    sku: z.string(),
    unitsPer: z.number().int().describe("Units of the SKU in one unit of the listing"),
    buffer: z.number().int(),
    cap: z.number().int().nullable(),
    share: shareRuleSchema,
    managedBy: z
      .literal("platform")
      .nullable()
      .describe("platform: the platform keeps and ships the goods, nothing of ours is sold there"),
    publishedQuantity: z
      .number()
      .int()
      .nullable()
      .describe("The last figure the platform confirmed; null before the first"),
    publishedAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: "Listing" });

const shown = ({ connectionId, externalVariantId, skuId: _, ...listing }: Listing) => ({
  ...listing,
  connection: connectionId,
  externalVariantId: externalVariantId === "" ? null : externalVariantId,
});

const tag = "listing";
const params = z.object({ id: z.uuid() });

export function listingRoutes(operate: Operate, parts: AppParts): void {
  createRoute(operate, parts);
  const { db, runtime } = parts;
  operate(
    {
      method: "get",
      path: "/v1/listings",
      permission: "catalogue.read",
      tag,
      summary: "List listings",
      query: z.object({ ...pageQuery, connection: z.uuid().optional(), sku: z.string().max(200).optional() }),
      answer: pageOf(listingSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => {
      const { connection, ...rest } = query;
      const page = await listListings(db, caller.merchantId, { ...rest, connectionId: connection });
      return { body: { ...page, items: page.items.map(shown) } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/listings/{id}",
      permission: "catalogue.read",
      tag,
      summary: "Get one listing",
      params,
      answer: listingSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => ({ body: shown(await loadListing(db, caller.merchantId, params.id)) }),
  );
  operate(
    {
      method: "patch",
      path: "/v1/listings/{id}",
      permission: "catalogue.write",
      tag,
      summary: "Change a listing",
      description: "Only what is given changes. Orders that exist keep the SKU they were mapped to.",
      params,
      body: listingPatchSchema.extend({
        stopped: z
          .boolean()
          .optional()
          .describe("True: the hub writes no stock to this listing any more; false: it goes on"),
      }),
      answer: listingSchema,
      statuses: { 200: "Changed" },
      refusals: ["unknown_sku"],
    },
    async ({ caller, params, body: { stopped, ...patch } }) => {
      const listing = await releasing(parts, caller.merchantId, () =>
        updateListing(db, runtime, caller.merchantId, params.id, patch),
      );
      if (stopped !== undefined) {
        const halt = { listingId: params.id, halt: stopped ? ("stopped" as const) : null, overwrites: false };
        const answer = await parts.engine.submit(caller.merchantId, { kind: "exposure.halt", ...halt });
        if (answer.kind === "refused") throw new SluiceError(answer.code, answer.message);
      }
      return { body: shown(listing) };
    },
  );
  operate(
    {
      method: "delete",
      path: "/v1/listings/{id}",
      permission: "catalogue.write",
      tag,
      summary: "End a listing",
      description: "Orders that exist keep their SKU; new ones wait for a mapping.",
      params,
      statuses: { 204: "Gone" },
    },
    async ({ caller, params }) => {
      await releasing(parts, caller.merchantId, () =>
        deleteListing(db, runtime, caller.merchantId, params.id),
      );
      return {};
    },
  );
}

function createRoute(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/listings",
      permission: "catalogue.write",
      tag,
      summary: "Say which SKU an item on a platform is",
      description:
        "Orders with lines that waited for this item get their SKU at once; its stock is published from now on.",
      body: listingInputSchema,
      answer: listingSchema,
      statuses: { 201: "Created" },
      refusals: ["unknown_sku", "not_found", "already_exists"],
    },
    async ({ caller, body }) => {
      const { listing, waitingOrderIds } = await releasing(parts, caller.merchantId, () =>
        createListing(parts.db, parts.runtime, caller.merchantId, body),
      );
      await mapWaitingOrders(parts, caller.merchantId, waitingOrderIds);
      return { body: shown(listing), headers: { location: `/v1/listings/${listing.id}` } };
    },
  );
}
