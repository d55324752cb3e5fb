import {
  atMost,
  byId,
  cell,
  fill,
  heading,
  livelyCell,
  make,
  money,
  number,
  row,
  table,
  tag,
} from "./draw.js";
import { text } from "./texts.js";

/** The card of the sessions on air: what is shown, what is left, who waits. */

export function drawLive({ live }) {
  const card = byId("live");
  card.hidden = live.length === 0;
  if (live.length === 0) return card.replaceChildren();
  const columns = row(
    heading(text("liveItem")),
    heading(text("sku")),
    heading(text("livePrice"), "number"),
    heading(text("liveLeft"), "number"),
    heading(text("liveClaimed"), "number"),
    heading(text("liveWaiting"), "number"),
    heading(text("sold"), "number"),
  );
  const rows = live.flatMap(({ session, unclear }) => [
    row(cell(titleOf(session, unclear), "strong wrap")),
    ...session.items.filter((item) => item.active).map((item) => itemRow(session, item)),
  ]);
  const comments = live.reduce((total, { session }) => total + session.comments, 0);
  return fill(
    "live",
    text("liveSessions"),
    text("liveNote", { comments: number(comments) }),
    table([columns], rows),
  );
}

const titleOf = (session, unclear) =>
  make(
    "span",
    {},
    session.host === null ? session.title : `${session.title} · ${session.host} `,
    unclear === 0 ? null : tag(text("liveUnclear", { count: atMost(unclear, 100) }), "watch"),
  );

function itemRow(session, item) {
  const key = `live ${item.id}`;
  const name = make(
    "span",
    {},
    item.variant === null ? item.code : `${item.code} ${item.variant} `,
    item.shown ? tag(text("liveShown"), "good") : null,
    item.soldOut ? tag(text("liveSoldOut"), "watch") : null,
  );
  return row(
    cell(name),
    cell(item.sku, "quiet"),
    cell(money(item.priceMinor, session.currency), "number"),
    livelyCell(`${key} free`, item.free, `number strong${item.free === 0 ? " none" : ""}`),
    livelyCell(`${key} claimed`, item.claimed, "number"),
    livelyCell(`${key} waiting`, item.waiting, "number"),
    livelyCell(`${key} sold`, item.sold, "number"),
  );
}
