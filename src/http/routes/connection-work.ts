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
  stuckRoutes(operate, parts);
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
