import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { appendEvents, lastEventSeq, readEvents } from "../../../src/core/events/log.ts";
import type { NewEvent } from "../../../src/core/events/types.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";

describe("the event log", () => {
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

  const made = (code: string): NewEvent => {
    const skuId = runtime.ids.next();
    return {
      type: "sku.created",
      subject: skuId,
      occurredAt: "2026-11-22T08:00:00.001Z",
      data: { skuId, code, kind: "physical" },
    };
  };

  it("numbers events from 1 without gaps, per merchant", async () => {
    const other = (await testMerchant(db, runtime)).id;
    const [first, second, third] = [made("A"), made('B "quoted" 中'), made("C")];
    expect(await db.transaction((tx) => appendEvents(tx, merchantId, [first, second]))).toStrictEqual({
      firstSeq: 1,
      lastSeq: 2,
    });
    expect(await db.transaction((tx) => appendEvents(tx, other, [third]))).toStrictEqual({
      firstSeq: 1,
      lastSeq: 1,
    });
    expect(await db.transaction((tx) => appendEvents(tx, merchantId, [third]))).toStrictEqual({
      firstSeq: 3,
      lastSeq: 3,
    });
    expect(await readEvents(db, merchantId, 0, 10)).toStrictEqual([
      { seq: 1, ...first },
      { seq: 2, ...second },
      { seq: 3, ...third },
    ]);
    expect(await readEvents(db, other, 0, 10)).toStrictEqual([{ seq: 1, ...third }]);
    expect([await lastEventSeq(db, merchantId), await lastEventSeq(db, other)]).toStrictEqual([3, 1]);
  });

  it("reads on from a number, no more than asked for", async () => {
    await db.transaction((tx) => appendEvents(tx, merchantId, ["A", "B", "C", "D"].map(made)));
    expect((await readEvents(db, merchantId, 1, 2)).map((event) => event.seq)).toStrictEqual([2, 3]);
    expect(await readEvents(db, merchantId, 4, 2)).toStrictEqual([]);
  });

  it("leaves no gap when the transaction fails", async () => {
    await expect(
      db.transaction(async (tx) => {
        await appendEvents(tx, merchantId, [made("A")]);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await lastEventSeq(db, merchantId)).toBe(0);
    expect(await db.transaction((tx) => appendEvents(tx, merchantId, [made("B")]))).toStrictEqual({
      firstSeq: 1,
      lastSeq: 1,
    });
  });

  it("refuses a merchant that does not exist", async () => {
    const nobody = runtime.ids.next();
    await expect(db.transaction((tx) => appendEvents(tx, nobody, [made("A")]))).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await readEvents(db, nobody, 0, 1)).toStrictEqual([]);
  });
});
