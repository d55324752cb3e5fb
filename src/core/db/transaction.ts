import { SluiceError } from "../errors.ts";
import type { Database, Sql, SqlValue } from "./database.ts";

/** Deadlock and serialisation failure: the whole transaction may simply be run again (manual, section 13.5). */
const repeatable: ReadonlySet<unknown> = new Set(["40P01", "40001"]);

const maxTries = 5;

/** The five-character SQLSTATE of a database error, whichever driver it came from; undefined for any other error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code))
    return error.code;
  return sqlStateOf(error.cause);
}

/** What PostgreSQL cannot store in a text (22021) or in jsonb (22P05): the character U+0000, which JSON may well hold. */
const unstorableText: ReadonlySet<unknown> = new Set(["22021", "22P05"]);

/** The error to hand on: a refusal with a next step where the caller's own value was at fault. */
export function explain(error: unknown): unknown {
  if (!unstorableText.has(sqlStateOf(error))) return error;
  return new SluiceError(
    "invalid_request",
    "A text holds the character U+0000, which cannot be stored; remove it.",
    {
      cause: error,
    },
  );
}

/** The name of the constraint that refused a row, if that is what happened. */
export function constraintOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("constraint_name" in error && typeof error.constraint_name === "string") return error.constraint_name;
  if ("constraint" in error && typeof error.constraint === "string") return error.constraint;
  return constraintOf(error.cause);
}

/**
 * Runs again what lost a deadlock or a serialisation conflict. `pause` lets the winner get its locks first: without it
 * the loser was seen to take them again before the winner woke, for a second deadlock.
 */
export async function withRetries<Result>(
  run: () => Promise<Result>,
  pause: (triesSoFar: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (tries === maxTries || !repeatable.has(sqlStateOf(error))) throw error;
      await pause(tries);
    }
  }
}

/** Runs `work` in a transaction: a new one on a database, the open one when `sql` is already inside a transaction. */
export function inTransaction<Result>(
  sql: Sql | Database,
  work: (tx: Sql) => Promise<Result>,
): Promise<Result> {
  return "transaction" in sql ? sql.transaction(work) : work(sql);
}

/**
 * Runs `work` over one open transaction. Statements may be sent without waiting for each: all of them are waited for
 * before the commit, and the first that failed fails the transaction, even when nobody looked at its promise
 * (PostgreSQL would answer such a commit with a silent rollback). Statements sent after the end are refused.
 */
export async function runScope<Result>(
  run: <Row>(text: string, params: readonly SqlValue[]) => Promise<Row[]>,
  work: (tx: Sql) => Promise<Result>,
): Promise<Result> {
  const pending = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  let open = true;
  const tx: Sql = {
    query<Row>(text: string, params: readonly SqlValue[] = []) {
      if (!open)
        return Promise.reject(new Error("This transaction is over; await its statements inside it."));
      const answer = run<Row>(text, params);
      pending.add(answer);
      answer.then(
        () => pending.delete(answer),
        (error: unknown) => {
          pending.delete(answer);
          failures.push(error);
        },
      );
      return answer;
    },
  };
  try {
    const result = await work(tx);
    while (pending.size > 0) await Promise.allSettled(pending);
    if (failures.length > 0) throw failures[0];
    return result;
  } catch (error) {
    await Promise.allSettled(pending);
    // 25P02 says only that an earlier statement failed; that one is the cause.
    throw sqlStateOf(error) === "25P02" && failures.length > 0 ? failures[0] : error;
  } finally {
    open = false;
  }
}
