import { z } from "zod";
import { audit, listAudit } from "../../core/audit.ts";
import { inTransaction } from "../../core/db/transaction.ts";
import { type ApiKey, createKey, keyRoles, listKeys, revokeKey } from "../../core/keys.ts";
import type { Authenticate } from "../middleware/authenticate.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";

const keySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    role: z.enum(keyRoles),
    createdAt: z.string(),
    revokedAt: z.string().nullable(),
  })
  .meta({ id: "Key" });

const newKeySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    role: z.enum(keyRoles),
    key: z.string().describe("Shown this once; only its hash is kept"),
  })
  .meta({ id: "NewKey" });

const auditSchema = z
  .object({
    id: z.uuid(),
    at: z.string(),
    actor: z.string().describe("Id of the key, or `cli`"),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "AuditRecord" });

const shown = ({ merchantId: _, ...key }: ApiKey) => key;
const tag = "key";

export function keyRoutes(operate: Operate, parts: AppParts, authenticate: Authenticate): void {
  const { db, runtime } = parts;
  operate(
    {
      method: "post",
      path: "/v1/keys",
      permission: "keys.write",
      tag,
      summary: "Make an API key",
      description:
        "The key itself is in this answer and nowhere else, so a repeat with the same Idempotency-Key makes another one.",
      body: z.object({ name: z.string().trim().min(1).max(100), role: z.enum(keyRoles) }),
      answer: newKeySchema,
      statuses: { 201: "Made" },
      keepsAnswer: false,
    },
    async ({ caller, body }) => {
      const made = await inTransaction(db, async (tx) => {
        const key = await createKey(tx, runtime, caller.merchantId, body);
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "key.create",
          subject: key.id,
          detail: body,
        });
        return key;
      });
      return {
        body: { id: made.id, ...body, key: made.token },
        headers: { location: `/v1/keys/${made.id}` },
      };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/keys",
      permission: "keys.write",
      tag,
      summary: "List keys, revoked ones too",
      answer: z.object({ items: z.array(keySchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async ({ caller }) => ({
      body: { items: (await listKeys(db, caller.merchantId)).map(shown), nextCursor: null },
    }),
  );
  operate(
    {
      method: "delete",
      path: "/v1/keys/{id}",
      permission: "keys.write",
      tag,
      summary: "Revoke a key",
      description: "Refused everywhere within 5 seconds. Revoking again changes nothing.",
      params: z.object({ id: z.uuid() }),
      answer: keySchema,
      statuses: { 200: "Revoked" },
    },
    async ({ caller, params }) => {
      const key = await inTransaction(db, async (tx) => {
        const revoked = await revokeKey(tx, runtime, caller.merchantId, params.id);
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "key.revoke",
          subject: params.id,
        });
        return revoked;
      });
      authenticate.forget(params.id);
      return { body: shown(key) };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/audit",
      permission: "audit.read",
      tag,
      summary: "What people and keys changed, the newest first",
      query: z.object(pageQuery),
      answer: pageOf(auditSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => ({ body: await listAudit(db, caller.merchantId, query) }),
  );
}
