import type { Clock, Instant, Timers } from "../core/clock.ts";
import type { Random } from "../core/ids.ts";
import type { LiveComment } from "../core/model/comment.ts";
import type { FileOptions, FileSource, OrdersFile, SkusFile, StockFile } from "../core/model/file-import.ts";
import type { OrderSnapshot } from "../core/model/order.ts";
import type { Tokens } from "../core/model/tokens.ts";
import type { Fetch, Sockets } from "../core/runtime.ts";
import type { Authorization } from "./authorization.ts";
import type { Behaviour, Limits, Manifest, StockWriteKind } from "./manifest.ts";
import type { Rooms } from "./rooms.ts";

/**
 * What a platform's folder must offer. Read this first.
 *
 * A connector is a value with a manifest and `open`, which binds it to one account. A capability is an optional member
 * of the opened account: callers ask "can you push stock?", never "are you Shopify?". What the manifest advertises
 * must be there and must pass `tests/connectors/conformance.test.ts`. Connectors know the model and this contract,
 * never the database, never each other. Outcomes are values; an exception out of a connector means a bug in it.
 */

export type { Authorization, Grant } from "./authorization.ts";
export type {
  AuthorizationManifest,
  Behaviour,
  Limits,
  Manifest,
  StockWriteKind,
} from "./manifest.ts";
export type { MakeCall, RoomListener, RoomNews, Rooms } from "./rooms.ts";
export type { Tokens };

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * auth: credentials refused, a person must act. rate_limited, unavailable: the same call may work later.
 * invalid, not_found, unsupported, conflict: this item will not work as it is. malformed: the platform's answer
 * could not be read. unknown: the call may or may not have taken effect.
 */
export type FailureKind =
  | "auth"
  | "rate_limited"
  | "unavailable"
  | "invalid"
  | "not_found"
  | "conflict"
  | "unsupported"
  | "malformed"
  | "unknown";

export interface Failure {
  ok: false;
  kind: FailureKind;
  /** For people: what the platform said and what to do. Never secrets or buyer data. */
  message: string;
  /** When the platform says how long to wait. */
  retryAfterMs?: number;
}

export type Result<Value> = { ok: true; value: Value } | Failure;

/** Kinds after which the same call is tried again by itself. */
export const retryableKinds: ReadonlySet<FailureKind> = new Set(["rate_limited", "unavailable", "malformed"]);

/** Limits on one call: both must be obeyed. */
export interface Call {
  signal: AbortSignal;
  /**
   * The moment to give up, as the injected clock counts (`clock.nowMs() + 30_000`), so that it holds over all pages of one call. It
   * may move away while a call that only reads waits for turns: look at it anew.
   */
  readonly deadlineMs: number;
  /**
   * Waits until one more request may leave within the account's budget. To be asked before every request, retries included
   * (`toolkit/http.ts` does). A failure means that the request must not be sent, and is the answer. Left out: nobody counts.
   */
  turn?: () => Promise<Failure | null>;
}

export interface OpenContext {
  /** Already parsed with `manifest.settings` and `manifest.secrets`. */
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
  /**
   * The tokens in force, for connectors with an authorization. New tokens mean a newly opened account, so an account never
   * changes under a caller. Left out while nobody has granted access: calls that need them then fail as `auth`.
   */
  tokens?: Tokens | undefined;
  fetch: Fetch;
  clock: Clock;
  timers: Timers;
  random: Random;
  /** Left out on hosts that keep no connection open. */
  sockets?: Sockets;
}

export interface Connector {
  manifest: Manifest;
  open(context: OpenContext): Account;
  /** There when the manifest has `authorization`. `context.tokens` is left out. */
  authorization?(context: OpenContext): Authorization;
}

/** What the callers' rules rest on, for one account. */
export interface Profile {
  behaviour: Behaviour;
  limits: Limits;
  stockWrites: readonly StockWriteKind[];
}

/** The manifest's figures, with what the account's settings change about them. */
export const profileOf = (manifest: Manifest, account: Account): Profile => ({
  behaviour: account.profile?.behaviour ?? manifest.behaviour,
  limits: account.profile?.limits ?? manifest.limits,
  stockWrites: account.profile?.stockWrites ?? manifest.capabilities.stockWrites,
});

/** One account on one platform. */
export interface Account {
  /** Where the settings make this account behave otherwise than the manifest says. Read it through `profileOf`. */
  profile?: Partial<Profile>;
  /** One cheap call that proves address and credentials; the value names the account for people. */
  check(call: Call): Promise<Result<{ account: string }>>;
  orders?: Orders;
  webhooks?: Webhooks;
  stock?: Stock;
  fulfilments?: Fulfilments;
  listings?: Listings;
  files?: Files;
  rooms?: Rooms;
}

// ---- Orders -------------------------------------------------------------------------------------------------------

/*
 * What the model order has for the platforms' peculiarities (`core/model/order.ts`):
 * - Buyer data stays as the platform gives it: masks in the plain fields with `buyer.masked`, ciphertexts in `buyer.encrypted`,
 *   opaque and sealed with the rest. A connector never decrypts on its own account.
 * - A pre-sale is `pending_payment` until the final payment, with `presale`; its units are held from the deposit on.
 * - Gifts are lines at unit price 0. Several orders paid at once share a `paymentId`.
 * - `liveSession` on the order, and on lines where they come from different rooms.
 * - Stock the platform keeps and ships itself (FBA, Tmall Supermarket): lines with `fulfilledBy: "platform"`. They are sold and
 *   booked, and take nothing from our locations. Their figure is not written: such a listing is pulled with `managedBy:
 *   "platform"` and a write to it is `unsupported`.
 */

