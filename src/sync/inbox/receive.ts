import { createHash } from "node:crypto";
import type { RawDelivery, Verification, Webhooks } from "../../connectors/contract.ts";
import { msOf, nowInstant } from "../../core/clock.ts";
import { isSluiceError, SluiceError } from "../../core/errors.ts";
import type { OpenConnection } from "../connections.ts";
import type { Receipt } from "../contract.ts";
import type { SyncContext } from "../parts.ts";
import { storableText } from "../storable.ts";
import { payloadContext } from "./claim.ts";
import type { Drain } from "./drain.ts";
import type { InboxWriter } from "./writer.ts";

/** A secret changed in another process counts here once a signature fails, at most this often per connection. */
const reloadEveryMs = 1_000;
/** Keeps the inbox's key far below the size an index row may have. */
const longestDeliveryId = 200;

const emptyAcknowledgement = { status: 204, body: "", contentType: "text/plain" };

/**
 * Takes one delivery: verified over its raw bytes, stored, committed, and only then answered. A forged one leaves
 * nothing but a counter. Rejects with a retryable error when it could not be stored, so that the platform repeats it.
 */
export const createReceiver =
  (context: SyncContext, writer: InboxWriter, drain: Drain) =>
  async (connectionId: string, delivery: RawDelivery): Promise<Receipt> => {
    const counted = context.counters.deliveries;
    const found = await lookUp(context, connectionId);
    if (!found?.account.webhooks || found.status === "removed") {
      counted.unknownConnection += 1;
      return { accepted: false, reason: "unknown_connection" };
    }
    const probed = probe(context, found, delivery);
    if (probed) return { accepted: true, repeated: false, acknowledgement: probed, probe: true };
    if (delivery.method === "GET") return { accepted: false, reason: "not_a_probe" };
    const { connection, verification } = await verify(context, found, delivery);
    if (!verification.verified) {
      counted.forged += 1;
      return { accepted: false, reason: "signature_refused" };
    }
    if (connection.status === "paused") {
      counted.paused += 1;
      return { accepted: false, reason: "paused" };
    }
    const content = verification.content ?? delivery.body;
    const repeated = await store(context, { writer, drain }, connection, content, verification);
    counted[repeated ? "repeated" : "accepted"] += 1;
    const acknowledgement =
      verification.acknowledgement ?? connection.account.webhooks?.acknowledgement ?? emptyAcknowledgement;
    return { accepted: true, repeated, acknowledgement };
  };

/** A question whether we are there, under the current secrets or those before. */
function probe(context: SyncContext, connection: OpenConnection, delivery: RawDelivery) {
  const now = nowInstant(context.runtime.clock);
  const { previous } = connection;
  const accounts = [connection.account, ...(previous && now < previous.until ? [previous.account] : [])];
  for (const { webhooks } of accounts) {
    const answer = webhooks?.probe?.(delivery, now) ?? null;
    if (answer) return answer;
  }
  return null;
}

async function lookUp(context: SyncContext, connectionId: string): Promise<OpenConnection | null> {
  try {
    return await context.connections.byId(connectionId);
  } catch (error) {
    context.counters.deliveries.notStored += 1;
    if (isSluiceError(error)) throw error;
    throw new SluiceError(
      "unavailable",
      `Connection ${connectionId} could not be looked up; send the delivery again.`,
      {
        cause: error,
      },
    );
  }
}

interface Verified {
  connection: OpenConnection;
  verification: Verification;
}

async function verify(
  context: SyncContext,
  connection: OpenConnection,
  delivery: RawDelivery,
): Promise<Verified> {
  const nowMs = context.runtime.clock.nowMs();
  const verification = verifyWith(context, connection, delivery);
  if (verification.verified || nowMs - connection.loadedAtMs < reloadEveryMs)
    return { connection, verification };
  const reloaded = await context.connections.fresh(connection.id);
  if (!reloaded) return { connection, verification };
  return { connection: reloaded, verification: verifyWith(context, reloaded, delivery) };
}

/** The current secret, then the one before it while that still counts. */
function verifyWith(context: SyncContext, connection: OpenConnection, delivery: RawDelivery): Verification {
  const { clock } = context.runtime;
  const check = (webhooks: Webhooks | undefined): Verification =>
    webhooks?.verify(delivery, nowInstant(clock)) ?? { verified: false, reason: "no_secret" };
  const verification = check(connection.account.webhooks);
  const { previous } = connection;
  if (verification.verified || previous === null || msOf(previous.until) <= clock.nowMs())
    return verification;
  const byPrevious = check(previous.account.webhooks);
  return byPrevious.verified ? byPrevious : verification;
}

async function store(
  context: SyncContext,
  { writer, drain }: { writer: InboxWriter; drain: Drain },
  connection: OpenConnection,
  body: Uint8Array,
  { deliveryId, topic }: { deliveryId: string; topic: string },
): Promise<boolean> {
  const digest = sha256(body);
  const key = {
    merchantId: connection.merchantId,
    connectionId: connection.id,
    deliveryId: storableId(deliveryId),
    digest,
  };
  const payload = connection.key.seal(body, payloadContext(connection.id, digest));
  try {
    const stored = await writer.store({ ...key, topic: storableText(topic), payload });
    if (stored.kept) drain.keep({ ...key, topic, body, attempts: 0 });
    return stored.repeated;
  } catch (error) {
    context.counters.deliveries.notStored += 1;
    throw error;
  }
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

const storableId = (deliveryId: string): string =>
  deliveryId.length > longestDeliveryId ? `sha256:${sha256(deliveryId)}` : storableText(deliveryId);
