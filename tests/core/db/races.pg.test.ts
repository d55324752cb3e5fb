import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createSkus } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { migrate } from "../../../src/core/db/migrate.ts";
import { openPostgres } from "../../../src/core/db/postgres.ts";
import { appendEvents, readEvents } from "../../../src/core/events/log.ts";
import { createMerchant } from "../../../src/core/merchants.ts";
import { raiseTask } from "../../../src/core/tasks.ts";
import { postgresDatabase } from "../../support/database.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { createTestDatabase, describePg, type TestDatabase } from "../../support/postgres.ts";
import { testRuntime } from "../../support/runtime.ts";

await describePg("several processes at once", () => {
  let opened: Awaited<ReturnType<typeof postgresDatabase>>;
  let other: Database;
  const runtime = testRuntime();
  beforeAll(async () => {
    opened = await postgresDatabase();
    other = await openPostgres(opened.url, { maxConnections: 4 });
  });
  afterAll(async () => {
    await other.close();
    await opened.close();
  });

  it("migrate an empty database together: each migration is applied once", async () => {
    const created: TestDatabase = await createTestDatabase();
    const processes = await Promise.all(
      [1, 2, 3, 4].map(() => openPostgres(created.url, { maxConnections: 1 })),
    );
    try {
      const answers = await Promise.all(processes.map((db) => migrate(db)));
      const applied = answers.flatMap((answer) => answer.applied);
      expect(applied).toStrictEqual([...new Set(applied)]);
      expect(await processes[0]?.query("select name from schema_migrations order by name")).toStrictEqual(
        applied.map((name) => ({ name })),
      );
    } finally {
      await Promise.all(processes.map((db) => db.close()));
      await created.drop();
    }
  });

  it("repeat a transaction that lost a deadlock", async () => {
    const { id } = await testMerchant(opened.db, runtime);
    const put =
      "insert into cursors (merchant_id, name, value, updated_at) values ($1, $2, '0', '2026-11-22T08:00:00Z')";
    for (const name of ["x", "y"]) await opened.db.query(put, [id, name]);
    const bump =
      "update cursors set value = to_jsonb((value #>> '{}')::int + 1) where merchant_id = $1 and name = $2";
    let arrived = 0;
    let bothArrived = () => {};
    const meet = new Promise<void>((resolve) => {
      bothArrived = resolve;
    });
    const cross = (db: Database, first: string, second: string) =>
      db.transaction(async (tx) => {
        await tx.query(bump, [id, first]);
        arrived += 1;
        if (arrived === 2) bothArrived();
        await meet;
        await tx.query(bump, [id, second]);
      });
    await Promise.all([cross(opened.db, "x", "y"), cross(other, "y", "x")]);
    expect(arrived).toBeGreaterThan(2);
    expect(
      await opened.db.query("select name, value from cursors where merchant_id = $1 order by name", [id]),
    ).toStrictEqual([
      { name: "x", value: 2 },
      { name: "y", value: 2 },
    ]);
  });

  it("append events without gaps or repeats", async () => {
    const { id } = await testMerchant(opened.db, runtime);
    const event = () => {
      const skuId = runtime.ids.next();
      return {
        type: "sku.created",
        subject: skuId,
        occurredAt: "2026-11-22T08:00:00.000Z",
        data: { skuId, code: skuId, kind: "physical" },
      } as const;
    };
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (n % 2 === 0 ? opened.db : other)
          .transaction(async (tx) => {
            await appendEvents(tx, id, [event(), event(), event()]);
            if (n % 5 === 0) throw new Error("given up");
          })
          .catch(() => {}),
      ),
    );
    const events = await readEvents(opened.db, id, 0, 1000);
    expect(events.map((stored) => stored.seq)).toStrictEqual(Array.from({ length: 144 }, (_, n) => n + 1));
  });

  it("make one merchant of a code, one SKU of a code and one open task of a subject", async () => {
    const parts = { vault: testVault(runtime), runtime };
    const settle = async (run: (db: Database) => Promise<unknown>) => {
      const answers = await Promise.allSettled([opened.db, other, opened.db, other].map(run));
      return answers.map((answer) => (answer.status === "fulfilled" ? "made" : answer.reason.code)).sort();
    };
    const oneWon = ["already_exists", "already_exists", "already_exists", "made"];
    expect(await settle((db) => createMerchant(db, parts, { code: "same", name: "n" }))).toStrictEqual(
      oneWon,
    );
    const { id } = await testMerchant(opened.db, runtime);
    const codes = ["B", "A", "C"];
    expect(
      await settle((db) =>
        createSkus(
          db,
          runtime,
          id,
          codes.map((code) => ({ code, name: code, kind: "physical" })),
        ),
      ),
    ).toStrictEqual(oneWon);
    expect(
      await opened.db.query("select count(*) as n from stock_levels where merchant_id = $1", [id]),
    ).toStrictEqual([{ n: 3 }]);
    const raised = await Promise.all(
      [opened.db, other, opened.db, other].map((db) =>
        raiseTask(db, runtime, id, { kind: "k", subject: "s", message: "m" }),
      ),
    );
    expect(raised.filter(Boolean)).toHaveLength(1);
    expect((await readEvents(opened.db, id, 3, 10)).map((event) => event.type)).toStrictEqual([
      "task.raised",
    ]);
  });
});

