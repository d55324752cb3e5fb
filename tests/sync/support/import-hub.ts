import { afterEach, beforeEach, expect } from "vitest";
import { file as fileConnector } from "../../../src/connectors/file/index.ts";
import { createSkus } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { runDoctor } from "../../../src/core/doctor.ts";
import type { Engine } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import type { FileSource } from "../../../src/core/model/file-import.ts";
import type { ImportParts } from "../../../src/sync/jobs/import-file.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";

/** A hub that files are imported into: a fresh one for each test. */
export interface ImportHub {
  db: Database;
  parts: ImportParts;
  engine: Engine;
  runtime: TestRuntime;
  merchantId: string;
}

/** Opens a hub before each test of the file and closes it after. */
export function useImportHub(): ImportHub {
  const hub = {} as ImportHub;
  beforeEach(async () => {
    Object.assign(hub, await openImportHub(await memoryDatabase()));
  });
  afterEach(async () => {
    await hub.engine.close();
    await hub.db.close();
  });
  return hub;
}

export async function openImportHub(db: Database, seed = 1): Promise<ImportHub> {
  const runtime = testRuntime({ seed });
  const vault = testVault(runtime);
  const { files } = fileConnector.open({ settings: {}, secrets: {}, ...runtime });
  if (!files) throw new Error("The file connector must offer files.");
  const merchant = await testMerchant(db, runtime, {
    vault,
    baseCurrency: "GBP",
    timeZone: "Europe/London",
  });
  const engine = createEngine({ db, vault, runtime });
  const reserveFrom = async () => "placed" as const;
  const log = { warn: (_: object, message: string) => expect.fail(message) };
  const parts = { db, engine, runtime, vault, files, reserveFrom, log };
  return { db, parts, engine, runtime, merchantId: merchant.id };
}

export const csv = (...lines: string[]): FileSource => ({
  name: "test.csv",
  bytes: new TextEncoder().encode(`${lines.join("\n")}\n`),
});

export const lastEvent = async ({ db, merchantId }: ImportHub): Promise<number> =>
  (
    await db.query<{ seq: number }>("select last_event_seq as seq from merchants where merchant_id = $1", [
      merchantId,
    ])
  )[0]?.seq ?? -1;

/** SKU -> on hand, reserved, value; rows at zero left out. */
export async function stock({
  db,
  merchantId,
}: ImportHub): Promise<Record<string, [onHand: number, reserved: number, valueMinor: number]>> {
  const rows = await db.query<{ code: string; onHand: number; reserved: number; valueMinor: number }>(
    `select s.code, v.on_hand as "onHand", v.reserved, v.value_minor as "valueMinor" from stock_levels v
     join skus s on s.merchant_id = v.merchant_id and s.id = v.sku_id
     where v.merchant_id = $1 and v.on_hand <> 0 order by s.code`,
    [merchantId],
  );
  return Object.fromEntries(
    rows.map(({ code, onHand, reserved, valueMinor }) => [code, [onHand, reserved, valueMinor]]),
  );
}

export const orders = ({ db, merchantId }: ImportHub) =>
  db.query<{ externalId: string; status: string; totalMinor: number; refundedMinor: number }>(
    `select external_id as "externalId", status, total_minor as "totalMinor", refunded_minor as "refundedMinor"
     from orders where merchant_id = $1 order by external_id`,
    [merchantId],
  );

export const skus = ({ db, runtime, merchantId }: ImportHub, ...codes: string[]) =>
  createSkus(
    db,
    runtime,
    merchantId,
    codes.map((code) => ({ code, name: code, kind: "physical" as const })),
  );

export async function expectClean({ db, merchantId }: ImportHub): Promise<void> {
  const report = await runDoctor(db, { merchantId });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
}
