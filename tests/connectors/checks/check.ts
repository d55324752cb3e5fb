import type { Subject } from "../subject.ts";

/** One promise of the contract. Fails by throwing an assertion; `conformance-broken.test.ts` proves that it can. */
export interface Check {
  id: string;
  title: string;
  /** Decided by what the connector advertises and its fake can show, before anything runs. */
  applies(subject: Subject): boolean;
  run(subject: Subject): Promise<void>;
}

export const always = () => true;

export const isNetworked = (subject: Subject): boolean => subject.networked !== false;

export const can =
  (capability: "orders" | "webhooks" | "stockRead" | "fulfilments" | "listings" | "rooms") =>
  (subject: Subject): boolean =>
    subject.connector.manifest.capabilities[capability];

export const writesStock = (subject: Subject): boolean =>
  subject.connector.manifest.capabilities.stockWrites.length > 0;
