import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { type Migration, migrate } from "../../../src/core/db/migrate.ts";
import { readMigrations } from "../../../src/core/db/migration-files.ts";
import { memoryDatabase } from "../../support/database.ts";

describe("migrate", () => {
  let db: Database;
  let known: Migration[];
  beforeEach(async () => {
    db = await memoryDatabase();
    known = await readMigrations();
  });
  afterEach(() => db.close());

  const later: Migration = {
    name: "9000_later",
    text: "create table later (id int primary key);\n--> statement-breakpoint\ninsert into later values (1);",
  };
  const tables = async () =>
    (
      await db.query<{ name: string }>(
        "select table_name as name from information_schema.tables where table_name like 'later%'",
      )
    ).map((row) => row.name);
  const applied = async () =>
    (await db.query<{ name: string }>("select name from schema_migrations order by name")).map(
      (row) => row.name,
    );

  it("applies what is missing, once, in order", async () => {
    const before = await applied();
    expect(before).toStrictEqual(known.map((migration) => migration.name));
    expect(await migrate(db)).toStrictEqual({ applied: [] });
    expect(await migrate(db, { migrations: [...known, later] })).toStrictEqual({ applied: ["9000_later"] });
    expect(await migrate(db, { migrations: [...known, later] })).toStrictEqual({ applied: [] });
    expect(await db.query("select id from later")).toStrictEqual([{ id: 1 }]);
    expect(await applied()).toStrictEqual([...before, "9000_later"]);
  });

  it("applies all or nothing", async () => {
    const broken: Migration = {
      name: "9001_broken",
      text: "create table later_two (id int);\n--> statement-breakpoint\nselect 1/0;",
    };
    await expect(migrate(db, { migrations: [...known, later, broken] })).rejects.toThrow("division by zero");
    expect(await tables()).toStrictEqual([]);
    expect(await applied()).toStrictEqual(known.map((migration) => migration.name));
  });

  it("refuses a database of a newer release", async () => {
    await migrate(db, { migrations: [...known, later] });
    await expect(migrate(db)).rejects.toMatchObject({
      code: "schema_mismatch",
      message: expect.stringMatching(/9000_later.*newer release/),
      details: { migration: "9000_later" },
    });
  });

  it("refuses a migration that was changed after it was applied; line endings do not count", async () => {
    await migrate(db, { migrations: [...known, later] });
    const windows = { ...later, text: later.text.replaceAll("\n", "\r\n") };
    expect(await migrate(db, { migrations: [...known, windows] })).toStrictEqual({ applied: [] });
    const edited = { ...later, text: `${later.text} select 1;` };
    await expect(migrate(db, { migrations: [...known, edited] })).rejects.toMatchObject({
      code: "schema_mismatch",
      message: expect.stringContaining("9000_later was changed"),
    });
  });
});
