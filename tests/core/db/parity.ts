import { expect, it } from "vitest";
import type { Database, Sql } from "../../../src/core/db/database.ts";
import { sqlStateOf } from "../../../src/core/db/transaction.ts";

const awkward = [
  "plain",
  "",
  "NULL",
  "null",
  'quote " and \\ backslash',
  "it's",
  "{a,b}",
  "comma, space ",
  "中文 商品",
  "line\nbreak\ttab",
  "😀",
];

const merchantRow = (merchantId: string, code: string) => ({
  merchantId,
  code,
  name: "店",
  baseCurrency: "CNY",
  timeZone: "Asia/Shanghai",
  settings: { lowStock: { deep: [1, "2"] } },
  wrappedKey: "k",
  createdAt: "2026-11-22T08:00:00.120Z",
});

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

const insertMerchant = (sql: Sql, row: ReturnType<typeof merchantRow>) =>
  sql.query(
    `insert into merchants (merchant_id, code, name, base_currency, time_zone, settings, wrapped_key, created_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)`,
    [
      row.merchantId,
      row.code,
      row.name,
      row.baseCurrency,
      row.timeZone,
      JSON.stringify(row.settings),
      row.wrappedKey,
      row.createdAt,
    ],
  );

/** What both databases must do alike; each test file calls this with its own. */
export function describeParity(open: () => Database): void {
  it("reads every type alike, as plain values", async () => {
    const rows = await open().query(
      `select 9007199254740991::bigint as big, '-5'::int as small, 12.50::numeric as exact, 7::numeric as whole, 9007199254740993::numeric as beyond, true as yes, null::text as nothing,
        '2026-11-22 16:00:00.12+08'::timestamptz as at, '2026-11-22'::date as day, '{"a":[1,null]}'::jsonb as json,
        '\\xdeadbeef'::bytea as bytes, '${id(1)}'::uuid as id,
        array['a', null, 'NULL', 'x"\\y', '']::text[] as texts, array[1, null]::bigint[] as bigs,
        '{}'::uuid[] as none, array['2026-11-22T08:00:00Z']::timestamptz[] as times,
        array['\\x01'::bytea, null] as blobs, array['{"a":1}'::jsonb] as jsons`,
    );
    expect(rows).toStrictEqual([
      {
        big: 9007199254740991,
        small: -5,
        exact: "12.50",
        whole: 7,
        beyond: "9007199254740993",
        yes: true,
        nothing: null,
        at: "2026-11-22T08:00:00.120Z",
        day: "2026-11-22",
        json: { a: [1, null] },
        bytes: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
        id: id(1),
        texts: ["a", null, "NULL", 'x"\\y', ""],
        bigs: [1, null],
        none: [],
        times: ["2026-11-22T08:00:00.000Z"],
        blobs: [Uint8Array.of(1), null],
        jsons: [{ a: 1 }],
      },
    ]);
  });

  it("refuses a bigint that a number cannot hold, and goes on working", async () => {
    await expect(open().query("select 9007199254740992::bigint as big")).rejects.toThrow("9007199254740992");
    expect(await open().query("select 1 as one")).toStrictEqual([{ one: 1 }]);
  });

  it("sends arrays of every type, with nulls, empty and awkward texts", async () => {
    const params = [
      awkward,
      awkward.map((_, index) => (index === 1 ? null : id(index))),
      awkward.map((_, index) => (index === 2 ? null : index * 1_000_000_007)),
      awkward.map((_, index) => (index === 3 ? null : index % 2 === 0)),
      awkward.map((_, index) => (index === 4 ? null : `2026-11-22T08:00:00.00${index % 10}Z`)),
      awkward.map((text, index) => (index === 5 ? null : new TextEncoder().encode(text))),
      awkward.map((text, index) => (index === 6 ? null : JSON.stringify({ text }))),
    ] as const;
    const rows = await open().query(
      `select t, u, n, b, at, bytes, j from unnest($1::text[], $2::uuid[], $3::bigint[], $4::boolean[], $5::timestamptz[],
        $6::bytea[], $7::jsonb[]) with ordinality as x (t, u, n, b, at, bytes, j, i) order by i`,
      params,
    );
    expect(rows).toStrictEqual(
      awkward.map((text, index) => ({
        t: text,
        u: params[1][index],
        n: params[2][index],
        b: params[3][index],
        at: params[4][index],
        bytes: params[5][index],
        j: index === 6 ? null : { text },
      })),
    );
    expect(
      await open().query(
        "select cardinality($1::uuid[]) as a, cardinality($2::text[]) as b, cardinality($3::bytea[]) as c",
        [[], [], []],
      ),
    ).toStrictEqual([{ a: 0, b: 0, c: 0 }]);
  });

  it("sends single values, null among them", async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    for (const text of awkward) {
      const rows = await open().query(
        "select $1::text as t, $2::bigint as n, $3::boolean as b, $4::bytea as y, $5::jsonb as j, $6::timestamptz as at",
        [text, 42, false, bytes, JSON.stringify([text]), "2026-11-22T08:00:00.000Z"],
      );
      expect(rows).toStrictEqual([
        { t: text, n: 42, b: false, y: bytes, j: [text], at: "2026-11-22T08:00:00.000Z" },
      ]);
    }
    expect(
      await open().query(
        "select $1::text as t, $2::bigint as n, $3::boolean as b, $4::bytea as y, $5::uuid[] as u",
        [null, null, null, null, null],
      ),
    ).toStrictEqual([{ t: null, n: null, b: null, y: null, u: null }]);
  });

  it("commits what a transaction did, also through statements nobody waited for", async () => {
    const insert = "insert into cursors (merchant_id, name, value, updated_at) values ($1, $2, $3, $4)";
    await insertMerchant(open(), merchantRow(id(110), "pipeline"));
    const answer = await open().transaction(async (tx) => {
      const sent = ["a", "b", "c"].map((name) =>
        tx.query(insert, [id(110), name, "1", "2026-11-22T08:00:00Z"]),
      );
      void tx.query(insert, [id(110), "d", "1", "2026-11-22T08:00:00Z"]);
      await Promise.all(sent);
      return "done";
    });
    expect(answer).toBe("done");
    expect(
      await open().query("select name from cursors where merchant_id = $1 order by name", [id(110)]),
    ).toStrictEqual([{ name: "a" }, { name: "b" }, { name: "c" }, { name: "d" }]);
  });

  it("answers pipelined statements in order, each with its own rows", async () => {
    for (let round = 0; round < 3; round += 1) {
      const answers = await open().transaction((tx) =>
        Promise.all(
          Array.from({ length: 200 }, (_, n) => tx.query<{ n: number }>("select $1::int as n", [n])),
        ),
      );
      expect(answers.map((rows) => rows[0]?.n)).toStrictEqual(Array.from({ length: 200 }, (_, n) => n));
    }
  });

  it("rolls back when the work throws, and hands the error on", async () => {
    await expect(
      open().transaction(async (tx) => {
        await insertMerchant(tx, merchantRow(id(120), "rolled-back"));
        throw new Error("changed my mind");
      }),
    ).rejects.toThrow("changed my mind");
    expect(
      await open().query("select 1 as one from merchants where merchant_id = $1", [id(120)]),
    ).toStrictEqual([]);
  });

  it("fails the transaction when a statement failed, even when nobody looked", async () => {
    const swallowed = open().transaction(async (tx) => {
      await insertMerchant(tx, merchantRow(id(130), "swallowed"));
      await tx.query("select 1/0").catch(() => {});
      return "as if nothing happened";
    });
    await expect(swallowed).rejects.toSatisfy((error) => sqlStateOf(error) === "22012");
    const unwatched = open().transaction(async (tx) => {
      await insertMerchant(tx, merchantRow(id(131), "unwatched"));
      void tx.query("select 1/0");
      void tx.query("select 1");
    });
    await expect(unwatched).rejects.toSatisfy((error) => sqlStateOf(error) === "22012");
    expect(
      await open().query("select code from merchants where merchant_id = any($1::uuid[])", [
        [id(130), id(131)],
      ]),
    ).toStrictEqual([]);
  });

  it("refuses statements after the transaction is over", async () => {
    const late = await open().transaction(async (tx) => ({ tx }));
    await expect(late.tx.query("select 1")).rejects.toThrow("This transaction is over");
  });

  it("repeats a transaction after a serialisation failure, five times at most", async () => {
    let tries = 0;
    const fail = "do $$ begin raise exception using errcode = '40001', message = 'try again'; end $$";
    const answer = await open().transaction(async (tx) => {
      tries += 1;
      if (tries < 3) await tx.query(fail);
      return tries;
    });
    expect(answer).toBe(3);
    tries = 0;
    await expect(
      open().transaction(async (tx) => {
        tries += 1;
        await tx.query(fail);
      }),
    ).rejects.toThrow("try again");
    expect(tries).toBe(5);
  });

  it("refuses a text that cannot be stored, with what to do", async () => {
    for (const [text, value] of [
      ["select $1::text", "a\u0000b"],
      ["select $1::text[]", ["a\u0000b"]],
      ["select $1::jsonb", '"a\\u0000b"'],
    ] as const) {
      await expect(open().query(text, [value])).rejects.toMatchObject({
        code: "invalid_request",
        message: expect.stringContaining("U+0000"),
      });
    }
    expect(await open().query("select 1 as one")).toStrictEqual([{ one: 1 }]);
  });

  it("works in UTC", async () => {
    expect(await open().query("select current_setting('timezone') as zone")).toStrictEqual([{ zone: "UTC" }]);
  });
}
