import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../scripts/crash/cluster.ts";
import { openScene } from "../../scripts/crash/scene.ts";

/** The short version of `npm run crash`: a few kills under load; the long one makes 170. */

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-crash-test-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("a hub on the embedded database that is killed under load loses nothing and does nothing twice", async () => {
  const env = {
    DATABASE_URL: "",
    SLUICE_DATA_DIR: directory,
    SLUICE_KEY: Buffer.alloc(32, 7).toString("base64"),
  };
  const scene = await openScene({ env, port: await freePort(), seed: 11, longestMs: 400 });
  for (let kill = 0; kill < 3; kill += 1) await scene.round((hub) => hub.killHub());
  await scene.finish();
  expect(scene.kills).toBe(3);
  expect(scene.operations()).toBeGreaterThan(10);
}, 240_000);
