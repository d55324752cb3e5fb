import type { RawDelivery } from "../connectors/contract.ts";
import type { Instant } from "../core/clock.ts";

/** What the layers above may ask of the sync layer. `createSync` in `src/sync/sync.ts` makes one. */

export type Receipt =
  | {
      accepted: true;
      repeated: boolean;
      acknowledgement: { status: number; body: string; contentType: string };
    }
  | { accepted: false; reason: "unknown_connection" | "signature_refused" | "paused" };

export interface SyncCounts {
  pages: number;
  orders: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  pushed: number;
  failed: number;
}

export interface ConnectionTest {
  ok: boolean;
  account?: string;
  problem?: string;
}

export interface ChannelState {
  connectionId: string;
  name: string;
  status: string;
  circuit: "closed" | "open" | "half_open";
  lastPullAt: Instant | null;
  pending: number;
  unknown: number;
  parked: number;
  quarantined: number;
}

export interface Sync {
  /** Verifies, stores and only then answers. An authentic but unusable delivery is accepted and quarantined. */
  receive(connectionId: string, delivery: RawDelivery): Promise<Receipt>;
  /** Pulls orders and pushes what is owed, now; waits for the end. */
  syncConnection(merchantId: string, connectionId: string): Promise<SyncCounts>;
  testConnection(merchantId: string, connectionId: string): Promise<ConnectionTest>;
  /** Puts parked pushes or quarantined deliveries back to work. Answers how many. */
  retryParked(merchantId: string, connectionId: string): Promise<number>;
  retryQuarantined(merchantId: string, connectionId: string): Promise<number>;
  states(merchantId: string): Promise<ChannelState[]>;
  /** A connection was changed or removed: what this process remembers of it counts no more. Call it after the commit. */
  forget(connectionId: string): void;
  /** Runs every job that is due once, for hosts without a lasting process (Workers) and for tests: returns when nothing is left to do now. */
  runDue(): Promise<void>;
  /** Starts the lasting loops and schedules. */
  start(): void;
  /** Stops loops, waits for the work in hand. */
  stop(): Promise<void>;
}
