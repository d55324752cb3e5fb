import {
  type Account,
  type Call,
  type Failure,
  type Result,
  retryableKinds,
} from "../connectors/contract.ts";
import { instantOf, nowInstant } from "../core/clock.ts";
import type { Database } from "../core/db/database.ts";
import type { Runtime } from "../core/runtime.ts";
import { waitAfter } from "./backoff.ts";
import { admit, afterFailure, breaks, type Circuit, closedCircuit } from "./circuit.ts";
import type { OpenConnection } from "./connections.ts";
import type { SyncCounters } from "./counters.ts";
import { makeLive, many, type Outcomes, one } from "./live-call.ts";
import type { Terms } from "./paced-call.ts";
import type { Log, SyncOptions } from "./parts.ts";
import type { RateLimiter } from "./rate.ts";
import type { TokenKeeper } from "./tokens.ts";

/**
 * `held`: the call was not made at all, so nothing can have happened at the platform. `paced`: the hub's own budget refused a
 * request; the platform has said nothing.
 */
export type CallFailure = Failure & { held?: true; paced?: true };

export type CallResult<Value> = { ok: true; value: Value } | CallFailure;

/** The only way from this layer to a platform: within the account's budget, circuit and deadline. */
export interface Calls {
  /** Waits for its turn, so that what is sent can be computed at the last moment. */
  enter(connection: OpenConnection, signal?: AbortSignal): Promise<Slot | CallFailure>;
  /** One call for a person who waits, whatever the circuit says; it counts for nothing. */
  direct<Value>(connection: OpenConnection, work: Work<Result<Value>>): Promise<CallResult<Value>>;
  /** Enters and makes one call. */
  result<Value>(
    connection: OpenConnection,
    work: Work<Result<Value>>,
    signal?: AbortSignal,
  ): Promise<CallResult<Value>>;
  /** As `result`, for calls that only read: while their requests wait for turns their time stands still, up to `turnsMs`. */
  read<Value>(
    connection: OpenConnection,
    work: Work<Result<Value>>,
    signal?: AbortSignal,
  ): Promise<CallResult<Value>>;
}

/** Leave to make one call now. */
export interface Slot {
  ok: true;
  /** True when time has passed since it was asked for. */
  waited: boolean;
  /** For calls with one result. An exception out of a connector is a bug in it and comes back as `malformed`. */
  result<Value>(work: Work<Result<Value>>): Promise<CallResult<Value>>;
  /** For calls with one outcome per item. An exception leaves in doubt what took effect: `unknown`. */
  outcomes<Outcome extends { ok: boolean }>(work: Work<Outcome[]>): Promise<CallResult<Outcome[]>>;
}

export type Work<Value> = (account: Account, call: Call) => Promise<Value>;

export interface CallParts {
  db: Database;
  runtime: Runtime;
  limiter: RateLimiter;
  tokens: TokenKeeper;
  counters: SyncCounters;
  options: SyncOptions;
  log: Log;
  stopping: AbortSignal;
  /** Told when credentials were refused. */
  onAuth(connection: OpenConnection, failure: Failure): Promise<void>;
}

export function createCalls(parts: CallParts): Calls {
  const gate = createGate(parts);
  const { callMs, turnsMs } = parts.options;
  const enter = async (
    connection: OpenConnection,
    signal?: AbortSignal,
    graceMs = 0,
  ): Promise<Slot | CallFailure> => {
    const askedAtMs = parts.runtime.clock.nowMs();
    const refusal = await gate.enter(connection, signal);
    if (refusal) return refusal;
    const terms: Terms = { callMs, graceMs, paid: true };
    return {
      ok: true,
      waited: parts.runtime.clock.nowMs() > askedAtMs,
      async result(work) {
        const made = await makeLive(parts, connection, work, signal, one(), terms);
        const result = made.ok ? made.value : made;
        await gate.leave(connection, result.ok ? null : result);
        return result;
      },
      async outcomes(work) {
        const shape = many<Outcomes<typeof work>>();
        const made = await makeLive(parts, connection, work, signal, shape, terms);
        await gate.leave(connection, made.ok ? worstOf(made.value) : made);
        return made;
      },
    };
  };
  return {
    enter,
    async direct(connection, work) {
      const terms: Terms = { callMs, graceMs: 0, paid: false };
      const made = await makeLive(parts, connection, work, undefined, one(), terms);
      return made.ok ? made.value : made;
    },
    async result(connection, work, signal) {
      const slot = await enter(connection, signal);
      return slot.ok ? slot.result(work) : slot;
    },
    async read(connection, work, signal) {
      const slot = await enter(connection, signal, turnsMs);
      return slot.ok ? slot.result(work) : slot;
    },
  };
}

