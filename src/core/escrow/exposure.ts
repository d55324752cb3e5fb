import type { Instant } from "../clock.ts";

/**
 * What one platform may sell of one listing without asking, in listing units. Pure values; every rule of this folder takes an
 * exposure and answers another one.
 *
 * The invariant all rules keep: whatever the platform's figure is now (F), and however many units it has sold that are not
 * ingested (P), `F + P <= after + before + inFlight + units it put back itself and whose cancel is not ingested`.
 */
export interface Exposure {
  listingId: string;
  connectionId: string;
  after: number;
  before: number;
  inFlight: number;
  anchor: Instant | null;
  next: Sighting | null;
  surplus: number;
  adopted: boolean;
  mustLook: boolean;
  write: OpenWrite | null;
  writes: number;
  ingested: number;
  restored: number;
  doubtUntil: Instant | null;
  confirmed: number | null;
  confirmedAt: Instant | null;
  /** The ten minutes in which it sold last, and how much in it and in the ten before. */
  span: number;
  soldNow: number;
  soldBefore: number;
  platform: PlatformTraits;
  halt: "asked" | "stopped" | null;
  overwrites: number;
  /** The anchored sighting follows no write of ours: what it lacks was sold, or taken off by somebody else. */
  unprompted: boolean;
  /** Times in a row that somebody else took units off the figure, and the last of them. */
  lowered: number;
  loweredAt: Instant | null;
}

/** How the platform behaves, as its connector declares. */
export interface PlatformTraits {
  deducts: "placed" | "paid" | "never";
  restoresUnpaid: boolean;
  restoresPaid: boolean;
  skewMs: number;
  /** Its figure can be read: then nothing is freed on the word of an answer alone. */
  readable: boolean;
}

/** The platform's figure at one moment. */
export interface Sighting {
  figure: number;
  /** After that moment by the platform's clock, for sure. */
  anchor: Instant;
  /** The exposure's counters when the look began. */
  ingested: number;
  restored: number;
}

export type WriteKind = "set" | "delta" | "compareAndSet";

export interface StockChange {
  kind: WriteKind;
  quantity: number;
  /** compareAndSet only. */
  expected: number | null;
}

export interface OpenWrite extends StockChange {
  id: string;
  state: "sending" | "unknown";
  since: Instant;
  /** Until then it may still land, whatever became of the call. */
  until: Instant;
  /** The exposure's counters when it was charged. */
  ingested: number;
  restored: number;
}

export const newExposure = (listingId: string, connectionId: string, platform: PlatformTraits): Exposure => ({
  listingId,
  connectionId,
  after: 0,
  before: 0,
  inFlight: 0,
  anchor: null,
  next: null,
  surplus: 0,
  adopted: false,
  mustLook: false,
  write: null,
  writes: 0,
  ingested: 0,
  restored: 0,
  doubtUntil: null,
  confirmed: null,
  confirmedAt: null,
  span: 0,
  soldNow: 0,
  soldBefore: 0,
  platform,
  halt: null,
  overwrites: 0,
  unprompted: false,
  lowered: 0,
  loweredAt: null,
});

export const totalOf = ({ after, before, inFlight }: Exposure): number => after + before + inFlight;

/** Units set aside for the listing. Less than nothing sold early is nobody's unit. */
export const exposedOf = (exposure: Exposure): number => Math.max(0, totalOf(exposure));
