import { nowInstant } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { sqlStateOf } from "../db/transaction.ts";
import { isSluiceError, messageOf, SluiceError } from "../errors.ts";
import { loadMerchant } from "../merchants.ts";
import { sealBuyer } from "../orders/buyer.ts";
import { digestDocument, digestOrder } from "../orders/order-digest.ts";
import type { Runtime } from "../runtime.ts";
import type { DataKey, Vault } from "../vault.ts";
import type { Answer, Command, Engine } from "./commands.ts";
import { decide } from "./decide.ts";
import { Draft } from "./draft.ts";
import type { PreparedCommand } from "./keys.ts";
import { Lane } from "./lane.ts";
import { load } from "./load.ts";
import { BatchConflict, writeDraft } from "./write.ts";

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

  const openLane = async (merchantId: string): Promise<MerchantLane> => {
    const merchant = await loadMerchant(parts.db, merchantId);
    const run = (commands: PreparedCommand[]) => runBatch(parts, options, merchantId, commands, serveOn);
    const lane = new Lane(run, {
      batchSize: options.batchSize ?? 500,
      queueLimit: options.queueLimit ?? 20_000,
      soon: parts.runtime.timers.soon,
    });
    const opening = { key: parts.vault.keyFor(merchant.wrappedKey), lane };
    opened.push(opening);
    return opening;
    function serveOn(skuIds: string[]): void {
      lane.submit({ kind: "stock.serve", skuIds }).catch(() => undefined);
    }
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
      const { key, lane } = await laneOf(merchantId);
      try {
        return await lane.submit(prepare(key, command));
      } catch (error) {
        throw isSluiceError(error) ? error : asSluiceError(error);
      }
    },
    async close() {
      await Promise.allSettled(lanes.values());
      await Promise.all(opened.map(({ lane }) => lane.close()));
    },
    queueLength: () => opened.reduce((sum, { lane }) => sum + lane.waiting, 0),
  };
}

function prepare(key: DataKey, command: Command): PreparedCommand {
  switch (command.kind) {
    case "order.apply": {
      const { buyer, ...snapshot } = command.snapshot;
      const place = { connectionId: command.connectionId, externalId: snapshot.externalId };
      const sealed = buyer === undefined ? null : sealBuyer(key, place, buyer);
      return { ...command, snapshot, digest: digestOrder(command.snapshot), buyer: sealed };
    }
    case "stock.adjust":
    case "stock.transfer":
      return { ...command, digest: digestDocument(command.input) } as PreparedCommand;
    default:
      return command;
  }
}

async function runBatch(
  parts: EngineParts,
  options: EngineOptions,
  merchantId: string,
  commands: PreparedCommand[],
  serveOn: (skuIds: string[]) => void,
): Promise<Answer[]> {
  const startedMs = parts.runtime.clock.nowMs();
  for (let tries = 1; ; tries += 1) {
    try {
      const { answers, serveNext } = await parts.db.transaction(async (tx) => {
        const loaded = await load(tx, merchantId, commands);
        const draft = new Draft(loaded, nowInstant(parts.runtime.clock), parts.runtime.ids);
        const decided = decide(draft, commands);
        if (draft.events.length > 0) await writeDraft(tx, parts.runtime, draft);
        return { answers: decided, serveNext: stillWaiting(draft) };
      });
      if (serveNext.length > 0) serveOn(serveNext);
      options.onBatch?.({
        merchantId,
        commands: commands.length,
        milliseconds: parts.runtime.clock.nowMs() - startedMs,
      });
      return answers;
    } catch (error) {
      const raced = error instanceof BatchConflict || sqlStateOf(error) === "23505";
      if (!raced || tries === maxConflicts) throw error;
    }
  }
}

/** SKUs whose queue was longer than one batch reads and of which units are left: the next batch goes on. */
function stillWaiting(draft: Draft): string[] {
  return [...draft.waitingBeyond].filter((skuId) =>
    (draft.stock.get(skuId) ?? []).some((row) => row.own && row.onHand - row.reserved - row.heldBack > 0),
  );
}

/** Network faults and server stops, as the drivers name them: the command may or may not have been committed. */
const lostStates = /^(08|57P|53300)/;
const lostCodes = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;

function asSluiceError(cause: unknown): SluiceError {
  const state = sqlStateOf(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if ((state !== undefined && lostStates.test(state)) || lostCodes.test(code)) {
    const message =
      "The database was lost while the command was under way. Repeat it: a repeat is recognised and changes nothing twice.";
    return new SluiceError("unavailable", message, { cause });
  }
  if (cause instanceof BatchConflict || state === "40P01" || state === "40001") {
    return new SluiceError(
      "unavailable",
      "Too many callers changed the same rows at once; nothing was changed. Try again in a moment.",
      { cause },
    );
  }
  const why = state === undefined ? messageOf(cause) : `the database refused it (${state})`;
  return new SluiceError("internal", `The command could not be carried out: ${why}. Nothing was changed.`, {
    cause,
  });
}
