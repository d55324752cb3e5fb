import type { DataKey } from "../vault.ts";
import type { DecideComment, PreparedComments, PreparedDecision, TakeComments } from "./commands.ts";

/** What is computed before a batch, outside any transaction: digests of viewers and sealed bodies. */

export interface CommentBody {
  text: string;
  viewer?: { externalId: string; name?: string | undefined };
}

/** Equal for one viewer wherever the id is the same; within a session it tells viewers apart. */
export const viewerKeyOf = (key: DataKey, externalId: string): string => key.digest(externalId, "viewer");

const bodyContext = (sessionId: string, externalId: string) => `comment:${sessionId}:${externalId}`;
const viewerContext = (sessionId: string, commentNo: number) => `comment viewer:${sessionId}:${commentNo}`;

export function prepareComments(key: DataKey, command: TakeComments): PreparedComments {
  const prepared = command.comments.map(({ externalId, text, viewer }) => {
    const body: CommentBody = { text, ...(viewer ? { viewer } : {}) };
    return {
      viewerKey: viewer ? viewerKeyOf(key, viewer.externalId) : null,
      body: key.seal(JSON.stringify(body), bodyContext(command.sessionId, externalId)),
    };
  });
  return { ...command, prepared };
}

export function prepareDecision(key: DataKey, command: DecideComment): PreparedDecision {
  const { viewer, sessionId, commentNo } = command;
  if (!viewer) return { ...command, viewerKey: null, identified: null };
  const identified = key.seal(JSON.stringify(viewer), viewerContext(sessionId, commentNo));
  return { ...command, viewerKey: viewerKeyOf(key, viewer.externalId), identified };
}

/** Opens what was stored of a comment. Throws when the key does not fit. */
export function openComment(
  key: DataKey,
  stored: {
    sessionId: string;
    externalId: string;
    no: number;
    body: Uint8Array;
    identified: Uint8Array | null;
  },
): CommentBody {
  const body = JSON.parse(
    key.openText(stored.body, bodyContext(stored.sessionId, stored.externalId)),
  ) as CommentBody;
  if (stored.identified === null) return body;
  const viewer = JSON.parse(key.openText(stored.identified, viewerContext(stored.sessionId, stored.no)));
  return { ...body, viewer };
}
