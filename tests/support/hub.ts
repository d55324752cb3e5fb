import { createConnection } from "../../src/core/catalogue/connections.ts";
import { createSku } from "../../src/core/catalogue/skus.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Answer, Command, OrderAnswer, StockAnswer } from "../../src/core/engine/commands.ts";
import { createEngine, type EngineOptions } from "../../src/core/engine/engine.ts";
import type { Merchant, MerchantInput } from "../../src/core/merchants.ts";
import type { SkuInput } from "../../src/core/model/catalogue.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { testMerchant, testVault } from "./merchant.ts";

export interface TestHub {
  db: Database;
  runtime: Runtime;
  merchant: Merchant;
  connectionId: string;
  engine: ReturnType<typeof createEngine>;
  submit(command: Command): Promise<Answer>;
  /** Creates a SKU with opening stock. */
  sku(code: string, onHand?: number, more?: Partial<SkuInput> & { unitCostMinor?: number }): Promise<string>;
  /** Applies a platform snapshot as a fact. */
  order(
    snapshot: Partial<OrderSnapshot> & { externalId: string },
    more?: { mayRefuse?: boolean; holdReference?: string; reserveFrom?: "placed" | "paid" },
  ): Promise<OrderAnswer>;
  stock(
    code: string,
  ): Promise<{ onHand: number; reserved: number; heldBack: number; available: number; valueMinor: number }>;
}

let documents = 0;

/** A merchant with an engine and one connection, on a database of the caller's. */
export async function testHub(
  db: Database,
  runtime: Runtime,
  options: EngineOptions & Partial<MerchantInput> = {},
): Promise<TestHub> {
  const vault = testVault(runtime);
  const { batchSize, queueLimit, onBatch, ...input } = options;
  const merchant = await testMerchant(db, runtime, { vault, ...input });
  const connection = await createConnection(db, { vault, runtime }, merchant.id, {
    connector: "generic",
    name: "shop",
    settings: {},
    secrets: {},
  });
  const engine = createEngine(
    { db, vault, runtime },
    {
      ...(batchSize ? { batchSize } : {}),
      ...(queueLimit ? { queueLimit } : {}),
      ...(onBatch ? { onBatch } : {}),
    },
  );
  const submit = (command: Command) => engine.submit(merchant.id, command);
  return {
    db,
    runtime,
    merchant,
    connectionId: connection.id,
    engine,
    submit,
    async sku(code, onHand = 0, { unitCostMinor, ...more } = {}) {
      const { sku } = await createSku(db, runtime, merchant.id, {
        code,
        name: code,
        kind: "physical",
        ...more,
      });
      if (onHand > 0) {
        documents += 1;
        const line = {
          sku: code,
          delta: onHand,
          reason: "opening" as const,
          ...(unitCostMinor === undefined ? {} : { unitCostMinor }),
        };
        const answer = (await submit({
          kind: "stock.adjust",
          input: { reference: `opening-${documents}`, lines: [line] },
        })) as StockAnswer;
        if (answer.kind !== "stock") throw new Error(JSON.stringify(answer));
      }
      return sku.id;
    },
    async order(snapshot, more = {}) {
      const answer = await submit({
        kind: "order.apply",
        connectionId: connection.id,
        snapshot: snapshotOf(snapshot),
        mayRefuse: false,
        reserveFrom: "placed",
        ...more,
      });
      return answer as OrderAnswer;
    },
    async stock(code) {
      const [row] = await db.query<{
        onHand: number;
        reserved: number;
        heldBack: number;
        valueMinor: number;
      }>(
        `select sum(s.on_hand)::bigint as "onHand", sum(s.reserved)::bigint as reserved, sum(s.held_back)::bigint as "heldBack",
           sum(s.value_minor)::bigint as "valueMinor"
         from stock_levels s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id where s.merchant_id = $1 and k.code = $2`,
        [merchant.id, code],
      );
      if (!row) throw new Error(`no SKU ${code}`);
      return { ...row, available: row.onHand - row.reserved - row.heldBack };
    },
  };
}

/** A paid order of one unit of SKU "A" at 100.00; whatever is given wins, and the total follows the lines. */
export function snapshotOf(given: Partial<OrderSnapshot> & { externalId: string }): OrderSnapshot {
  const lines = given.lines ?? [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 10_000 }];
  const goods = lines.reduce(
    (sum, line) => sum + line.quantity * line.unitPriceMinor - (line.discountMinor ?? 0),
    0,
  );
  const totalMinor =
    goods + (given.shippingMinor ?? 0) - (given.discountMinor ?? 0) - (given.platformDiscountMinor ?? 0);
  return {
    updatedAt: "2026-11-22T08:00:00.000Z",
    placedAt: "2026-11-22T07:59:00.000Z",
    status: "paid",
    currency: "CNY",
    totalMinor,
    ...given,
    lines,
  };
}
