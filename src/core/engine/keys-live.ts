import type { Instant } from "../clock.ts";
import type { PreparedLive } from "../live/commands.ts";
import type { PreparedOrder } from "../orders/apply-order.ts";
import type { PreparedMapping } from "../orders/cancel.ts";
import type { OrderRow } from "./rows.ts";

export interface LiveOrderKey {
  connectionId: string;
  /** Our ids of sessions, or rooms, that the order or its lines name. */
  liveSessions: string[];
  placedAt: Instant;
  viewerKey: string | null;
}

/** What the commands of a batch name of live sessions. */
export interface LiveKeys {
  sessionIds: Set<string>;
  claimIds: Set<string>;
  comments: { sessionId: string; externalId: string; sentAt: Instant }[];
  commentNos: { sessionId: string; no: number }[];
  viewers: { sessionId: string; viewerKey: string }[];
  /** Orders that may belong to a session. */
  orders: LiveOrderKey[];
  /** Orders whose units may go back to their session. */
  orderIds: string[];
  /** Sessions of which a command changes more than claims while on air: their stock is locked. */
  touchesStock: Set<string>;
  /** Sessions that are to go on air. */
  starting: Set<string>;
}

export const noLiveKeys = (): LiveKeys => ({
  sessionIds: new Set(),
  claimIds: new Set(),
  comments: [],
  commentNos: [],
  viewers: [],
  orders: [],
  orderIds: [],
  touchesStock: new Set(),
  starting: new Set(),
});

export function nameLive(keys: LiveKeys, command: PreparedLive): void {
  switch (command.kind) {
    case "claim.close":
    case "claim.hold":
      keys.claimIds.add(command.claimId);
      return;
    case "session.change":
      keys.sessionIds.add(command.sessionId);
      if (!["show", "soldOut"].includes(command.change.to)) keys.touchesStock.add(command.sessionId);
      if (command.change.to === "start") keys.starting.add(command.sessionId);
      return;
    case "comment.decide":
      keys.sessionIds.add(command.sessionId);
      keys.commentNos.push({ sessionId: command.sessionId, no: command.commentNo });
      if (command.viewerKey !== null)
        keys.viewers.push({ sessionId: command.sessionId, viewerKey: command.viewerKey });
      return;
    case "comments.take":
      keys.sessionIds.add(command.sessionId);
      command.comments.forEach(({ externalId, sentAt }, index) => {
        keys.comments.push({ sessionId: command.sessionId, externalId, sentAt });
        const viewerKey = command.prepared[index]?.viewerKey ?? null;
        if (viewerKey !== null) keys.viewers.push({ sessionId: command.sessionId, viewerKey });
      });
  }
}

export function nameLiveOrder(
  keys: LiveKeys,
  { connectionId, snapshot, viewerKey, claimId }: PreparedOrder,
): void {
  if (claimId !== undefined) keys.claimIds.add(claimId);
  keys.orders.push({
    connectionId,
    liveSessions: [snapshot.liveSession ?? [], snapshot.lines.map((line) => line.liveSession ?? [])].flat(2),
    placedAt: snapshot.placedAt,
    viewerKey,
  });
}

/** Orders that get their SKUs late are looked for like those that arrive, as soon as they are read. */
export function nameMapped(
  keys: LiveKeys,
  commands: readonly { kind: string }[],
  orders: readonly OrderRow[],
): void {
  for (const command of commands) {
    if (!isMapping(command)) continue;
    const order = orders.find(({ id }) => id === command.orderId);
    if (!order) continue;
    const { connectionId, placedAt } = order;
    const liveSessions = [
      ...new Set([order.liveSession ?? [], Object.values(order.terms?.liveSessions ?? {})].flat()),
    ];
    keys.orders.push({ connectionId, placedAt, liveSessions, viewerKey: command.viewerKey });
  }
}

const isMapping = (command: { kind: string }): command is PreparedMapping => command.kind === "order.map";
