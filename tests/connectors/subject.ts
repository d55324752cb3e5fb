import type {
  Acknowledgement,
  Connector,
  ListingRef,
  RawDelivery,
  Tokens,
} from "../../src/connectors/contract.ts";
import type { Instant } from "../../src/core/clock.ts";
import type { Fetch, Sockets } from "../../src/core/runtime.ts";
import type { TestRuntime } from "../support/runtime.ts";
import type { IsQuestion } from "./wire.ts";

/**
 * What a connector brings to the conformance suite: itself, a configuration, and a fake of its platform. The suite breaks
 * the wire between the two by itself (429, 5xx, junk, silence, a lost answer), so a fake only has to behave well.
 */
export interface Subject {
  connector: Connector;
  /** A good configuration, as a person would enter it. A small page size keeps the paging checks quick. */
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
  /** Somebody else's secrets: calls with them are refused, deliveries do not fit. Left out when the platform knows none. */
  wrongSecrets?: Record<string, unknown>;
  /** Ours after a rotation: the secret the platform still signs with has become the previous one. */
  rotatedSecrets?: Record<string, unknown>;
  /** Ours without a webhook secret. */
  secretsWithoutWebhook?: Record<string, unknown>;
  /** How far the signed time of a delivery may lie from now; left out when the platform signs no time. */
  webhookWindowMs?: number;
  /** Which requests only ask, for platforms where the method does not tell. Default: GET and HEAD. */
  asks?: IsQuestion;
  /** The platform shows no order younger than this. */
  tailMs?: number;
  /** True where the platform's orders do not show the numbers of their parcels. */
  hidesParcelNumbers?: true;
  /** The platform gives parcels tracking numbers of its own, whatever number comes with ours. */
  numbersParcels?: true;
  /** Orders bring their refunds along: nothing is asked about one by itself. Else the fake has `FakeOrders.refund`. */
  bringsRefunds?: true;
  /** Where the first pull begins, for platforms with short windows, of which three weeks hold many. Default: three weeks back. */
  since?: Instant;
  /** Its fake can ask whether the hub is there (`FakeWebhooks.probe`). */
  probes?: true;
  /** What `check` answers to each thing that can be wrong. Left out only by connectors that make no calls. */
  checkSays?: CheckWords;
  /** False for connectors that make no calls (files). Default true. */
  networked?: boolean;
  /** A fresh platform with listings and no orders, on this clock. */
  start(runtime: TestRuntime): Platform | Promise<Platform>;
}

/** Kind and message of what `check` answers, as `kind: message`: the field, and what to do. */
export interface CheckWords {
  /** Change of the settings that names another application, and the words about it. */
  key?: [Record<string, unknown>, RegExp];
  /** Change that names another shop or place. */
  shop?: [Record<string, unknown>, RegExp];
  /** Somebody else's secrets. */
  secret: RegExp;
  /** Access that was taken back. */
  revoked?: RegExp;
  /** The address that a person entered. */
  address?: string;
}

export interface Platform {
  /** Answers in memory, within a few turns of the event loop. */
  fetch: Fetch;
  /** At least three listings on sale, each with a quantity of 10 or more. */
  listings: readonly (ListingRef & { quantity: number })[];
  orders?: FakeOrders;
  webhooks?: FakeWebhooks;
  stock?: FakeStock;
  fulfilments?: FakeFulfilments;
  sockets?: Sockets;
  rooms?: FakeRooms;
  /** There when the manifest has `authorization`. */
  authorization?: FakeAuthorization;
}

export interface FakeAuthorization {
  /** Good ones, as the platform gave them before the test. */
  tokens(): Tokens;
  /** Somebody else's. */
  wrongTokens(): Tokens;
  /** A person opens the address and grants access; answers what the platform sends to the callback. */
  grant(address: string): Record<string, string>;
  /** All access tokens given out are over. */
  expire(): void;
  /** The person takes the grant back: nothing given out is good any more, and nothing can be renewed. */
  revoke(): void;
}

export interface PlacedOrder {
  externalId: string;
  /** What the buyer pays in all, in minor units. */
  totalMinor: number;
  /** Units over all lines. */
  quantity: number;
}

export interface FakeOrders {
  /** A buyer orders `quantity` units of one listing and pays. The clock stands still meanwhile. */
  place(listing: ListingRef, quantity: number): PlacedOrder | Promise<PlacedOrder>;
  /** Anything that gives the order a later update time and moves no money and no units, such as a note. */
  touch(externalId: string): void | Promise<void>;
  /** The buyer takes back the whole paid order before anything of it was sent, and gets the money back. */
  cancel?(externalId: string): void | Promise<void>;
  /** The paid order's money goes back to the buyer, as one refund; answers which requests ask for it. */
  refund?(externalId: string): IsQuestion | Promise<IsQuestion>;
}

export interface FakeWebhooks {
  /**
   * Names of the headers without which nothing can be verified, the signature's among them. Lower case. A name with a leading
   * question mark is a parameter of the address.
   */
  requiredHeaders: readonly string[];
  /** Left out where there is none: the body is encrypted, and that it can be opened is the proof. */
  signatureHeader?: string;
  /** False where address and headers are signed and the body is not: such a delivery may only name what is to be fetched. */
  signsBody?: false;
  /** What the platform sends about this order now, signed at the runtime's time. */
  deliver(externalId: string): RawDelivery | Promise<RawDelivery>;
  /** The same signing over any other body: authentic junk. */
  sign(body: Uint8Array): RawDelivery | Promise<RawDelivery>;
  /** Whether the platform is content with this answer. Default: any 2xx. */
  accepts?(answer: Acknowledgement, delivery: RawDelivery): boolean;
  /** Asks whether the hub is there: what must be answered, and the same request spoilt in every way that must not be. */
  probe?(): { request: RawDelivery; answer: Acknowledgement; spoilt: RawDelivery[] };
}

export interface FakeStock {
  /** The platform's own figure of what it may still sell. */
  figure(listing: ListingRef): number | Promise<number>;
}

export interface Parcel {
  /** Units over all lines. */
  quantity: number;
  trackingNumber?: string;
}

export interface FakeFulfilments {
  /** Parcels the platform holds for the order. */
  parcels(orderExternalId: string): Parcel[] | Promise<Parcel[]>;
}

export interface FakeRooms {
  /** Somebody writes a comment now; everybody who listens gets it, and nobody else ever. */
  say(text: string, by: "viewer" | "host"): { externalId: string };
  goLive(): void;
  goOff(): void;
  /** Breaks every connection. */
  drop(): void;
  /** Connections stay open, and nothing comes out of them any more. */
  freeze(): void;
  /** Connections that are open. */
  listeners(): number;
  /** Sessions the platform keeps for us, where it has such a thing. */
  sessions(): number;
}
