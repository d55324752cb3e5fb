import { afterAll, beforeAll, describe } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { describeParity } from "./parity.ts";

describe("the embedded database", () => {
  let db: Database;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  describeParity(() => db);
});
