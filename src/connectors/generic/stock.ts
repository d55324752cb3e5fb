import type { Failure, FailureKind, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import { type GenericClient, idLists, listingKey } from "./client.ts";
import type { GenericSettings } from "./settings.ts";
import type { WireStockOutcome } from "./wire.ts";

/** The refusal codes of `docs/generic-protocol.md`. */
const kindOfCode: ReadonlyMap<string, FailureKind> = new Map([
  ["not_found", "not_found"],
  ["conflict", "conflict"],
  ["insufficient", "conflict"],
  ["invalid", "invalid"],
  ["unsupported", "unsupported"],
  ["rate_limited", "rate_limited"],
  ["unavailable", "unavailable"],
]);

export function createStock(client: GenericClient, settings: GenericSettings): Stock {
  const declared = new Set(settings.stockWrites);
  const stock: Stock = {
    async push(writes, call) {
      const sent = writes.filter((write) => declared.has(write.mode));
      const outcomes = new Map<StockWrite, StockOutcome>();
      for (const batch of chunksOf(sent, settings.stockWritesPerCall)) {
        const result = await client.writeStock(batch, call);
        const answers = result.ok ? outcomesOf(batch, result.value) : batch.map((): StockOutcome => result);
        for (const [index, write] of batch.entries())
          outcomes.set(write, answers[index] ?? unanswered(write));
      }
      return writes.map(
        (write) =>
          outcomes.get(write) ??
          failure("unsupported", `The settings do not list stock writes of the kind ${write.mode}`),
      );
    },
  };
  return settings.offers.includes("stockRead") ? { ...stock, read: createRead(client) } : stock;
}

function createRead(client: GenericClient): NonNullable<Stock["read"]> {
  return async (listings, call) => {
    const figures = new Map<string, number>();
    const failed = new Map<string, Failure>();
    for (const ids of idLists(listings.map((listing) => listing.externalId))) {
      const result = await client.readStock(ids, call);
      if (result.ok) {
        for (const { externalId, externalVariantId, quantity } of result.value.levels) {
          figures.set(
            listingKey({ externalId, ...(externalVariantId ? { externalVariantId } : {}) }),
            quantity,
          );
        }
      } else {
        for (const id of ids) failed.set(id, result);
      }
    }
    return listings.map((listing) => {
      const quantity = figures.get(listingKey(listing));
      if (quantity !== undefined) return { ok: true, value: { quantity } };
      return (
        failed.get(listing.externalId) ??
        failure("not_found", `The shop gives no stock of listing ${listing.externalId}`)
      );
    });
  };
}

/** Answers must match the writes one to one, in order; where they do not, nobody knows which write they speak of. */
function outcomesOf(writes: readonly StockWrite[], answers: readonly WireStockOutcome[]): StockOutcome[] {
  if (answers.length !== writes.length) return writes.map(unanswered);
  return writes.map((write, index) => {
    const answer = answers[index];
    if (answer === undefined || (answer.writeId !== undefined && answer.writeId !== write.writeId))
      return unanswered(write);
    return answer.ok ? accepted(answer) : refused(write, answer);
  });
}

const unanswered = (write: StockWrite): Failure =>
  failure(
    "unknown",
    `The answer to the stock write of listing ${write.externalId} does not fit what was sent`,
  );

const accepted = ({ quantity }: WireStockOutcome & { ok: true }): StockOutcome =>
  quantity === null || quantity === undefined ? { ok: true } : { ok: true, quantity };

function refused(write: StockWrite, { code, retryAfterSeconds }: WireStockOutcome & { ok: false }): Failure {
  const known = kindOfCode.get(code);
  const what = `The shop refused the stock write of listing ${write.externalId} with ${known ? code : "an unknown code"}`;
  const waitMs = retryAfterSeconds === undefined ? undefined : Math.ceil(retryAfterSeconds * 1000);
  return failure(known ?? "invalid", what, waitMs);
}
