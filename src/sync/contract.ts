import type { Acknowledgement, FailureKind, PulledListing, RawDelivery } from "../connectors/contract.ts";
import type { Instant } from "../core/clock.ts";
import type { Tokens } from "../core/model/tokens.ts";

/** What the layers above may ask of the sync layer. `createSync` in `src/sync/sync.ts` makes one. */

export type Receipt =
  | {
      accepted: true;
      repeated: boolean;
      acknowledgement: Acknowledgement;
      /** It only asked whether we are there; nothing was stored. */
      probe?: true;
    }
  | { accepted: false; reason: "unknown_connection" | "signature_refused" | "paused" | "not_a_probe" };

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
  /** What kind of trouble: `auth` for credentials, `invalid` for settings, `unavailable` for an outage and so on. */
  kind?: FailureKind;
}

export interface MappedListings {
  /** Items the platform lists. */
  listed: number;
  created: number;
  /** Items mapped before, whose goods the platform keeps since, or no longer. */
  changedHands: number;
  /** Items that were mapped before. */
  known: number;
  /** Items whose code on the platform is none of our SKUs: a person must map them. */
  unmatched: PulledListing[];
}

export interface AuthorizationAddress {
  /** Where a person grants access. */
  address: string;
  /** The callback the platform must know; it brings the person back there. */
  redirectUrl: string;
  expiresAt: Instant;
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
  /** Lists the platform's items and maps those with exactly the code of a SKU. Throws `unsupported`, `connection_failed`. */
  mapListings(merchantId: string, connectionId: string): Promise<MappedListings>;
  /** The address a person grants access at. Throws `unsupported` where the platform has none. */
  startAuthorization(merchantId: string, connectionId: string): Promise<AuthorizationAddress>;
  /** What came to the callback. Throws `invalid_request` for a state that is not ours or has expired, and for a refused grant. */
  finishAuthorization(
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ merchantId: string; connectionId: string }>;
  /** Tokens entered by a person. */
  enterTokens(merchantId: string, connectionId: string, tokens: Tokens): Promise<void>;
  /** Puts parked pushes or quarantined deliveries back to work. Answers how many. */
  retryParked(merchantId: string, connectionId: string): Promise<number>;
  retryQuarantined(merchantId: string, connectionId: string): Promise<number>;
  states(merchantId: string): Promise<ChannelState[]>;
  /** From when on orders of a connection have units reserved; "placed" for one without a platform behind it. */
  reserveFrom(connectionId: string): Promise<"placed" | "paid">;
  /** A connection was changed or removed: what this process remembers of it counts no more. Call it after the commit. */
  forget(connectionId: string): void;
  /** Runs every job that is due once, for hosts without a lasting process (Workers) and for tests: returns when nothing is left to do now. */
  runDue(): Promise<void>;
  /** Starts the lasting loops and schedules. */
  start(): void;
  /** Stops loops, waits for the work in hand. */
  stop(): Promise<void>;
}
