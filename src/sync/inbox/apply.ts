import type { Failure, Interpretation, PullPage } from "../../connectors/contract.ts";
import { chunksOf } from "../../connectors/toolkit/paging.ts";
import { addMs, nowInstant } from "../../core/clock.ts";
import type { LiveComment } from "../../core/model/comment.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import { waitAfter } from "../backoff.ts";
import { mayRetry } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import { type Intake, submitOrders } from "../intake.ts";
import type { SyncContext } from "../parts.ts";
import { takeInParts } from "../rooms/take.ts";
import type { DeliveryKey, Verdict } from "./close.ts";

/** A stored delivery, opened, in the hands of this process. */
export interface Ready extends DeliveryKey {
  topic: string;
  body: Uint8Array;
  /** How often it was taken from the inbox before. */
  attempts: number;
}

/** Deliveries of our own making: an order that could not be read or taken from a pull, kept to be fetched again. */
export const refetchTopic = "sluice:refetch";

export type Tell = (delivery: Ready, verdict: Verdict) => void;

/** What one order, or one order id, came to. */
type Fate = Intake | { kind: "unreadable"; reason: string };

/**
 * Decides the fate of deliveries of one connection and tells it one by one. Deliveries that carry their orders go
 * first; those that only name orders need a call to the platform, which may be slow.
 */
export async function applyDeliveries(
  context: SyncContext,
  connection: OpenConnection,
  deliveries: readonly Ready[],
  tell: Tell,
): Promise<void> {
  const carrying: { delivery: Ready; orders: OrderSnapshot[] }[] = [];
  const naming: { delivery: Ready; externalIds: string[] }[] = [];
  const chatting: { delivery: Ready; comments: LiveComment[] }[] = [];
  for (const delivery of deliveries) {
    const meaning = interpret(connection, delivery);
    if (meaning.kind === "orders") carrying.push({ delivery, orders: meaning.orders });
    else if (meaning.kind === "fetch") naming.push({ delivery, externalIds: meaning.externalIds });
    else if (meaning.kind === "comments") chatting.push({ delivery, comments: meaning.comments });
    else if (meaning.kind === "ignore") tell(delivery, { status: "ignored", reason: meaning.reason });
    else tell(delivery, { status: "quarantined", kind: "malformed", reason: meaning.reason });
  }
  await Promise.all([
    applyOrders(context, connection, carrying, tell),
    applyComments(context, connection, chatting, tell),
  ]);
  await fetchOrders(context, connection, naming, tell);
}

function interpret(connection: OpenConnection, delivery: Ready): Interpretation {
  if (delivery.topic === refetchTopic) return { kind: "fetch", externalIds: [delivery.deliveryId] };
  if (!connection.account.webhooks)
    return { kind: "unusable", reason: "This connection takes no webhooks any more." };
  try {
    return connection.account.webhooks.interpret(delivery.topic, delivery.body);
  } catch (error) {
    return { kind: "unusable", reason: `The connector failed on it: ${connection.thrown(error)}` };
  }
}

async function applyOrders(
  context: SyncContext,
  connection: OpenConnection,
  carrying: readonly { delivery: Ready; orders: OrderSnapshot[] }[],
  tell: Tell,
): Promise<void> {
  await Promise.all(
    carrying.map(async ({ delivery, orders }) => {
      const fates = await submitOrders(context, connection, orders);
      tell(delivery, verdictOf(context, delivery, fates));
    }),
  );
}

/** All at once and in order of arrival, so that a rush on one item is one decision. Each is closed once it was taken. */
async function applyComments(
  context: SyncContext,
  connection: OpenConnection,
  chatting: readonly { delivery: Ready; comments: LiveComment[] }[],
  tell: Tell,
): Promise<void> {
  const source = { merchantId: connection.merchantId, connectionId: connection.id };
  const taken = await takeInParts(context, source, chatting, ({ comments }) => comments);
  for (const [index, { delivery, comments }] of chatting.entries()) {
    const intake = taken[index];
    if (intake === undefined) continue;
    const refused = intake.kind === "retry" || intake.kind === "refused";
    if (!refused) context.counters.rooms.comments += comments.length;
    tell(delivery, verdictOf(context, delivery, [intake]));
  }
}

