import type { Failure, Json, MakeCall, Rooms } from "../../connectors/contract.ts";
import { retryableKinds } from "../../connectors/contract.ts";
import { closeTasks, raiseTask } from "../../core/tasks.ts";
import { waitAfter } from "../backoff.ts";
import type { OpenConnection } from "../connections.ts";
import type { Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import { refuseConnection } from "../refuse.ts";
import { createHandOver, type HandOver } from "./hand-over.ts";
import { loadRoomState } from "./state.ts";

export const unreachableTask = "room_unreachable";

/** Soon, since viewers write while nobody listens; a platform that stays away is asked twice a minute. */
const retryPlan = { firstWaitMs: 500, maxWaitMs: 30_000 };
/** For refusals that a person must look into. */
const refusedPlan = { firstWaitMs: 60_000, maxWaitMs: 600_000 };
/** A connection that ends sooner counts as a failed attempt, or a room that drops everybody would be connected to without a pause. */
const lastingMs = 10_000;
/** Attempts in a row, about a quarter of a minute, before a person is called. */
const attemptsUntilTask = 6;
/** At the end, what has come in is handed over; a core that takes nothing is not waited for longer. */
const lastHandOverMs = 5_000;

/** Follows one room, connection after connection, until it is stopped, the lease is lost or the credentials are refused. */
export async function followRoom(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  stop: AbortSignal,
): Promise<void> {
  const { rooms } = connection.account;
  if (!rooms) return;
  const state = await loadRoomState(context.db, connection.merchantId, connection.id);
  const handOver = createHandOver({ context, connection, lease, state });
  const handedOver = new AbortController();
  const giveUp = new AbortController();
  const handing = handOver.run(giveUp.signal).finally(() => handedOver.abort());
  const ending = AbortSignal.any([stop, lease.signal, handedOver.signal]);
  try {
    await keepConnected({ context, connection, rooms, handOver, position: state.position, ending });
  } finally {
    handOver.end();
    // Whatever is still under way then may end late: its comments count once, and its place is no longer ours to store.
    const tooLong = context.runtime.timers.sleep(lastHandOverMs, handedOver.signal);
    await Promise.race([handing, tooLong]);
    giveUp.abort();
  }
}

interface Following {
  context: SyncContext;
  connection: OpenConnection;
  rooms: Rooms;
  handOver: HandOver;
  position: Json | null;
  ending: AbortSignal;
}

interface Life {
  position: Json | null;
  /** When the present connection came about. */
  connectedMs: number | null;
  /** The task that calls a person is closed. */
  isReachable: boolean;
}

async function keepConnected(following: Following): Promise<void> {
  const { context, connection, ending } = following;
  const { runtime, counters, log } = context;
  const life: Life = { position: following.position, connectedMs: null, isReachable: false };
  let attempts = 0;
  while (!ending.aborted) {
    life.connectedMs = null;
    const failure = await connectOnce(following, life);
    if (failure === null || ending.aborted) return;
    counters.rooms.lost += 1;
    log.warn(
      { connectionId: connection.id, kind: failure.kind, problem: failure.message },
      "The connection to a room has ended; it is made anew.",
    );
    if (failure.kind === "auth") return refuseConnection(context, connection, failure);
    const lasted = life.connectedMs !== null && runtime.clock.nowMs() - life.connectedMs >= lastingMs;
    attempts = lasted ? 1 : attempts + 1;
    const mayPass = retryableKinds.has(failure.kind) || failure.kind === "unknown";
    if (!mayPass || attempts === attemptsUntilTask) await callForPerson(context, connection, failure);
    if (!mayPass || attempts >= attemptsUntilTask) life.isReachable = false;
    const waitMs = waitAfter(attempts, mayPass ? retryPlan : refusedPlan, runtime.random);
    await runtime.timers.sleep(Math.max(waitMs, failure.retryAfterMs ?? 0), ending);
  }
}

/** One connection; null when it was told to end. An exception out of a connector is a bug in it. */
async function connectOnce(
  { context, connection, rooms, handOver, ending }: Following,
  life: Life,
): Promise<Failure | null> {
  const listen: HandOver["listen"] = async (news, position) => {
    if (news.kind === "connected") {
      context.counters.rooms.connected += 1;
      context.log.info({ connectionId: connection.id, room: news.room }, "A room is being followed.");
      if (!life.isReachable) await closeUnreachable(context, connection);
      life.isReachable = true;
      life.connectedMs = context.runtime.clock.nowMs();
    }
    await handOver.listen(news, position);
    // What waits here is handed over before anything a later connection brings.
    life.position = position;
  };
  // What a call answers is handed on as it is, with whatever its connector reads in it.
  const make = ((work, stop) =>
    context.calls.result(connection, (_account, call) => work(call), stop)) as MakeCall;
  try {
    const result = await rooms.follow(life.position, listen, ending, make);
    return result.ok ? null : result;
  } catch (error) {
    context.log.error(
      {
        connectionId: connection.id,
        connector: connection.connector.manifest.id,
        error: connection.thrown(error),
      },
      "A connector threw instead of answering; this is a bug in it.",
    );
    return { ok: false, kind: "malformed", message: "The connector failed; its log entry says why." };
  }
}

const callForPerson = (context: SyncContext, connection: OpenConnection, failure: Failure) =>
  raiseTask(context.db, context.runtime, connection.merchantId, {
    kind: unreachableTask,
    subject: connection.id,
    message: `The room of "${connection.name}" cannot be followed: its comments are not coming in. It is tried again by itself.`,
    detail: { problem: failure.message },
  }).catch(() => undefined);

const closeUnreachable = (context: SyncContext, connection: OpenConnection) =>
  closeTasks(context.db, context.runtime, connection.merchantId, [
    { kind: unreachableTask, subject: connection.id },
  ]).catch(() => undefined);
