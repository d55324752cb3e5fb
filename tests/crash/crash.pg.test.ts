import { expect, test } from "vitest";
import { freePort } from "../../scripts/crash/cluster.ts";
import { openScene } from "../../scripts/crash/scene.ts";
import { createTestDatabase, describePg } from "../support/postgres.ts";

await describePg("a hub on PostgreSQL", () => {
  test("that is killed under load loses nothing and does nothing twice", async () => {
    const database = await createTestDatabase();
    try {
      const env = { DATABASE_URL: database.url, SLUICE_KEY: Buffer.alloc(32, 7).toString("base64") };
      const scene = await openScene({ env, port: await freePort(), seed: 12, longestMs: 400 });
      for (let kill = 0; kill < 3; kill += 1) await scene.round((hub) => hub.killHub());
      await scene.finish();
      expect(scene.kills).toBe(3);
      expect(scene.operations()).toBeGreaterThan(10);
    } finally {
      await database.drop();
    }
  }, 240_000);
});