/** One item that went well, or was refused for its own sake, shows that the platform is there. */
function worstOf(outcomes: readonly ({ ok: boolean } | CallFailure)[]): CallFailure | null {
  const failures = outcomes.filter((outcome): outcome is CallFailure => !outcome.ok);
  const brakes = failures.filter((failure) => failure.kind === "rate_limited" || failure.kind === "auth");
  const brake = brakes.find((failure) => !failure.paced) ?? brakes[0];
  if (brake) return brake;
  return failures.length === outcomes.length
    ? (failures.find((failure) => breaks(failure.kind)) ?? null)
    : null;
}

interface Gate {
  enter(connection: OpenConnection, signal: AbortSignal | undefined): Promise<CallFailure | null>;
  leave(connection: OpenConnection, failure: CallFailure | null): Promise<void>;
}

const brakePlan = { firstWaitMs: 1_000, maxWaitMs: 60_000 };

function createGate({ db, runtime, limiter, counters, options, stopping, onAuth }: CallParts): Gate {
  /** 429s in a row without a word on how long to wait. */
  const strikes = new Map<string, number>();

  const circuitGate = async (connection: OpenConnection): Promise<CallFailure | null> => {
    const admission = admit(connection.circuit, runtime.clock.nowMs());
    if (!admission.admitted) return circuitOpen(connection, admission.waitMs);
    if (admission.next === connection.circuit) return null;
    const mine = await storeCircuit(db, connection, admission.next, connection.circuit);
    if (!mine) return circuitOpen(connection, brakePlan.firstWaitMs);
    connection.circuit = admission.next;
    return null;
  };
  return {
    async enter(connection, signal) {
      const refused = await circuitGate(connection);
      if (refused) {
        counters.calls.refusedByCircuit += 1;
        return refused;
      }
      const patientUntilMs = runtime.clock.nowMs() + options.patienceMs;
      for (;;) {
        const taken = await limiter.take(
          { merchantId: connection.merchantId, connectionId: connection.id },
          connection.profile.limits,
        );
        if (taken.ok) {
          counters.calls.made += 1;
          return null;
        }
        counters.calls.delayed += 1;
        const leftMs = patientUntilMs - runtime.clock.nowMs();
        if (taken.waitMs > leftMs || signal?.aborted || stopping.aborted)
          return budgetSpent(connection, taken.waitMs);
        await runtime.timers.sleep(taken.waitMs, signal ? AbortSignal.any([signal, stopping]) : stopping);
      }
    },
    async leave(connection, failure) {
      const nowMs = runtime.clock.nowMs();
      if (failure) counters.failures[failure.kind] += 1;
      if (failure?.paced) return;
      if (failure?.kind === "rate_limited") {
        const strike = (strikes.get(connection.id) ?? 0) + 1;
        strikes.set(connection.id, strike);
        const waitMs = failure.retryAfterMs ?? waitAfter(strike, brakePlan, runtime.random);
        const key = { merchantId: connection.merchantId, connectionId: connection.id };
        await limiter.block(key, instantOf(nowMs + waitMs));
        return;
      }
      strikes.delete(connection.id);
      if (failure?.kind === "auth") await onAuth(connection, failure);
      const next =
        failure && breaks(failure.kind)
          ? afterFailure(
              connection.circuit,
              nowInstant(runtime.clock),
              (runtime.random.bytes(1)[0] ?? 0) / 256,
            )
          : closedCircuit;
      if (
        next.circuit === "closed" &&
        connection.circuit.circuit === "closed" &&
        next.failures === connection.circuit.failures
      ) {
        return;
      }
      await storeCircuit(db, connection, next, null);
      connection.circuit = next;
    },
  };
}

const circuitOpen = (connection: OpenConnection, waitMs: number): CallFailure => ({
  ok: false,
  held: true,
  kind: "unavailable",
  message: `"${connection.name}" has failed several times in a row; calls pause until it may be tried again.`,
  retryAfterMs: waitMs,
});

const budgetSpent = (connection: OpenConnection, waitMs: number): CallFailure => ({
  ok: false,
  held: true,
  kind: "rate_limited",
  message: `The call budget of "${connection.name}" is spent for now.`,
  retryAfterMs: waitMs,
});

/** Writes the circuit's state; with `expected`, only if it still is that one (one process gets the trial call). */
async function storeCircuit(
  db: Database,
  connection: OpenConnection,
  next: Circuit,
  expected: Circuit | null,
): Promise<boolean> {
  const rows = await db.query(
    `update connections set circuit = $3, circuit_failures = $4, circuit_until = $5
     where merchant_id = $1 and id = $2
       and ($6::text is null or (circuit = $6 and circuit_until is not distinct from $7::timestamptz))
     returning id`,
    [
      connection.merchantId,
      connection.id,
      next.circuit,
      next.failures,
      next.until,
      expected?.circuit ?? null,
      expected?.until ?? null,
    ],
  );
  return rows.length === 1;
}

/** Whether a failed call may simply be made again later. */
export const mayRetry = (failure: CallFailure): boolean =>
  failure.held === true || retryableKinds.has(failure.kind);
