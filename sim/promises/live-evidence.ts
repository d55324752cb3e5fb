import type { SessionEventData } from "../../src/core/events/types.ts";
import { readReport, type SessionReport } from "../../src/core/live/read-report.ts";
import type { World } from "../world/world.ts";

/** What the hub holds of live rooms at the end. */
export interface LiveEvidence {
  items: {
    id: string;
    sessionId: string;
    share: number;
    claimed: number;
    sold: number;
    givenBack: number;
    waiting: number;
  }[];
  claims: LiveClaimFound[];
  comments: { sessionId: string; externalId: string; no: number; outcome: string }[];
  /** What cockpits were told, in order. */
  told: SessionEventData[];
  gaps: { from: string; to: string }[];
  reports: SessionReport[];
}

export interface LiveClaimFound {
  id: string;
  sessionId: string;
  itemId: string;
  viewerKey: string;
  commentNo: number;
  /** The platform's id of the comment. */
  comment: string;
  quantity: number;
  state: string;
  place: number | null;
  orderId: string | null;
  expiresAt: string | null;
}

export async function gatherLive(world: World): Promise<LiveEvidence | null> {
  const { live, db, furniture } = world;
  if (!live) return null;
  const { merchantId } = furniture;
  const all = <Row>(text: string) => db.query<Row>(text, [merchantId]);
  const reports = await Promise.all(live.truth.sessions.map(({ id }) => readReport(db, merchantId, id)));
  return {
    items: await all(
      `select id, session_id as "sessionId", share, claimed, sold, given_back as "givenBack", waiting from live_items where merchant_id = $1`,
    ),
    claims: await all<LiveClaimFound>(
      `select c.id, c.session_id as "sessionId", c.item_id as "itemId", c.viewer_key as "viewerKey", c.comment_no as "commentNo", m.external_id as comment,
         c.quantity, c.state, c.place, c.order_id as "orderId", c.expires_at as "expiresAt"
       from claims c join live_comments m on m.merchant_id = $1 and m.session_id = c.session_id and m.no = c.comment_no
       where c.merchant_id = $1 order by c.item_id, c.place nulls last, c.id`,
    ),
    comments: await all(
      `select session_id as "sessionId", external_id as "externalId", no, outcome from live_comments where merchant_id = $1 order by session_id, no`,
    ),
    told: (
      await all<{ data: SessionEventData }>(
        "select data from events where merchant_id = $1 and type = 'session.changed' order by seq",
      )
    ).map(({ data }) => data),
    gaps: await all(
      `select started_at as "from", finished_at as "to" from sync_runs where merchant_id = $1 and job = 'room_gap'`,
    ),
    reports: reports.flatMap((report) => report ?? []),
  };
}
