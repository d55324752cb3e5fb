import { sqlStateOf } from "./transaction.ts";

/** Class 08 and 57P: the connection or the server went away; 53300: it takes no more connections. */
const lostStates = /^(08|57P|53300)/;

/** Network faults as postgres.js and Node name them. */
const lostCodes = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)/;

/** Whether an error says that the database is away, as opposed to having refused what was asked. */
export function isDatabaseLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return lostStates.test(state);
  return error instanceof Error && "code" in error && lostCodes.test(String(error.code));
}
