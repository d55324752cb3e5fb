import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { audit, listAudit } from "../../src/core/audit.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createKey, findKey, listKeys, revokeKey } from "../../src/core/keys.ts";
import { memoryDatabase } from "../support/database.ts";
import { testMerchant } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

const runtime = testRuntime();
let db: Database;
let merchantId: string;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  merchantId = (await testMerchant(db, runtime)).id;
});

describe("API keys", () => {
  it("are found by their token, of which only a hash is stored", async () => {
    const { id, token } = await createKey(db, runtime, merchantId, { name: "till", role: "operator" });
    expect(token).toMatch(/^slk_[A-Za-z0-9_-]{43}$/);
    const key = {
      id,
      merchantId,
      name: "till",
      role: "operator",
      createdAt: "2026-11-22T08:00:00.000Z",
      revokedAt: null,
    };
    expect(await findKey(db, token)).toStrictEqual(key);
    expect(await listKeys(db, merchantId)).toStrictEqual([key]);
    const [row] = await db.query<{ row: string }>(
      "select api_keys::text as row from api_keys where id = $1",
      [id],
    );
    expect(row?.row).not.toContain(token.slice(4));
  });

  it("are not found by anything else", async () => {
    const { token } = await createKey(db, runtime, merchantId, { name: "till", role: "owner" });
    for (const wrong of [
      "",
      "slk_",
      `${token} `,
      token.slice(0, -1),
      `${token}x`,
      `slk_${"a".repeat(43)}`,
      "' or 1=1 --",
    ]) {
      expect(await findKey(db, wrong)).toBeUndefined();
    }
  });

  it("end when they are revoked, and stay ended", async () => {
    const { id, token } = await createKey(db, runtime, merchantId, { name: "till", role: "owner" });
    const other = (await testMerchant(db, runtime)).id;
    await expect(revokeKey(db, runtime, other, id)).rejects.toMatchObject({ code: "not_found" });
    expect(await findKey(db, token)).toBeDefined();
    const revoked = await revokeKey(db, runtime, merchantId, id);
    expect(revoked.revokedAt).toBe("2026-11-22T08:00:00.000Z");
    expect(await findKey(db, token)).toBeUndefined();
    expect(
      await revokeKey(db, testRuntime({ start: "2027-01-01T00:00:00.000Z" }), merchantId, id),
    ).toStrictEqual(revoked);
    expect(await listKeys(db, merchantId)).toStrictEqual([revoked]);
  });
});

describe("the audit log", () => {
  it("keeps who did what, newest first, per merchant", async () => {
    await audit(db, runtime, merchantId, { actor: "key-1", action: "sku.create", subject: "A" });
    await audit(db, runtime, merchantId, {
      actor: "cli",
      action: "connection.update",
      subject: "c1",
      detail: { fields: ["name"] },
    });
    const { items, nextCursor } = await listAudit(db, merchantId, { limit: 1 });
    expect(items).toStrictEqual([
      {
        id: items[0]?.id,
        at: "2026-11-22T08:00:00.000Z",
        actor: "cli",
        action: "connection.update",
        subject: "c1",
        detail: { fields: ["name"] },
      },
    ]);
    expect((await listAudit(db, merchantId, { limit: 1, cursor: nextCursor })).items).toMatchObject([
      { action: "sku.create", detail: {} },
    ]);
    const other = (await testMerchant(db, runtime)).id;
    expect((await listAudit(db, other, { limit: 10 })).items).toStrictEqual([]);
  });

  it("is undone with what it records", async () => {
    await expect(
      db.transaction(async (tx) => {
        await audit(tx, runtime, merchantId, { actor: "cli", action: "a", subject: "s" });
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect((await listAudit(db, merchantId, { limit: 10 })).items).toStrictEqual([]);
  });
});
