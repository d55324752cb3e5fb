import type { FailureKind } from "../connectors/contract.ts";

/** What happened since this process started, for `/metrics`. Numbers only ever rise. */
export type SyncCounters = {
  deliveries: {
    accepted: number;
    repeated: number;
    forged: number;
    unknownConnection: number;
    paused: number;
    /** Authentic but not stored: the platform was told to send again. */
    notStored: number;
  };
  inbox: { applied: number; ignored: number; quarantined: number; retried: number };
  pulls: { runs: number; failed: number; pages: number; orders: number; rejected: number };
  gaps: { hours: number; missing: number };
  /** `skipped`: the platform shows the target already, so nothing was sent. */
  stock: {
    sent: number;
    confirmed: number;
    skipped: number;
    unknown: number;
    parked: number;
    drifted: number;
  };
  fulfilments: { sent: number; confirmed: number; parked: number };
  /** Calls that were answered with a failure, and calls not made for lack of budget or because the circuit is open. */
  failures: Record<FailureKind, number>;
  calls: { made: number; delayed: number; refusedByCircuit: number };
  holds: { expired: number };
  /** Live rooms: connections made and lost, comments handed over (by webhook too), those of rooms without a session, gaps told. */
  rooms: { connected: number; lost: number; comments: number; withoutSession: number; gaps: number };
};

export const newCounters = (): SyncCounters => ({
  deliveries: { accepted: 0, repeated: 0, forged: 0, unknownConnection: 0, paused: 0, notStored: 0 },
  inbox: { applied: 0, ignored: 0, quarantined: 0, retried: 0 },
  pulls: { runs: 0, failed: 0, pages: 0, orders: 0, rejected: 0 },
  gaps: { hours: 0, missing: 0 },
  stock: { sent: 0, confirmed: 0, skipped: 0, unknown: 0, parked: 0, drifted: 0 },
  fulfilments: { sent: 0, confirmed: 0, parked: 0 },
  failures: {
    auth: 0,
    rate_limited: 0,
    unavailable: 0,
    invalid: 0,
    not_found: 0,
    conflict: 0,
    unsupported: 0,
    malformed: 0,
    unknown: 0,
  },
  calls: { made: 0, delayed: 0, refusedByCircuit: 0 },
  holds: { expired: 0 },
  rooms: { connected: 0, lost: 0, comments: 0, withoutSession: 0, gaps: 0 },
});
