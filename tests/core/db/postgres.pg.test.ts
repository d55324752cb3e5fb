import { afterAll, beforeAll } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { postgresDatabase } from "../../support/database.ts";
import { describePg } from "../../support/postgres.ts";
import { describeParity } from "./parity.ts";

await describePg("PostgreSQL", () => {
  let opened: { db: Database; url: string; close(): Promise<void> };
  beforeAll(async () => {
    opened = await postgresDatabase();
  });
  afterAll(() => opened.close());
  describeParity(() => opened.db);
});
