import { randomBytes } from "node:crypto";
import { file } from "../../../src/connectors/file/index.ts";
import { type Instant, msOf } from "../../../src/core/clock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { migrate } from "../../../src/core/db/migrate.ts";
import { openDatabase } from "../../../src/core/db/open.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { createIds } from "../../../src/core/ids.ts";
import { createMerchant, updateMerchantSettings } from "../../../src/core/merchants.ts";
import type { Runtime } from "../../../src/core/runtime.ts";
import { createVault } from "../../../src/core/vault.ts";
import { systemRuntime } from "../../../src/http/system.ts";
import type { ImportParts } from "../../../src/sync/jobs/import-file.ts";

export interface Hub {
  db: Database;
  merchantId: string;
  parts: ImportParts;
  /** Sets the hub's clock forward, so that the books date opening stock before the first sale. */
  travelTo(instant: Instant): void;
  close(): Promise<void>;
}

/** A hub with one British merchant, in a database of its own or the one named. */
export async function openHub(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  start: Instant;
}): Promise<Hub> {
  const { runtime, travelTo } = travellingRuntime(options.start);
  const db = await openDatabase({ databaseUrl: options.databaseUrl, dataDir: options.dataDir });
  await migrate(db);
  const vault = createVault(randomBytes(32), runtime.random);
  const merchant = await createMerchant(
    db,
    { vault, runtime },
    {
      code: `online-retail-${randomBytes(4).toString("hex")}`,
      name: "Online Retail",
      baseCurrency: "GBP",
      timeZone: "Europe/London",
    },
  );
  await updateMerchantSettings(db, merchant.id, { chart: "ifrs" });
  const engine = createEngine({ db, vault, runtime });
  const { files } = file.open({ settings: {}, secrets: {}, ...runtime });
  if (!files) throw new Error("The file connector offers no files.");
  const log = { warn: (fields: object, message: string) => console.warn(message, fields) };
  return {
    db,
    merchantId: merchant.id,
    parts: { db, engine, runtime, vault, files, log, reserveFrom: async () => "placed" },
    travelTo,
    close: async () => {
      await engine.close();
      await db.close();
    },
  };
}

/** The machine's runtime with another time on its clock. */
function travellingRuntime(start: Instant): { runtime: Runtime; travelTo(instant: Instant): void } {
  const real = systemRuntime();
  let shiftMs = msOf(start) - real.clock.nowMs();
  const clock = { nowMs: () => real.clock.nowMs() + shiftMs };
  return {
    runtime: { ...real, clock, ids: createIds(clock, real.random) },
    travelTo: (instant) => {
      shiftMs = Math.max(shiftMs, msOf(instant) - real.clock.nowMs());
    },
  };
}