export interface PullRequest {
  /** What the last page gave, or null at the very first pull. Opaque. */
  cursor: Json | null;
  /** Where to start when there is no cursor. */
  since: Instant;
}

export interface PullPage {
  orders: OrderSnapshot[];
  /** Rows that could not be understood, kept for a person. `raw` is stored encrypted. */
  rejected: { externalId: string; reason: string; raw: Json }[];
  /** Give this back for the next page; it must not pass an order that is not in this page or an earlier one. */
  cursor: Json;
  more: boolean;
  /** Every order changed up to this time has been given, if the platform can promise that. */
  watermark?: Instant;
  /** What a person should know although the pull went on, e.g. a cursor in the future that was set back. */
  warnings?: string[];
}

export interface Orders {
  /** At least once: a page may repeat orders, it may never skip one. */
  pull(request: PullRequest, call: Call): Promise<Result<PullPage>>;
  /** Whole orders by id, for deliveries that carry only ids. At most `limits.ordersPerPage` ids. */
  fetch(externalIds: readonly string[], call: Call): Promise<Result<PullPage>>;
  /** External ids of all orders placed in [from, to), for the gap report. */
  list(window: { from: Instant; to: Instant }, call: Call): Promise<Result<{ externalIds: string[] }>>;
}

// ---- Webhooks -----------------------------------------------------------------------------------------------------

export interface RawDelivery {
  /** Default POST. A GET only ever asks whether we are there (`probe`). */
  method?: "GET" | "POST";
  /** Exactly as received. */
  body: Uint8Array;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** With its query: some platforms put signature and time there. */
  url: string;
}

export interface Acknowledgement {
  status: number;
  body: string;
  contentType: string;
}

export type Verification =
  | {
      verified: true;
      deliveryId: string;
      topic: string;
      sentAt?: Instant;
      /** What the body says, where it comes encoded or encrypted: stored in its place and given to `interpret`. */
      content?: Uint8Array;
      /** Where the acknowledgement depends on the message; else that of `Webhooks`. */
      acknowledgement?: Acknowledgement;
    }
  | { verified: false; reason: "no_secret" | "missing_header" | "stale" | "mismatch" | "malformed" };

export type Interpretation =
  | { kind: "orders"; orders: OrderSnapshot[] }
  | { kind: "fetch"; externalIds: string[] }
  | { kind: "comments"; comments: LiveComment[] }
  | { kind: "ignore"; reason: string }
  | { kind: "unusable"; reason: string };

export interface Webhooks {
  /** Pure. Constant time, lengths first; never throws on junk, never passes without a secret. `now` judges staleness. */
  verify(delivery: RawDelivery, now: Instant): Verification;
  /** Pure. What an authentic delivery means. */
  interpret(topic: string, body: Uint8Array): Interpretation;
  /** What the platform wants to read as acknowledgement; empty 204 when left out. */
  acknowledgement?: Acknowledgement;
  /**
   * Pure. The answer to a request that only asks whether we are there: a GET that wants its challenge back, an unsigned ping
   * when a webhook is made. Nothing of it is stored. Null when it is no such request, or is not signed as it should be.
   */
  probe?(request: RawDelivery, now: Instant): Acknowledgement | null;
}

// ---- Stock --------------------------------------------------------------------------------------------------------

export interface ListingRef {
  externalId: string;
  externalVariantId?: string;
}

export type StockWrite = ListingRef & {
  /** Of our making, up to 120 characters; the platform's idempotency key where it has one, hashed where it takes fewer. */
  writeId: string;
  asOf: Instant;
} & (
    | { mode: "set"; quantity: number }
    | { mode: "delta"; quantity: number }
    | { mode: "compareAndSet"; quantity: number; expected: number }
  );

/** `quantity` is the platform's figure after the write, where it says so. */
export type StockOutcome = { ok: true; quantity?: number } | Failure;

export interface Stock {
  /** One outcome per write, in order. At most `limits.stockWritesPerCall` writes. */
  push(writes: readonly StockWrite[], call: Call): Promise<StockOutcome[]>;
  /** The platform's own figure per listing, in order. */
  read?(listings: readonly ListingRef[], call: Call): Promise<Result<{ quantity: number }>[]>;
}

// ---- Fulfilments --------------------------------------------------------------------------------------------------

export interface FulfilmentPush {
  /** Our shipment id: a repeat with the same id must not make a second parcel. */
  shipmentId: string;
  orderExternalId: string;
  shippedAt: Instant;
  lines: { externalLineId: string; quantity: number }[];
  carrier?: string;
  trackingNumber?: string;
}

export interface Fulfilments {
  push(fulfilment: FulfilmentPush, call: Call): Promise<Result<{ externalId: string }>>;
}

// ---- Listings -----------------------------------------------------------------------------------------------------

export interface PulledListing extends ListingRef {
  /** The seller's own code on the platform; matched to a SKU only when equal. */
  sku?: string;
  title: string;
  quantity?: number;
  /** The platform keeps and ships the stock; left out when we do. */
  managedBy?: "platform";
}

export interface Listings {
  pull(
    request: { cursor: Json | null },
    call: Call,
  ): Promise<Result<{ listings: PulledListing[]; cursor: Json; more: boolean }>>;
}

// ---- Files --------------------------------------------------------------------------------------------------------

/** Reads a file a person brings. Throws `file_unreadable` when it is no such table; a bad row is rejected by itself. */
export interface Files {
  orders(source: FileSource, options: FileOptions): Promise<OrdersFile>;
  stock(source: FileSource, options: FileOptions): Promise<StockFile>;
  skus(source: FileSource, options: FileOptions): Promise<SkusFile>;
}
