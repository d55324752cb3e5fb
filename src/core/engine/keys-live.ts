import type { Instant } from "../clock.ts";
import type { PreparedLive } from "../live/commands.ts";
import type { PreparedOrder } from "../orders/apply-order.ts";

/** What the commands of a batch name of live sessions. */
export interface LiveKeys {
  sessionIds: Set<string>;
  claimIds: Set<string>;
  comments: { sessionId: string; externalId: string }[];
  commentNos: { sessionId: string; no: number }[];
  viewers: { sessionId: string; viewerKey: string }[];
  /** Orders that may belong to a session. */
  orders: { connectionId: string; liveSession: string | null; placedAt: Instant; viewerKey: string | null }[];
  /** Sessions of which a command changes more than claims while on air: their stock is locked. */
  touchesStock: Set<string>;
}

export const noLiveKeys = (): LiveKeys => ({
  sessionIds: new Set(),
  claimIds: new Set(),
  comments: [],
  commentNos: [],
  viewers: [],
  orders: [],
  touchesStock: new Set(),
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
      return;
    case "comment.decide":
      keys.sessionIds.add(command.sessionId);
      keys.commentNos.push({ sessionId: command.sessionId, no: command.commentNo });
      if (command.viewerKey !== null)
        keys.viewers.push({ sessionId: command.sessionId, viewerKey: command.viewerKey });
      return;
    case "comments.take":
      keys.sessionIds.add(command.sessionId);
      command.comments.forEach(({ externalId }, index) => {
        keys.comments.push({ sessionId: command.sessionId, externalId });
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
    liveSession: snapshot.liveSession ?? null,
    placedAt: snapshot.placedAt,
    viewerKey,
  });
}
