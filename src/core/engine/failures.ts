import { sqlStateOf } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import { BatchConflict } from "./conflict.ts";

/** What a failed batch means for those who wait for it. */

/** Network faults and server stops, as the drivers name them: the command may or may not have been committed. */
const lostStates = /^(08|57P|53300)/;
const lostCodes = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;

/**
 * The database is gone. The batch is not run again by itself: it may be committed already, and a command without a key of
 * its caller's would then take effect twice.
 */
export function isLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  return (state !== undefined && lostStates.test(state)) || lostCodes.test(codeOf(error));
}

/** Node gathers the failures of several addresses in one error; the first names the fault. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}

/** Another process changed what the batch had read without a lock: reading and deciding anew may work. */
export const isRaced = (error: unknown): boolean =>
  error instanceof BatchConflict || sqlStateOf(error) === "23505";

export function asSluiceError(cause: unknown): SluiceError {
  if (isLost(cause)) {
    const message =
      "The database was lost while the command was under way, which may have taken effect. Repeat it with the same reference or Idempotency-Key: then it takes effect once.";
    return new SluiceError("unavailable", message, { cause });
  }
  const state = sqlStateOf(cause);
  if (cause instanceof BatchConflict || state === "40P01" || state === "40001") {
    return new SluiceError(
      "unavailable",
      "Too many callers changed the same rows at once; nothing was changed. Try again in a moment.",
      { cause },
    );
  }
  // What was thrown may name rows, values or buyers: it stays in the cause, for the log.
  const why = state === undefined ? "a fault of the hub" : `the database refused it (${state})`;
  return new SluiceError(
    "internal",
    `The command could not be carried out: ${why}. Nothing was changed; the log says more.`,
    { cause },
  );
}
