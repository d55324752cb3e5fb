import { z } from "zod";
import { audit } from "../../core/audit.ts";
import {
  createConnection,
  listConnections,
  loadConnection,
  removeConnection,
  updateConnection,
} from "../../core/catalogue/connections.ts";
import { releasing } from "../../core/catalogue/releasing.ts";
import type { Sql } from "../../core/db/database.ts";
import { inTransaction } from "../../core/db/transaction.ts";
import { checkFields, connectionSchema, requireConnector, shownConnection } from "../connection-view.ts";
import type { Caller } from "../middleware/authenticate.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";

export const connectionTag = "connection";
export const connectionParams = z.object({ id: z.uuid() });

const fieldsSchema = z.record(z.string(), z.unknown());
const nameSchema = z.string().trim().min(1).max(100);

const newConnectionSchema = z.object({
  connector: z.string().min(1).max(100).describe("One of GET /v1/connectors"),
  name: nameSchema.describe("Yours to choose; no two connections share one"),
  settings: fieldsSchema.default({}),
  secrets: fieldsSchema.default({}).describe("Kept encrypted, never shown"),
});

const patchSchema = z.object({
  name: nameSchema.optional(),
  status: z.enum(["active", "paused"]).optional(),
  settings: fieldsSchema.optional().describe("Replaces all settings"),
  secrets: fieldsSchema.optional().describe("Replaces all secrets; those before are taken for 24 hours more"),
});

export function connectionRoutes(operate: Operate, parts: AppParts): void {
  const { db, runtime } = parts;
  operate(
    {
      method: "get",
      path: "/v1/connections",
      permission: "connections.read",
      tag: connectionTag,
      summary: "List connections",
      answer: z.object({ items: z.array(connectionSchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async ({ caller }) => {
      const connections = await listConnections(db, caller.merchantId);
      return { body: { items: connections.map((one) => shownConnection(parts, one)), nextCursor: null } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/connections/{id}",
      permission: "connections.read",
      tag: connectionTag,
      summary: "Get one connection",
      params: connectionParams,
      answer: connectionSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => ({
      body: shownConnection(parts, await loadConnection(db, caller.merchantId, params.id)),
    }),
  );
  operate(
    {
      method: "delete",
      path: "/v1/connections/{id}",
      permission: "connections.write",
      tag: connectionTag,
      summary: "End a connection",
      description:
        "Its secrets are wiped; its orders stay, and its listings are kept for its return. While orders are open it is refused, " +
        "unless `force` is given: they then stay open with their units until somebody ships or cancels them here, or the account is connected again.",
      params: connectionParams,
      query: z.object({ force: z.stringbool().optional().describe("Also with open orders") }),
      statuses: { 204: "Gone" },
      refusals: ["conflict"],
    },
    async ({ caller, params, query }) => {
      const force = query.force ?? false;
      const remove = async (tx: Sql) => {
        await removeConnection(tx, parts, caller.merchantId, params.id, { force });
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "connection.remove",
          subject: params.id,
          ...(force ? { detail: { force } } : {}),
        });
      };
      await releasing(parts, caller.merchantId, () => inTransaction(db, remove));
      parts.sync.forget(params.id);
      return {};
    },
  );
  enterRoutes(operate, parts);
}

/** Where settings and secrets come in. */
function enterRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/connections",
      permission: "connections.write",
      tag: connectionTag,
      summary: "Connect an account on a platform",
      description:
        "Give the platform `webhookUrl` of the answer; try the account with POST /v1/connections/{id}/test. An account that was " +
        "connected before comes back under its id, with its orders and listings; one that is connected now is refused.",
      body: newConnectionSchema,
      answer: connectionSchema,
      statuses: { 201: "Connected" },
      refusals: ["unknown_connector", "already_exists", "conflict"],
    },
    async ({ caller, body }) => {
      const connector = requireConnector(parts, body.connector);
      checkFields(connector, "settings", body.settings);
      checkFields(connector, "secrets", body.secrets);
      const create = async (tx: Sql) => {
        const { accountSettings } = connector.manifest;
        const made = await createConnection(tx, parts, caller.merchantId, { ...body, accountSettings });
        const detail = { connector: body.connector, name: body.name };
        await audit(tx, parts.runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "connection.create",
          subject: made.id,
          detail,
        });
        return made;
      };
      const connection = await releasing(parts, caller.merchantId, () => inTransaction(parts.db, create));
      parts.sync.forget(connection.id);
      return {
        body: shownConnection(parts, connection),
        headers: { location: `/v1/connections/${connection.id}` },
      };
    },
  );
  operate(
    {
      method: "patch",
      path: "/v1/connections/{id}",
      permission: "connections.write",
      tag: connectionTag,
      summary: "Change a connection",
      description: "New settings or secrets put a refused connection back to work.",
      params: connectionParams,
      body: patchSchema,
      answer: connectionSchema,
      statuses: { 200: "Changed" },
      refusals: ["unknown_connector", "already_exists", "conflict"],
    },
    async ({ caller, params, body }) => ({
      body: shownConnection(parts, await changeConnection(parts, caller, params.id, body)),
    }),
  );
}

async function changeConnection(
  parts: AppParts,
  caller: Caller,
  id: string,
  patch: z.output<typeof patchSchema>,
) {
  let accountSettings: readonly string[] = [];
  let dropTokens = false;
  if (patch.settings ?? patch.secrets) {
    const before = await loadConnection(parts.db, caller.merchantId, id);
    const connector = requireConnector(parts, before.connector);
    const { boundTo = [], boundToSecrets = [] } = connector.manifest.authorization ?? {};
    // What was granted for one shop must not be sent to another.
    dropTokens =
      (patch.settings && boundTo.some((name) => before.settings[name] !== patch.settings?.[name])) ||
      boundToSecrets.some((name) => patch.secrets?.[name] !== undefined);
    if (patch.settings) checkFields(connector, "settings", patch.settings);
    if (patch.secrets) checkFields(connector, "secrets", patch.secrets);
    accountSettings = connector.manifest.accountSettings;
  }
  const connection = await inTransaction(parts.db, async (tx) => {
    const changes = { ...patch, accountSettings, dropTokens };
    const changed = await updateConnection(tx, parts, caller.merchantId, id, changes);
    const detail = { changed: Object.keys(patch) };
    await audit(tx, parts.runtime, caller.merchantId, {
      actor: caller.keyId,
      action: "connection.update",
      subject: id,
      detail,
    });
    return changed;
  });
  parts.sync.forget(id);
  return connection;
}
