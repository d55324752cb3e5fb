import { nowInstant } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { isSluiceError, SluiceError } from "../errors.ts";
import { prepareComments, prepareDecision, viewerKeyOf } from "../live/prepare.ts";
import { loadMerchant } from "../merchants.ts";
import { openBuyer, sealBuyer } from "../orders/buyer.ts";
import { digestDocument, digestOrder } from "../orders/order-digest.ts";
import type { Runtime } from "../runtime.ts";
import type { DataKey, Vault } from "../vault.ts";
import type { Answer, Command, Engine } from "./commands.ts";
import { decide } from "./decide.ts";
import { Draft } from "./draft.ts";
import { asSluiceError, isLost, isRaced } from "./failures.ts";
import type { PreparedCommand } from "./keys.ts";
import { Lane } from "./lane.ts";
import { load } from "./load.ts";
import { readOn } from "./load-queue.ts";
import { writeDraft } from "./write.ts";

export interface EngineParts {
  db: Database;
  vault: Vault;
  runtime: Runtime;
}

export interface EngineOptions {
  /** Commands decided in one transaction. 500 reached the best rate on a 2-core machine; 1 is for comparison. */
  batchSize?: number;
  queueLimit?: number;
  /** Told of every batch, for metrics. */
  onBatch?(batch: { merchantId: string; commands: number; milliseconds: number }): void;
}

/** How often a batch is decided anew because another process changed what it had read without a lock. */
const maxConflicts = 8;

interface MerchantLane {
  key: DataKey;
  lane: Lane<PreparedCommand, Answer>;
}

/**
 * The write path to stock and orders: one lane per merchant, whose batches lock, decide in memory and write in sets
 * (DESIGN 4). Safe to run in several processes over one PostgreSQL: the database's locks and guards decide between them.
 */
export function createEngine(
  parts: EngineParts,
  options: EngineOptions = {},
): Engine & { queueLength(): number } {
  const lanes = new Map<string, Promise<MerchantLane>>();
  const opened: MerchantLane[] = [];
  let closed = false;

  const openLane = async (merchantId: string): Promise<MerchantLane> => {
    const merchant = await loadMerchant(parts.db, merchantId);
    const lane = new Lane((commands: PreparedCommand[]) => runBatch(parts, options, merchantId, commands), {
      batchSize: options.batchSize ?? 500,
      queueLimit: options.queueLimit ?? 20_000,
      soon: parts.runtime.timers.soon,
      mayRepeat: (error) => !isLost(error),
      weightOf: (command) => (command.kind === "comments.take" ? command.comments.length : 1),
    });
    const opening = { key: parts.vault.keyFor(merchant.wrappedKey), lane };
    opened.push(opening);
    return opening;
  };

  const laneOf = (merchantId: string): Promise<MerchantLane> => {
    const known = lanes.get(merchantId);
    if (known) return known;
    const opening = openLane(merchantId);
    lanes.set(merchantId, opening);
    opening.catch(() => lanes.delete(merchantId));
    return opening;
  };

  return {
    async submit(merchantId, command) {
      if (closed) throw new SluiceError("unavailable", "The hub is stopping; try again in a moment.");
      try {
        const { key, lane } = await laneOf(merchantId);
        const prepared =
          command.kind === "order.map"
            ? { ...command, viewerKey: await viewerOfOrder(parts.db, merchantId, key, command.orderId) }
            : prepare(key, command);
        return await lane.submit(prepared);
      } catch (error) {
        throw isSluiceError(error) ? error : asSluiceError(error);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(lanes.values());
      await Promise.all(opened.map(({ lane }) => lane.close()));
    },
    queueLength: () => opened.reduce((sum, { lane }) => sum + lane.waiting, 0),
  };
}

function prepare(key: DataKey, command: Exclude<Command, { kind: "order.map" }>): PreparedCommand {
  switch (command.kind) {
    case "order.apply": {
      const { buyer, ...snapshot } = command.snapshot;
      const place = { connectionId: command.connectionId, externalId: snapshot.externalId };
      const sealed = buyer === undefined ? null : sealBuyer(key, place, buyer);
      const viewerKey = buyer?.externalId === undefined ? null : viewerKeyOf(key, buyer.externalId);
      return { ...command, snapshot, digest: digestOrder(command.snapshot), buyer: sealed, viewerKey };
    }
    case "stock.adjust":
    case "stock.transfer":
      return { ...command, digest: digestDocument(command.input) } as PreparedCommand;
    case "comments.take":
      return prepareComments(key, command);
    case "comment.decide":
      return prepareDecision(key, command);
    default:
      return command;
  }
}

/** Digest of the buyer's id of an order that is here; null where the platform gave none. An order keeps its buyer. */
async function viewerOfOrder(
  db: Database,
  merchantId: string,
  key: DataKey,
  orderId: string,
): Promise<string | null> {
  const [order] = await db.query<{ connectionId: string; externalId: string; buyer: Uint8Array | null }>(
    `select connection_id as "connectionId", external_id as "externalId", buyer from orders where merchant_id = $1 and id = $2`,
    [merchantId, orderId],
  );
  const buyer = order?.buyer ? openBuyer(key, order, order.buyer) : undefined;
  return buyer?.externalId === undefined ? null : viewerKeyOf(key, buyer.externalId);
}

async function runBatch(
  parts: EngineParts,
  options: EngineOptions,
  merchantId: string,
  commands: PreparedCommand[],
): Promise<Answer[]> {
  const startedMs = parts.runtime.clock.nowMs();
  const answers = await tryBatch(parts, merchantId, commands);
  const milliseconds = parts.runtime.clock.nowMs() - startedMs;
  try {
    options.onBatch?.({ merchantId, commands: commands.length, milliseconds });
  } catch {
    // The batch is committed: a meter that fails must not make it look failed.
  }
  return answers;
}

async function tryBatch(
  parts: EngineParts,
  merchantId: string,
  commands: PreparedCommand[],
): Promise<Answer[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await carryOut(parts, merchantId, commands);
    } catch (error) {
      if (!isRaced(error) || tries === maxConflicts) throw error;
    }
  }
}

/** One transaction: lock and read, decide, read queues on where the decision asks for it, write. */
function carryOut(
  { db, runtime }: EngineParts,
  merchantId: string,
  commands: PreparedCommand[],
): Promise<Answer[]> {
  return db.transaction(async (tx) => {
    const loaded = await load(tx, merchantId, commands, nowInstant(runtime.clock));
    const draft = new Draft(loaded, nowInstant(runtime.clock), runtime.ids);
    const deciding = decide(draft, commands);
    let step = deciding.next();
    while (!step.done) {
      await readOn(tx, merchantId, draft, step.value);
      step = deciding.next();
    }
    if (draft.events.length > 0 || draft.escrow.isChanged()) await writeDraft(tx, runtime, draft);
    return step.value;
  });
}
