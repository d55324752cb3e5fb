import type { FailureKind } from "../../connectors/contract.ts";
import type { CallFailure } from "../calls.ts";

/** What becomes of a row of the outbox after a try. */
export type Settlement =
  | { status: "done"; published: number | null; externalId: string | null }
  | { status: "pending" | "unknown"; waitMs: number; kind: FailureKind; message: string; counted: boolean }
  | { status: "parked"; kind: FailureKind; message: string };

export interface Try {
  /** This try included. */
  attempts: number;
  /** The platform was asked to write only if its figure was the expected one. */
  conditional: boolean;
  /** How long to wait by our own rule after that many tries. */
  backoffMs: number;
}

/** So many answers in a row that could not be read are no passing trouble. */
const mostMalformed = 12;
/** The figure moves between reading and writing on a listing that sells fast: so often it is tried again at once, then with waits. */
const quickConflicts = 8;
/** Over hours, this is something else. */
const mostConflicts = 40;

/**
 * Sorts a failure: what may work later is tried again, what is in doubt is a state of its own, and what will not work as
 * it is waits for a person. Pure.
 */
export function settleFailure(failure: CallFailure, attempt: Try): Settlement {
  const { kind, message } = failure;
  const again = (status: "pending" | "unknown", counted = true): Settlement => ({
    status,
    waitMs: failure.retryAfterMs ?? attempt.backoffMs,
    kind,
    message,
    counted,
  });
  if (failure.held) return again("pending", false);
  switch (kind) {
    case "rate_limited":
    case "unavailable":
      return again("pending");
    case "malformed":
      return attempt.attempts < mostMalformed ? again("pending") : { status: "parked", kind, message };
    case "unknown":
      return again("unknown");
    case "auth":
      // The connection is refused and its lane stands still; the row waits for new credentials.
      return { status: "pending", waitMs: 0, kind, message, counted: false };
    case "conflict":
      return attempt.conditional && attempt.attempts < mostConflicts
        ? {
            status: "pending",
            waitMs: attempt.attempts < quickConflicts ? 0 : attempt.backoffMs,
            kind,
            message,
            counted: true,
          }
        : { status: "parked", kind, message };
    case "invalid":
    case "not_found":
    case "unsupported":
      return { status: "parked", kind, message };
  }
}
