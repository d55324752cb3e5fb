import { expect } from "vitest";
import {
  type Account,
  type Authorization,
  type Call,
  type Failure,
  type Json,
  type OpenContext,
  type Profile,
  type PullPage,
  profileOf,
  type Result,
  type Tokens,
} from "../../src/connectors/contract.ts";
import type { Instant } from "../../src/core/clock.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { type TestRuntime, testRuntime } from "../support/runtime.ts";
import type { PlacedOrder, Platform, Subject } from "./subject.ts";
import { createWire, type Wire } from "./wire.ts";

/** One connector, opened on one fresh fake platform, on a clock that stands still. */
export interface Session {
  runtime: TestRuntime;
  platform: Platform;
  wire: Wire;
  account: Account;
  profile: Profile;
  /** The same account opened again, as after a restart of the hub; other secrets if given. */
  reopen(secrets?: Record<string, unknown>, tokens?: Tokens): Account;
  /** What access is granted and renewed with. */
  authorization(): Authorization | undefined;
  tailMs: number;
  since: Instant;
  /** Limits of half a minute. */
  call(signal?: AbortSignal): Call;
}

export const callMs = 30_000;

export async function openSession(subject: Subject): Promise<Session> {
  const runtime = testRuntime();
  const platform = await subject.start(runtime);
  const wire = createWire(platform.fetch, subject.asks);
  const { manifest } = subject.connector;
  const contextOf = (secrets: Record<string, unknown>): OpenContext => ({
    settings: manifest.settings.parse(subject.settings),
    secrets: manifest.secrets.parse(secrets),
    fetch: wire.fetch,
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
    ...(platform.sockets ? { sockets: platform.sockets } : {}),
  });
  const reopen = (secrets = subject.secrets, tokens = platform.authorization?.tokens()) => {
    const context = contextOf(secrets);
    return subject.connector.open(tokens === undefined ? context : { ...context, tokens });
  };
  const account = reopen();
  return {
    runtime,
    platform,
    wire,
    account,
    profile: profileOf(manifest, account),
    reopen,
    authorization: () => subject.connector.authorization?.(contextOf(subject.secrets)),
    tailMs: subject.tailMs ?? 0,
    since: subject.since ?? longAgo,
    call: (signal = new AbortController().signal) => ({
      signal,
      deadlineMs: runtime.clock.nowMs() + callMs,
      turn: async () => {
        wire.allow();
        return null;
      },
    }),
  };
}

/** The member of an account or its fake, which the manifest promises to be there. */
export function present<Value>(value: Value | undefined, name: string): Value {
  expect(value, `${name}, which the manifest promises`).toBeDefined();
  return value as Value;
}

/**
 * Waits for work that may sleep on the test's clock, moving the clock on only when nothing else happens. Fails when it
 * has not ended after `limitMs` of that clock: a call must never hang.
 */
export async function finish<Value>(
  runtime: TestRuntime,
  work: Promise<Value>,
  limitMs = 2 * callMs,
): Promise<Value> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  for (let passedMs = 0; ; passedMs += 1000) {
    for (let turn = 0; turn < 50 && !isDone; turn += 1)
      await new Promise<void>((resolve) => setImmediate(resolve));
    if (isDone) return work;
    expect(passedMs, "milliseconds on the clock until the call ended").toBeLessThan(limitMs);
    await runtime.advance(1000);
  }
}

/** The value of a call that must have worked. */
export function successOf<Value>(result: Result<Value>): Value {
  if (!result.ok) expect.fail(`expected success, got ${result.kind}: ${result.message}`);
  return result.value;
}

/** The failure of a call that must have failed. */
export function failureOf(result: { ok: true } | Failure): Failure {
  if (result.ok) expect.fail("expected a failure, got success");
  return result;
}

/** `count` paid orders over the first three listings, one a second: times that lie apart, as in life. */
export async function placeOrders({ platform, runtime }: Session, count: number): Promise<PlacedOrder[]> {
  const orders = present(platform.orders, "orders on its fake");
  const placed: PlacedOrder[] = [];
  for (let index = 0; index < count; index += 1) {
    const listing = platform.listings[index % 3];
    if (listing === undefined) throw new Error("a fake platform needs three listings");
    placed.push(await orders.place(listing, 1));
    await runtime.advance(1000);
  }
  return placed;
}

export interface Pulled {
  /** The last snapshot of each order, by external id. */
  orders: Map<string, OrderSnapshot>;
  pages: PullPage[];
  cursor: Json;
}

export interface PullOptions {
  cursor?: Json | null;
  since?: Instant;
  /** Between two pages, with the number of pages read so far. */
  between?: (pagesRead: number, page: PullPage) => void | Promise<void>;
}

/** Before any clock of these tests. */
export const longAgo: Instant = "2026-11-01T00:00:00.000Z";

/** Reads to the end. The cursor goes through text between pages, and every page is read by a newly opened account. */
export async function pullAll(session: Session, options: PullOptions = {}): Promise<Pulled> {
  const orders = new Map<string, OrderSnapshot>();
  const pages: PullPage[] = [];
  let cursor: Json | null = options.cursor ?? null;
  if (session.tailMs > 0) await session.runtime.advance(session.tailMs);
  for (;;) {
    const account = session.reopen();
    const request = { cursor: throughText(cursor), since: options.since ?? session.since };
    const page = successOf(
      await finish(session.runtime, present(account.orders, "orders").pull(request, session.call())),
    );
    pages.push(page);
    for (const order of page.orders) orders.set(order.externalId, order);
    cursor = page.cursor;
    if (!page.more) return { orders, pages, cursor };
    expect(pages.length, "pages read without coming to an end").toBeLessThan(200);
    await options.between?.(pages.length, page);
  }
}

const throughText = (cursor: Json | null): Json | null => JSON.parse(JSON.stringify(cursor)) as Json | null;

export const idsOf = (orders: Iterable<{ externalId: string }>): string[] =>
  [...new Set([...orders].map((order) => order.externalId))].sort();
