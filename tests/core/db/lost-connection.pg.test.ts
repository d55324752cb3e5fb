import { expect, it } from "vitest";
import { isDatabaseLost } from "../../../src/core/db/lost.ts";
import { postgresDatabase } from "../../support/database.ts";
import { describePg } from "../../support/postgres.ts";

await describePg("a connection that the server ends", () => {
  it("fails what was under way on it, and the next use connects anew", async () => {
    const { db, close } = await postgresDatabase({ maxConnections: 2 });
    const admin = await postgresDatabase({ maxConnections: 1 });
    try {
      for (let round = 0; round < 5; round += 1) {
        const lost = db.transaction(async (tx) => {
          const [row] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
          await admin.db.query("select pg_terminate_backend($1::int)", [row?.pid ?? 0]);
          // Sent on the dead connection: this ended the process before.
          await tx.query("select 1");
          await tx.query("select 2");
        });
        await expect(lost).rejects.toSatisfy(isDatabaseLost);
        expect(await db.query("select 1 as one")).toStrictEqual([{ one: 1 }]);
        expect(await db.transaction((tx) => tx.query("select 2 as two"))).toStrictEqual([{ two: 2 }]);
      }
    } finally {
      await close();
      await admin.close();
    }
  });
});
