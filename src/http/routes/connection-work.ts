import { z } from "zod";
import { loadConnection } from "../../core/catalogue/connections.ts";
import { listParked, listQuarantined } from "../../core/catalogue/stuck.ts";
import type { ChannelState } from "../../sync/contract.ts";
import { stateSchema } from "../connection-view.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { connectionParams as params, connectionTag as tag } from "./connections.ts";

const count = z.number().int();

const countsSchema = z
  .object({
    pages: count,
    orders: count,
    created: count,
    updated: count,
    unchanged: count,
    rejected: count,
    pushed: count,
    failed: count,
  })
  .meta({ id: "SyncCounts" });

const testSchema = z
  .object({
    ok: z.boolean(),
    account: z.string().optional().describe("How the platform calls the account"),
    problem: z.string().optional().describe("What is wrong and what to do"),
    kind: z.string().optional().describe("auth: credentials; invalid: settings; unavailable: an outage"),
  })
  .meta({ id: "ConnectionTest" });

const mappedSchema = z
  .object({
    listed: count.describe("Items the platform lists"),
    created: count.describe("Mapped now"),
    changedHands: count.describe("Mapped before; since then the platform keeps the goods, or no longer"),
    known: count.describe("Mapped before"),
    unmatchedCount: count,
    unmatched: z
      .array(
        z.object({
          externalId: z.string(),
          externalVariantId: z.string().nullable(),
          sku: z.string().nullable().describe("The seller's code on the platform"),
          title: z.string(),
        }),
      )
      .describe("Their code is no SKU: the first 1,000 of them"),
  })
  .meta({ id: "MappedListings" });

const retriedSchema = z.object({ retried: count });

const shown = ({ connectionId, ...state }: ChannelState) => ({ connection: connectionId, ...state });

/** What a connection is doing, and telling it what to do. */
export function connectionWorkRoutes(operate: Operate, parts: AppParts): void {
  const { sync } = parts;
  operate(
    {
      method: "get",
      path: "/v1/connection-states",
      permission: "connections.read",
      tag,
      summary: "How all connections are doing",
      answer: z.object({ items: z.array(stateSchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async ({ caller }) => ({
      body: { items: (await sync.states(caller.merchantId)).map(shown), nextCursor: null },
    }),
  );
  operate(
    {
      method: "get",
      path: "/v1/connections/{id}/state",
      permission: "connections.read",
      tag,
      summary: "How one connection is doing",
      params,
      answer: stateSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => {
      const state = (await sync.states(caller.merchantId)).find(
        ({ connectionId }) => connectionId === params.id,
      );
      if (!state) throw notFound(tag, params.id);
      return { body: shown(state) };
    },
  );
  operate(
    {
      method: "post",
      path: "/v1/connections/{id}/test",
      permission: "connections.run",
      tag,
      summary: "Try address and credentials with one cheap call",
      params,
      answer: testSchema,
      statuses: { 200: "What came of it" },
    },
    async ({ caller, params }) => {
      await loadConnection(parts.db, caller.merchantId, params.id);
      return { body: await sync.testConnection(caller.merchantId, params.id) };
    },
  );
  operate(
    {
      method: "post",
      path: "/v1/connections/{id}/sync",
      permission: "connections.run",
      tag,
      summary: "Pull orders and push what is owed, now",
      description: "Waits for the end. It happens by itself too; this is for people who cannot wait.",
      params,
      answer: countsSchema,
      statuses: { 200: "Done" },
      refusals: ["conflict", "connection_failed"],
    },
    async ({ caller, params }) => {
      await loadConnection(parts.db, caller.merchantId, params.id);
      return { body: await sync.syncConnection(caller.merchantId, params.id) };
    },
  );
  mapRoute(operate, parts);
  stuckRoutes(operate, parts);
}

/** A shop that was never matched may list 100,000 items; the first ones show what is wrong with the codes. */
const mostUnmatched = 1_000;

function mapRoute(operate: Operate, { sync }: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/connections/{id}/map-listings",
      permission: "catalogue.write",
      tag,
      summary: "List the platform's items and map those with exactly the code of a SKU",
      description:
        "Never guesses: an item with another code stays unmatched, for a person to map with POST /v1/listings. Running it again maps what is new.",
      params,
      answer: mappedSchema,
      statuses: { 200: "Done" },
      refusals: ["unsupported", "connection_failed"],
    },
    async ({ caller, params }) => {
      const { unmatched, ...counts } = await sync.mapListings(caller.merchantId, params.id);
      const first = unmatched.slice(0, mostUnmatched).map((item) => ({
        externalId: item.externalId,
        externalVariantId: item.externalVariantId ?? null,
        sku: item.sku ?? null,
        title: item.title,
      }));
      return { body: { ...counts, unmatchedCount: unmatched.length, unmatched: first } };
    },
  );
}

const parkedSchema = z
  .object({
    kind: z.enum(["stock", "fulfilment"]),
    subjectId: z.uuid().describe("Listing (stock) or shipment (fulfilment)"),
    attempts: count,
    errorKind: z.string().nullable(),
    errorMessage: z.string().nullable(),
    updatedAt: z.string(),
  })
  .meta({ id: "ParkedPush" });

const quarantinedSchema = z
  .object({
    deliveryId: z.string(),
    digest: z.string().describe("SHA-256 of the raw body"),
    topic: z.string(),
    attempts: count,
    errorKind: z.string().nullable(),
    errorMessage: z.string().nullable(),
    receivedAt: z.string(),
  })
  .meta({ id: "QuarantinedDelivery" });

function stuckRoutes(operate: Operate, { db, sync }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/connections/{id}/parked",
      permission: "connections.read",
      tag,
      summary: "Pushes that were given up, and why",
      params,
      query: z.object(pageQuery),
      answer: pageOf(parkedSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, params, query }) => {
      await loadConnection(db, caller.merchantId, params.id);
      return { body: await listParked(db, caller.merchantId, params.id, query) };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/connections/{id}/quarantined",
      permission: "connections.read",
      tag,
      summary: "Deliveries that could not be used, and why",
      params,
      query: z.object(pageQuery),
      answer: pageOf(quarantinedSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, params, query }) => {
      await loadConnection(db, caller.merchantId, params.id);
      return { body: await listQuarantined(db, caller.merchantId, params.id, query) };
    },
  );
  const retries = {
    parked: (merchantId: string, id: string) => sync.retryParked(merchantId, id),
    quarantined: (merchantId: string, id: string) => sync.retryQuarantined(merchantId, id),
  };
  for (const [what, retry] of Object.entries(retries)) {
    operate(
      {
        method: "post",
        path: `/v1/connections/{id}/${what}/retry`,
        permission: "connections.run",
        tag,
        summary: what === "parked" ? "Push them again" : "Use them again",
        params,
        answer: retriedSchema,
        statuses: { 200: "How many are back at work" },
      },
      async ({ caller, params }) => {
        await loadConnection(db, caller.merchantId, params.id);
        return { body: { retried: await retry(caller.merchantId, params.id) } };
      },
    );
  }
}