async function fetchOrders(
  context: SyncContext,
  connection: OpenConnection,
  naming: readonly { delivery: Ready; externalIds: string[] }[],
  tell: Tell,
): Promise<void> {
  if (naming.length === 0) return;
  const wanted = [...new Set(naming.flatMap(({ externalIds }) => externalIds))];
  const fates = await fetchFates(context, connection, wanted);
  for (const { delivery, externalIds } of naming) {
    const own = externalIds.flatMap((externalId) => fates.get(externalId) ?? []);
    tell(delivery, verdictOf(context, delivery, own));
  }
}

/** Fetches orders by id, a page at a time, and hands them to the engine. Every id gets its fate. */
export async function fetchFates(
  context: SyncContext,
  connection: OpenConnection,
  externalIds: readonly string[],
): Promise<Map<string, Fate>> {
  const fates = new Map<string, Fate>();
  for (const ids of chunksOf(externalIds, connection.profile.limits.ordersPerPage)) {
    for (const [externalId, fate] of await fetchPage(context, connection, ids)) fates.set(externalId, fate);
  }
  return fates;
}

async function fetchPage(
  context: SyncContext,
  connection: OpenConnection,
  ids: readonly string[],
): Promise<Map<string, Fate>> {
  const fates = new Map<string, Fate>();
  const { orders } = connection.account;
  if (!orders || connection.status !== "active") {
    const reason = orders
      ? `The connection is ${connection.status}.`
      : "The platform's orders cannot be fetched.";
    for (const id of ids) fates.set(id, { kind: "retry", code: "unavailable", reason });
    return fates;
  }
  const fetched = await context.calls.read(connection, (account, call) =>
    (account.orders ?? orders).fetch(ids, call),
  );
  if (!fetched.ok) {
    for (const id of ids) fates.set(id, fateOfFailure(fetched));
    return fates;
  }
  return fatesOfPage(context, connection, ids, fetched.value);
}

const fateOfFailure = (failure: Failure): Fate =>
  mayRetry(failure) || failure.kind === "unknown" || failure.kind === "auth"
    ? { kind: "retry", code: failure.kind, reason: failure.message }
    : { kind: "refused", code: failure.kind, reason: failure.message };

async function fatesOfPage(
  context: SyncContext,
  connection: OpenConnection,
  ids: readonly string[],
  page: PullPage,
): Promise<Map<string, Fate>> {
  const fates = new Map<string, Fate>(
    ids.map((id) => [id, { kind: "unreadable", reason: `The platform does not know order ${id}.` }]),
  );
  for (const { externalId, reason } of page.rejected) fates.set(externalId, { kind: "unreadable", reason });
  const intakes = await submitOrders(context, connection, page.orders);
  for (const [index, order] of page.orders.entries()) {
    const intake = intakes[index];
    if (intake) fates.set(order.externalId, intake);
  }
  return fates;
}

/** About 15 hours of tries; then a person should look. */
const mostAttempts = 100;
const retryPlan = { firstWaitMs: 2_000, maxWaitMs: 600_000 };

/** One delivery may carry several orders: it is done when all are, and what went wrong with one is what is said. */
function verdictOf(context: SyncContext, delivery: Ready, fates: readonly Fate[]): Verdict {
  const retry = fates.find((fate) => fate.kind === "retry");
  if (retry) {
    const attempts = delivery.attempts + 1;
    if (attempts >= mostAttempts)
      return { status: "quarantined", kind: retry.code, reason: `Tried ${attempts} times: ${retry.reason}` };
    const waitMs = waitAfter(attempts, retryPlan, context.runtime.random);
    const notBefore = addMs(nowInstant(context.runtime.clock), waitMs);
    return { status: "later", kind: retry.code, reason: retry.reason, notBefore };
  }
  const bad = fates.find((fate) => fate.kind === "refused" || fate.kind === "unreadable");
  if (bad)
    return {
      status: "quarantined",
      kind: bad.kind === "refused" ? bad.code : "malformed",
      reason: bad.reason,
    };
  if (fates.some((fate) => fate.kind === "applied")) return { status: "applied" };
  return {
    status: "ignored",
    reason: fates.length === 0 ? "It names no order." : "A newer state of the order was in already.",
  };
}
