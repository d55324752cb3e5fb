import type { Instant } from "../clock.ts";
import type { Sql, SqlValue } from "../db/database.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "../page.ts";
import type { ClaimState, CommentOutcome } from "./rows.ts";

/** Claims and comments as stored. Who wrote them stays sealed here; `openComment` opens it where the reader may see it. */

export interface SealedComment {
  sessionId: string;
  externalId: string;
  no: number;
  body: Uint8Array;
  identified: Uint8Array | null;
}

export interface StoredComment extends SealedComment {
  sentAt: Instant;
  receivedAt: Instant;
  outcome: CommentOutcome;
  reason: string | null;
}

export interface StoredClaim {
  id: string;
  sessionId: string;
  itemId: string;
  sku: string;
  code: string;
  variant: string | null;
  quantity: number;
  priceMinor: number;
  currency: string;
  state: ClaimState;
  reason: string | null;
  place: number | null;
  /** Where it stands among those who still wait: 1 is next. Null when it does not wait. */
  inLine: number | null;
  expiresAt: Instant | null;
  orderId: string | null;
  createdAt: Instant;
  changedAt: Instant;
}

const claimColumns = `c.id, c.session_id as "sessionId", c.item_id as "itemId", k.code as sku, i.code, i.variant, c.quantity,
  c.price_minor as "priceMinor", s.currency, c.state, c.reason, c.place, c.expires_at as "expiresAt", c.order_id as "orderId",
  c.created_at as "createdAt", c.changed_at as "changedAt",
  case when c.state = 'waitlisted' then (select count(*) from claims w where w.merchant_id = $1 and w.item_id = c.item_id
    and w.state = 'waitlisted' and w.place <= c.place) end as "inLine",
  c.comment_no as "commentNo", m.external_id as "externalId", m.no, m.body, m.identified`;

const joins = `join live_sessions s on s.merchant_id = $1 and s.id = c.session_id
  join live_items i on i.merchant_id = $1 and i.session_id = c.session_id and i.id = c.item_id
  join skus k on k.merchant_id = $1 and k.id = i.sku_id
  left join live_comments m on m.merchant_id = $1 and m.session_id = c.session_id and m.no = c.comment_no and m.no > 0`;

/** The comment is deleted some time after the show: then nobody knows any more who claimed. */
export type ClaimWithComment = StoredClaim & { commentNo: number } & (
    | SealedComment
    | { [Key in Exclude<keyof SealedComment, "sessionId">]: null }
  );

export async function readClaim(
  sql: Sql,
  merchantId: string,
  claimId: string,
): Promise<ClaimWithComment | undefined> {
  const [claim] = await sql.query<ClaimWithComment>(
    `select ${claimColumns} from claims c ${joins} where c.merchant_id = $1 and c.id = $2`,
    [merchantId, claimId],
  );
  return claim;
}

export interface ClaimFilter {
  sessionId: string;
  state?: ClaimState | undefined;
  viewerKey?: string | undefined;
}

/** The newest first. */
export async function listClaims(
  sql: Sql,
  merchantId: string,
  filter: ClaimFilter & PageRequest,
): Promise<Page<ClaimWithComment>> {
  const [before] = filter.cursor ? decodeCursor(filter.cursor, idPosition) : [lastId];
  const params: SqlValue[] = [merchantId, filter.sessionId, before, filter.limit + 1];
  let where = "";
  if (filter.state !== undefined) where += ` and state = $${params.push(filter.state)}`;
  if (filter.viewerKey !== undefined) where += ` and viewer_key = $${params.push(filter.viewerKey)}`;
  const rows = await sql.query<ClaimWithComment>(
    `select ${claimColumns} from (select * from claims where merchant_id = $1 and session_id = $2 and id < $3 and id > '00000000-0000-0000-0000-000000000000'${where}
       order by id desc limit $4) c ${joins} order by c.id desc`,
    params,
  );
  return toPage(rows, filter.limit, (last) => [last.id]);
}

const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const commentColumns = `session_id as "sessionId", external_id as "externalId", no, body, identified, sent_at as "sentAt",
  received_at as "receivedAt", outcome, reason`;

/** Comments in order of arrival, from `afterNo` on. */
export const readComments = (
  sql: Sql,
  merchantId: string,
  sessionId: string,
  options: { afterNo: number; limit: number; unclear?: boolean },
): Promise<StoredComment[]> =>
  sql.query<StoredComment>(
    `select ${commentColumns} from live_comments where merchant_id = $1 and session_id = $2 and no > $3 and no > 0
       ${options.unclear === true ? "and outcome = 'unclear'" : ""} order by no limit $4`,
    [merchantId, sessionId, options.afterNo, options.limit],
  );
