import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type Store } from "../../sim/world/store.ts";
import type { Database } from "../../src/core/db/database.ts";
import { openPglite } from "../../src/core/db/pglite.ts";
import { constraintOf, sqlStateOf } from "../../src/core/db/transaction.ts";

let store: Store;
let db: Database;
let usual: Database;
beforeAll(async () => {
  [store, usual] = await Promise.all([openStore(), openPglite({ directory: "memory" })]);
  db = store.db;
});
afterAll(() => Promise.all([store.close(), usual.close()]));

describe("the simulator's way to the embedded database", () => {
  it("answers as the hub's own, whatever the values", async () => {
    const text = `select $1::text as word, $2::bigint as big, $3::boolean as flag, $4::timestamptz as at, $5::jsonb as data,
      $6::bytea as bytes, $7::text[] as words, $8::uuid[] as ids, $9::numeric as sum, null::int as nothing, '' as empty`;
    const params = [
      "名 🎁 \\ \" '",
      9_007_199_254_740_991,
      true,
      "2026-11-22T08:00:00.120Z",
      '{"a":["ü",null,1.5]}',
      Uint8Array.of(0, 1, 255),
      ["NULL", 'a"b', "x,y"],
      [],
      "12345678901234567890.5",
    ];
    for (const values of [params, params, params.map(() => null)])
      expect(await db.query(text, values)).toEqual(await usual.query(text, values));
  });

  it("takes values and answers larger than its buffers", async () => {
    const long = "ü€🎁".repeat(200_000);
    expect(await db.query("select $1::text as word, $2::text as next", [long, "after"])).toEqual([
      { word: long, next: "after" },
    ]);
    const rows = await db.query<{ n: number; word: string }>(
      "select n, repeat('x', 1000) as word from generate_series(1, $1::int) n",
      [3_000],
    );
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
    expect(new Set(rows.map(({ word }) => word.length))).toEqual(new Set([1_000]));
  });

  it("tells a refusal as the hub's own does, and goes on after it", async () => {
    for (const one of [db, usual]) {
      await one.query("create table refused (id int constraint refused_key primary key)");
      await one.query("insert into refused values ($1)", [1]);
      const twice = await one.query("insert into refused values ($1)", [1]).catch((error: unknown) => error);
      expect(sqlStateOf(twice)).toBe("23505");
      expect(constraintOf(twice)).toBe("refused_key");
      await expect(one.query("select nowhere")).rejects.toThrow('column "nowhere" does not exist');
      await expect(one.query("select $1::text", ["\0"])).rejects.toThrow("U+0000");
      expect(await one.query("select id from refused")).toEqual([{ id: 1 }]);
    }
  });

  it("rolls back what a transaction did before it failed", async () => {
    await db.query("create table undone (id int)");
    const failed = db.transaction(async (tx) => {
      await tx.query("insert into undone values ($1)", [1]);
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    expect(await db.query("select id from undone")).toEqual([]);
  });
});

describe("plans made while tables are empty", () => {
  it("look orders up by all that is known of them, not by their merchant alone", async () => {
    const someone = "'019ab3f0-0000-7000-8000-000000000000'";
    const plan = await db.query<{ "QUERY PLAN": string }>(
      `explain select id from orders where merchant_id = ${someone} and connection_id = ${someone} and external_id = 'x'`,
    );
    expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toContain("using orders_external");
  });
});
