import type { Failure, FailureKind, Result } from "../connectors/contract.ts";
import type { CallParts, CallResult, Work } from "./calls.ts";
import type { OpenConnection } from "./connections.ts";
import { paceCall, type Terms } from "./paced-call.ts";
import { isOpen } from "./tokens.ts";

/** How an answer tells that credentials were refused, and how it looks when it is told otherwise. */
interface Shape<Value> {
  onThrow: FailureKind;
  refused(value: Value): { failure: Failure; wholly: boolean } | null;
  instead(value: Value, failure: Failure): Value;
  /** Marks what was refused for want of turns. */
  paced(value: Value): Value;
}

const isAuth = (outcome: { ok: boolean } | Failure): outcome is Failure =>
  !outcome.ok && "kind" in outcome && outcome.kind === "auth";

const pacedOf = <Outcome extends { ok: boolean } | Failure>(outcome: Outcome): Outcome =>
  !outcome.ok && "kind" in outcome && outcome.kind === "rate_limited" ? { ...outcome, paced: true } : outcome;

export const one = <Value>(): Shape<Result<Value>> => ({
  onThrow: "malformed",
  refused: (result) => (isAuth(result) ? { failure: result, wholly: true } : null),
  instead: (_result, failure) => failure,
  paced: pacedOf,
});

export type Outcomes<Made> = Made extends Work<infer Value> ? Value : never;

export const many = <Value extends { ok: boolean }[]>(): Shape<Value> => ({
  onThrow: "unknown",
  refused(outcomes) {
    const failure = outcomes.find(isAuth);
    return failure ? { failure, wholly: outcomes.every(isAuth) } : null;
  },
  instead: (outcomes, failure) =>
    outcomes.map((outcome) => (isAuth(outcome) ? failure : outcome)) as unknown as Value,
  paced: (outcomes) => outcomes.map(pacedOf) as unknown as Value,
});

/**
 * One call with tokens that are good, where the platform has such. Refused all the same, they are renewed, and the call is
 * made again if nothing of it took effect; so it is when secrets were replaced while it was under way.
 */
export async function makeLive<Value>(
  parts: CallParts,
  connection: OpenConnection,
  work: Work<Value>,
  signal: AbortSignal | undefined,
  shape: Shape<Value>,
  terms: Terms,
): Promise<CallResult<Value>> {
  const ready = await parts.tokens.ready(connection);
  if (!isOpen(ready)) return { ...ready, held: true };
  // The turn was had before the renewal, which took its time: kept on, it would leave on top of a refilled budget.
  if (ready.tokensVersion !== connection.tokensVersion) terms.paid = false;
  let current = ready;
  for (let repeats = 0; ; repeats += 1) {
    const made = await make(parts, current, work, signal, shape, terms);
    const refusal = made.ok ? shape.refused(made.value) : null;
    if (!made.ok || !refusal || repeats === mostRepeats) return made;
    const renewed = await parts.tokens.afterAuth(current, refusal.failure);
    if (!isOpen(renewed)) return { ok: true, value: shape.instead(made.value, renewed) };
    if (!refusal.wholly) return { ok: true, value: shape.instead(made.value, renewedMeanwhile) };
    current = renewed;
  }
}

/** With what others have renewed meanwhile; and where that has ended as well, with what is renewed now. */
const mostRepeats = 2;

const renewedMeanwhile: Failure = {
  ok: false,
  kind: "unavailable",
  message: "The platform refused credentials that are renewed by now; the hub tries again.",
};

async function make<Value>(
  parts: CallParts,
  connection: OpenConnection,
  work: Work<Value>,
  signal: AbortSignal | undefined,
  shape: Shape<Value>,
  terms: Terms,
): Promise<CallResult<Value>> {
  const paced = paceCall(parts, connection, terms, signal);
  try {
    const value = await work(connection.account, paced.call);
    return { ok: true, value: paced.isRefused() ? shape.paced(value) : value };
  } catch (error) {
    parts.log.error(
      {
        connectionId: connection.id,
        connector: connection.connector.manifest.id,
        error: connection.thrown(error),
      },
      "A connector threw instead of answering; this is a bug in it.",
    );
    return { ok: false, kind: shape.onThrow, message: "The connector failed; its log entry says why." };
  } finally {
    paced.end();
  }
}