await describePg("opening PostgreSQL", () => {
  let created: TestDatabase;
  beforeEach(async () => {
    created = await createTestDatabase();
    return () => created.drop();
  });

  const setOn = async (setting: string) => {
    const db = await openPostgres(created.url, { maxConnections: 1 });
    await db.query(`alter database ${new URL(created.url).pathname.slice(1)} set ${setting}`);
    await db.close();
  };

  it("refuses a database that may forget what it acknowledged, with the command that mends it", async () => {
    await setOn("synchronous_commit = off");
    await expect(openPostgres(created.url)).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringContaining("ALTER SYSTEM SET synchronous_commit = on"),
      details: { setting: "synchronous_commit", value: "off" },
    });
    const db = await openPostgres(created.url, { allowUnsafe: true, maxConnections: 1 });
    expect(await db.query("select 1 as one")).toStrictEqual([{ one: 1 }]);
    await db.close();
  });

  it("hands warnings of the server to the caller, and names itself there", async () => {
    const notices: string[] = [];
    const db = await openPostgres(created.url, { onNotice: (text) => notices.push(text), maxConnections: 1 });
    await db.query("do $$ begin raise notice 'look here'; end $$");
    expect(notices).toStrictEqual(["look here"]);
    expect(
      await db.query("select application_name as name from pg_stat_activity where pid = pg_backend_pid()"),
    ).toStrictEqual([{ name: "sluice" }]);
    await db.close();
  });

  it("speaks UTC and READ COMMITTED whatever the database was set to", async () => {
    await setOn("timezone = 'Asia/Shanghai'");
    await setOn("default_transaction_isolation = 'serializable'");
    const db = await openPostgres(created.url, { maxConnections: 1 });
    expect(await db.query("select '2026-11-22T08:00:00Z'::timestamptz as at")).toStrictEqual([
      { at: "2026-11-22T08:00:00.000Z" },
    ]);
    const level = await db.transaction((tx) =>
      tx.query("select current_setting('transaction_isolation') as level"),
    );
    expect(level).toStrictEqual([{ level: "read committed" }]);
    await db.close();
  });

  it("says what to check when it is not let in, without the password", async () => {
    for (const url of [
      "postgres://somebody:s3cret@127.0.0.1:1/none",
      created.url.replace(/[^/]*$/, "no_such_database"),
    ]) {
      const error = await openPostgres(url).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining("DATABASE_URL") });
      expect(String(error)).not.toContain("s3cret");
    }
  });

  it("says what is wrong with an address that is none", async () => {
    await expect(openPostgres("not an address")).rejects.toMatchObject({ code: "configuration" });
  });
});
