import {
  type Account,
  type Call,
  type Failure,
  type FailureKind,
  type Result,
  retryableKinds,
} from "../connectors/contract.ts";
import { instantOf, nowInstant } from "../core/clock.ts";
import type { Database } from "../core/db/database.ts";
import { messageOf } from "../core/errors.ts";
import type { Runtime } from "../core/runtime.ts";
import { waitAfter } from "./backoff.ts";
import { admit, afterFailure, breaks, type Circuit, closedCircuit } from "./circuit.ts";
import type { OpenConnection } from "./connections.ts";
import type { SyncCounters } from "./counters.ts";
import type { Log, SyncOptions } from "./parts.ts";
import type { RateLimiter } from "./rate.ts";
import { isOpen, type TokenKeeper } from "./tokens.ts";

/** `held`: the call was not made at all, so nothing can have happened at the platform. */
export type CallFailure = Failure & { held?: true };

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

type Work<Value> = (account: Account, call: Call) => Promise<Value>;

interface Parts {
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

export function createCalls(parts: Parts): Calls {
  const gate = createGate(parts);
  const enter = async (connection: OpenConnection, signal?: AbortSignal): Promise<Slot | CallFailure> => {
    const askedAtMs = parts.runtime.clock.nowMs();
    const refusal = await gate.enter(connection, signal);
    if (refusal) return refusal;
    return {
      ok: true,
      waited: parts.runtime.clock.nowMs() > askedAtMs,
      async result(work) {
        const made = await makeLive(parts, connection, work, signal, one);
        const result = made.ok ? made.value : made;
        await gate.leave(connection, result.ok ? null : result);
        return result;
      },
      async outcomes(work) {
        const made = await makeLive(parts, connection, work, signal, many<Outcomes<typeof work>>());
        await gate.leave(connection, made.ok ? worstOf(made.value) : made);
        return made;
      },
    };
  };
  return {
    enter,
    async direct(connection, work) {
      const made = await makeLive(parts, connection, work, undefined, one);
      return made.ok ? made.value : made;
    },
    async result(connection, work, signal) {
      const slot = await enter(connection, signal);
      return slot.ok ? slot.result(work) : slot;
    },
  };
}

/** How an answer tells that credentials were refused, and how it looks when it is told otherwise. */
interface Shape<Value> {
  onThrow: FailureKind;
  refused(value: Value): { failure: Failure; wholly: boolean } | null;
  instead(value: Value, failure: Failure): Value;
}

const isAuth = (outcome: { ok: boolean } | Failure): outcome is Failure =>
  !outcome.ok && "kind" in outcome && outcome.kind === "auth";

// biome-ignore lint/suspicious/noExplicitAny: the same for every value, which it never looks into
const one: Shape<Result<any>> = {
  onThrow: "malformed",
  refused: (result) => (isAuth(result) ? { failure: result, wholly: true } : null),
  instead: (_result, failure) => failure,
};

type Outcomes<Made> = Made extends Work<infer Value> ? Value : never;

const many = <Value extends { ok: boolean }[]>(): Shape<Value> => ({
  onThrow: "unknown",
  refused(outcomes) {
    const failure = outcomes.find(isAuth);
    return failure ? { failure, wholly: outcomes.every(isAuth) } : null;
  },
  instead: (outcomes, failure) =>
    outcomes.map((outcome) => (isAuth(outcome) ? failure : outcome)) as unknown as Value,
});

/**
 * One call with tokens that are good, where the platform has such. Refused all the same, they are renewed, and the call is
 * made once more if nothing of it took effect.
 */
async function makeLive<Value>(
  parts: Parts,
  connection: OpenConnection,
  work: Work<Value>,
  signal: AbortSignal | undefined,
  shape: Shape<Value>,
): Promise<CallResult<Value>> {
  if (connection.authorization === null) return make(parts, connection, work, signal, shape.onThrow);
  const ready = await parts.tokens.ready(connection);
  if (!isOpen(ready)) return { ...ready, held: true };
  const made = await make(parts, ready, work, signal, shape.onThrow);
  const refusal = made.ok ? shape.refused(made.value) : null;
  if (!made.ok || !refusal) return made;
  const renewed = await parts.tokens.afterAuth(ready, refusal.failure);
  if (!isOpen(renewed)) return { ok: true, value: shape.instead(made.value, renewed) };
  if (refusal.wholly) return make(parts, renewed, work, signal, shape.onThrow);
  const message = "The platform refused a token that is renewed by now; the hub tries again.";
  return { ok: true, value: shape.instead(made.value, { ok: false, kind: "unavailable", message }) };
}

async function make<Value>(
  { runtime, options, log }: Parts,
  connection: OpenConnection,
  work: Work<Value>,
  signal: AbortSignal | undefined,
  onThrow: FailureKind,
): Promise<CallResult<Value>> {
  const ended = new AbortController();
  const expired = new AbortController();
  void runtime.timers.sleep(options.callMs, ended.signal).then(() => expired.abort());
  const call: Call = {
    signal: signal ? AbortSignal.any([expired.signal, signal]) : expired.signal,
    deadlineMs: runtime.clock.nowMs() + options.callMs,
  };
  try {
    return { ok: true, value: await work(connection.account, call) };
  } catch (error) {
    log.error(
      { connectionId: connection.id, connector: connection.connector.manifest.id, error: messageOf(error) },
      "A connector threw instead of answering; this is a bug in it.",
    );
    return { ok: false, kind: onThrow, message: "The connector failed; its log entry says why." };
  } finally {
    ended.abort();
  }
}

/** One item that went well, or was refused for its own sake, shows that the platform is there. */
function worstOf(outcomes: readonly ({ ok: boolean } | Failure)[]): Failure | null {
  const failures = outcomes.filter((outcome): outcome is Failure => !outcome.ok);
  const brake = failures.find((failure) => failure.kind === "rate_limited" || failure.kind === "auth");
  if (brake) return brake;
  return failures.length === outcomes.length
    ? (failures.find((failure) => breaks(failure.kind)) ?? null)
    : null;
}

interface Gate {
  enter(connection: OpenConnection, signal: AbortSignal | undefined): Promise<CallFailure | null>;
  leave(connection: OpenConnection, failure: Failure | null): Promise<void>;
}

const brakePlan = { firstWaitMs: 1_000, maxWaitMs: 60_000 };

function createGate({ db, runtime, limiter, counters, options, stopping, onAuth }: Parts): Gate {
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
