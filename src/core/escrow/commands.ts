import type { Instant } from "../clock.ts";
import type { Exposure, PlatformTraits, StockChange } from "./exposure.ts";
import type { AllocationState } from "./free.ts";

/** Everything that changes what a listing may sell unasked, besides the orders themselves. Decided under the stock locks. */

/** Sets units aside for a write that is about to be sent. Refused when they are not there; the same id again is the same write. */
export interface ChargeExposure {
  kind: "exposure.charge";
  listingId: string;
  connectionId: string;
  platform: PlatformTraits;
  write: StockChange & { id: string };
  /** When it can no longer land: the call's deadline and a margin for what is still on its way. */
  until: Instant;
}

/** What became of a write. Anything but the open write changes nothing. */
export interface SettleExposure {
  kind: "exposure.settle";
  listingId: string;
  writeId: string;
  /**
   * failed: the platform refused the write. untaken: this try of it came to nothing, which says nothing of an earlier one.
   * abandoned: its time is over, and nobody will ever know.
   */
  outcome: "done" | "failed" | "untaken" | "unknown" | "abandoned";
  /** The platform's figure after it, where it says so. */
  figure: number | null;
  /** When the answer had come. */
  at: Instant;
}

/** What a look at the platform showed. Refused when a write was under way meanwhile. */
export interface ObserveExposure {
  kind: "exposure.observe";
  listingId: string;
  connectionId: string;
  platform: PlatformTraits;
  figure: number;
  startedAt: Instant;
  readAt: Instant;
  /** The exposure's counters when the look began. */
  writes: number;
  ingested: number;
  restored: number;
}

/** Drops what the connection's order watermark has proved unsold. */
export interface PassExposure {
  kind: "exposure.pass";
  listingId: string;
}

/** How a SKU's units are spread from now on. `split` only takes effect when everything fits and nothing is in the air. */
export interface SetAllocation {
  kind: "exposure.mode";
  skuId: string;
  state: AllocationState;
  /** For split: the row as the caller knew it, and the listings that must be settled. */
  version: number;
  listingIds: readonly string[];
}

/** Stops writing to a listing, or lets it go on. */
export interface HaltExposure {
  kind: "exposure.halt";
  listingId: string;
  halt: "stopped" | null;
  /** The hub's figure is to replace another tool's. */
  overwrites: boolean;
}

/** Units that no listing stands for any more, since one was deleted, go to orders that wait for them. Without a listing they are shared. */
export interface ReleaseUnits {
  kind: "exposure.release";
  /** With stock of their own or bundles. */
  skuIds: readonly string[];
}

export type ExposureCommand =
  | ChargeExposure
  | SettleExposure
  | ObserveExposure
  | PassExposure
  | SetAllocation
  | HaltExposure
  | ReleaseUnits;

export interface ExposureAnswer {
  kind: "exposure";
  outcome: "charged" | "repeated" | "changed" | "unchanged";
  /** After it; null for a SKU, and for a listing nothing is known of. */
  exposure: Exposure | null;
}
