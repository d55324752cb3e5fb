import type { z } from "zod";

/** What a connector says of itself before anything is opened. Part of the contract. */

export type StockWriteKind = "set" | "delta" | "compareAndSet";

/** How the platform behaves; the escrow rules rest on these, and its fake must behave the same. */
export interface Behaviour {
  /** When the platform takes a sold unit off its own figure. */
  deducts: "placed" | "paid" | "never";
  /** Whether it puts the unit back by itself. */
  restoresOnUnpaidCancel: boolean;
  restoresOnPaidRefund: boolean;
  /** How far its clock may differ from ours. */
  clockSkewMs: number;
  /** True when a pull can say "every order up to this time is in". */
  orderWatermark: boolean;
  /** A write id that comes again is not done again and gets its first outcome. */
  remembersWrites?: boolean;
}

export interface Limits {
  ordersPerPage: number;
  stockWritesPerCall: number;
  /** Sustained calls per second and the burst allowed on top, for one account. */
  callsPerSecond: number;
  burst: number;
}

/** How access is granted, for platforms whose tokens the hub keeps and renews. */
export interface AuthorizationManifest {
  /** A person grants access on a page of the platform. False where tokens come for the application's credentials alone. */
  grant: boolean;
  /** Tokens can be renewed without a person. */
  refresh: boolean;
  /** Renewed this long before they expire. Zero renews only when they have. */
  refreshBeforeMs: number;
  /** Parameter of the callback that brings the state back. Default "state". */
  stateParameter?: string;
  /** Settings that tokens belong to, such as the shop's address: tokens are dropped when one of them changes. */
  boundTo: readonly string[];
  /** Secrets that take the place of tokens, or that tokens were made with: entered again, they are what counts, and tokens are dropped. */
  boundToSecrets?: readonly string[];
}

export interface Manifest {
  /** Folder name and the value of `connector` in the API. */
  id: string;
  name: string;
  docsUrl: string;
  /** When the documentation was read, YYYY-MM-DD. */
  docsReadAt: string;
  capabilities: {
    orders: boolean;
    webhooks: boolean;
    /** Empty when stock cannot be written. */
    stockWrites: readonly StockWriteKind[];
    stockRead: boolean;
    fulfilments: boolean;
    listings: boolean;
    files: boolean;
    rooms: boolean;
  };
  behaviour: Behaviour;
  limits: Limits;
  /** Overlap re-read at every pull, for platforms whose update time can lag. */
  pullOverlapMs: number;
  /** IANA zone of times the platform writes without one. */
  timeZone: string;
  /** Settings a person enters, described field by field; never secret. */
  settings: z.ZodObject;
  /** Secrets a person enters; kept encrypted, never shown. */
  secrets: z.ZodObject;
  /**
   * Names of the settings that tell one account from another, such as the shop's address. Two connections that agree in all of
   * them would take in the same orders twice: the second is refused, and one that was removed comes back under its id.
   * Empty where settings do not tell: then the connection's name does.
   */
  accountSettings: readonly string[];
  /** Left out where the secrets a person enters are all it takes. */
  authorization?: AuthorizationManifest;
}
