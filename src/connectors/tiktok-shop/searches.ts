import type { z } from "zod";
import { addMs, type Instant, msOf } from "../../core/clock.ts";
import type { Call, Json, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { afterByTime, byTimePlace, wholeSeconds } from "../toolkit/windows.ts";
import type { TiktokClient } from "./client.ts";
import * as wire from "./wire.ts";

/** Lists by time: orders, returns, cancellations. All three take the same parameters. */

export interface Search {
  name: string;
  path: string;
  answer: z.ZodType<wire.WirePage>;
  /** Of a row; undefined when it cannot be read. */
  updatedAt(row: Json): Instant | undefined;
  /** Rows of one page at most. */
  most: number;
}

const afterSaleTime = (row: Json) => wire.afterSaleHeadSchema.safeParse(row).data?.update_time ?? undefined;

export const orderSearch: Search = {
  name: "Search of orders",
  path: "/order/202309/orders/search",
  answer: wire.orderPageSchema,
  updatedAt: (row) => wire.orderHeadSchema.safeParse(row).data?.update_time ?? undefined,
  most: 100,
};
export const returnSearch: Search = {
  name: "Search of returns",
  path: "/return_refund/202309/returns/search",
  answer: wire.returnPageSchema,
  updatedAt: afterSaleTime,
  most: 50,
};
export const cancellationSearch: Search = {
  name: "Search of cancellations",
  path: "/return_refund/202309/cancellations/search",
  answer: wire.cancellationPageSchema,
  updatedAt: afterSaleTime,
  most: 50,
};

type Field = "update_time" | "create_time";

/** Seconds; the beginning is in, the end is out. */
interface Span {
  field: Field;
  from: number;
  to: number;
}

const secondsOf = (instant: Instant): number => msOf(instant) / 1000;

const ask = (
  client: TiktokClient,
  { path, answer }: Search,
  { field, from, to }: Span,
  { size, token }: { size: number; token: string | null },
  call: Call,
): Promise<Result<wire.WirePage>> =>
  client.ask(
    path,
    { page_size: size, sort_field: field, sort_order: "ASC", page_token: token ?? undefined },
    { [`${field}_ge`]: from, [`${field}_lt`]: to },
    answer,
    call,
  );

const mostPages = 200;

/** All rows of a span, page by page. For spans that hold still: creation times, or a single second. */
export const allWithin = (
  client: TiktokClient,
  search: Search,
  span: Span,
  call: Call,
): Promise<Result<Json[]>> =>
  collectPages(search.name, mostPages, async (token: string | null) => {
    const page = await ask(client, search, span, { size: search.most, token }, call);
    return page.ok ? { ok: true, value: { items: page.value.rows, next: page.value.token } } : page;
  });

/**
 * One page of what changed within a window, and the place after it. What page tokens mean while rows change is not documented, so they are not
 * followed: the next page is asked for by time. Only a single second with more rows than a page is read by tokens, at once.
 */
export async function changedWithin(
  client: TiktokClient,
  search: Search,
  run: { from: Instant; to: Instant; page: Json },
  size: number,
  call: Call,
): Promise<Result<{ rows: Json[]; next: Json | null }>> {
  const window = wholeSeconds(run);
  const place = byTimePlace(run.page, window.from);
  const from = secondsOf(place.after);
  if (place.skip > 0) {
    const all = await allWithin(client, search, { field: "update_time", from, to: from + 1 }, call);
    if (!all.ok) return all;
    const after = addMs(place.after, 1000);
    const next = msOf(after) < msOf(window.to) ? { plan: "byTime", after, skip: 0 } : null;
    return { ok: true, value: { rows: all.value, next } };
  }
  const span: Span = { field: "update_time", from, to: secondsOf(window.to) };
  const page = await ask(client, search, span, { size, token: null }, call);
  if (!page.ok) return page;
  const { rows, token } = page.value;
  if (token === null) return { ok: true, value: { rows, next: null } };
  const times = rows.map(search.updatedAt).filter((time) => time !== undefined);
  // A page may be short of what was asked for; that there is another is told by its token.
  // No row needs a name: where rows would have to be counted off, the whole second is read above.
  const timed = times.map((updatedAt) => ({ externalId: "", updatedAt }));
  const next = timed.length === 0 ? "unsorted" : afterByTime(place, timed, timed.length);
  return next === "unsorted"
    ? failure("malformed", `${search.name} does not come sorted by update time`)
    : { ok: true, value: { rows, next } };
}

/** Ids of orders placed in [from, to). */
export async function placedWithin(
  client: TiktokClient,
  { from, to }: { from: Instant; to: Instant },
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const whole = wholeSeconds({ from, to });
  const span: Span = { field: "create_time", from: secondsOf(whole.from), to: secondsOf(whole.to) };
  const rows = await allWithin(client, orderSearch, span, call);
  if (!rows.ok) return rows;
  const externalIds: string[] = [];
  for (const row of rows.value) {
    const head = wire.orderHeadSchema.safeParse(row).data;
    if (!head) return failure("malformed", "An order of the list has no id");
    const placedMs = head.create_time ? msOf(head.create_time) : msOf(from);
    if (placedMs >= msOf(from) && placedMs < msOf(to)) externalIds.push(head.id);
  }
  return { ok: true, value: { externalIds } };
}
