import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { askTogether, type ReadOne, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterLastFirst,
  afterWindow,
  lastFirstPage,
  type OpenWindow,
  openWindow,
  type WindowPolicy,
  type WindowStep,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import { casesOf } from "./after-sales.ts";
import type { XiaohongshuClient } from "./client.ts";
import { orderStatus } from "./codes.ts";
import { readOrder } from "./map.ts";
import type { XiaohongshuSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Half an hour of updates at most; the platform wants its pages read from the last to the first. */
export const windowPolicy: WindowPolicy = { longestMs: 1_800_000, overlapMs: 180_000, clockSkewMs: 2_000 };

const longestListMs = 86_400_000;
const mostPages = 100;
const idsPerListPage = 100;
/** Empty windows passed over in one pull: after a week's rest there are 336 of them. */
const windowsPerPull = 72;
/** Left of a call's time when no further window is begun. */
const reserveMs = 15_000;
const byCreation = 1;
const byUpdate = 2;
const receiversPerCall = 20;

type PageRows = Pick<PullPage, "orders" | "rejected" | "warnings">;
type Found = { ids: string[]; step: WindowStep };

export function createOrders(
  client: XiaohongshuClient,
  settings: XiaohongshuSettings,
  context: OpenContext,
): Orders {
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const opened = openWindow(stored.state, since, nowInstant(context.clock), windowPolicy);
      const mayGoOn = () => call.deadlineMs - context.clock.nowMs() > reserveMs;
      const found = await nextOrders(client, settings, opened.state, mayGoOn, call);
      if (!found.ok) return found;
      const { ids, step } = found.value;
      const rows = await detailsOf(client, settings, ids, "listed", call);
      if (!rows.ok) return rows;
      const page: PullPage = { ...rows.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, opened.problem, ...(rows.value.warnings ?? [])].filter(
        (text) => text !== undefined,
      );
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds.filter(isOrderId))];
      const rows = await detailsOf(client, settings, ids, "asked", call);
      return rows.ok ? { ok: true, value: { ...rows.value, cursor: null, more: false } } : rows;
    },

    async list(window, call) {
      const ids: string[] = [];
      for (let from = window.from; from < window.to; from = addMs(from, longestListMs)) {
        const to = instantOf(Math.min(msOf(window.to), msOf(from) + longestListMs));
        const found = await collectPages<string, number>("The list of orders", mostPages, (page) =>
          withRetry(() => listPage(client, { from, to }, page ?? 1, call), call, context, { attempts: 3 }),
        );
        if (!found.ok) return found;
        ids.push(...found.value);
      }
      return { ok: true, value: { externalIds: [...new Set(ids)] } };
    },
  };
}

const isOrderId = (id: string): boolean => /^P\d{1,40}$/.test(id);

function listed(
  client: XiaohongshuClient,
  window: { from: Instant; to: Instant },
  page: { timeType: number; pageNo: number; pageSize: number },
  call: Call,
) {
  const { from, to } = wholeSeconds(window);
  const params = { startTime: msOf(from) / 1000, endTime: msOf(to) / 1000, ...page };
  return client.run(
    { method: "order.getOrderList", params, answer: wire.orderIdsSchema, effect: "read" },
    call,
  );
}

/** The orders of the next page that has any, and where that leads; windows with nothing in them are passed over, some at a time. */
async function nextOrders(
  client: XiaohongshuClient,
  { ordersPerPage: pageSize }: XiaohongshuSettings,
  opened: OpenWindow,
  mayGoOn: () => boolean,
  call: Call,
): Promise<Result<Found>> {
  let state = opened;
  for (let passed = 1; ; passed += 1) {
    const pageNumber = lastFirstPage(state.run.page);
    const answer = await listed(
      client,
      within(state),
      { timeType: byUpdate, pageNo: pageNumber ?? 1, pageSize },
      call,
    );
    if (!answer.ok) return answer;
    const { total, orderList } = answer.value;
    const narrower = total > mostPages * pageSize ? halfOf(state) : null;
    if (narrower) return { ok: true, value: { ids: [], step: { state: narrower, more: true } } };
    const isWhole = pageNumber === null && total <= pageSize;
    const next = isWhole ? null : afterLastFirst(pageNumber, total, pageSize);
    const step = afterWindow(state, next, windowPolicy);
    const { run } = step.state;
    if (orderList.length > 0 || passed === windowsPerPull || !mayGoOn() || !step.more || run === null)
      return { ok: true, value: { ids: orderList.map(({ orderId }) => orderId), step } };
    state = { ...step.state, run };
  }
}

/** Whole seconds must not make the window longer than it may be. */
const within = ({ run }: OpenWindow): { from: Instant; to: Instant } => {
  const { from, to } = wholeSeconds(run);
  return msOf(to) - msOf(from) > windowPolicy.longestMs
    ? { from, to: addMs(from, windowPolicy.longestMs) }
    : { from, to };
};

/** The first half of the window; null when it is too short to be cut. */
function halfOf(state: OpenWindow): OpenWindow | null {
  const { from, to } = state.run;
  const lengthMs = msOf(to) - msOf(from);
  if (lengthMs < 4_000) return null;
  return { ...state, run: { ...state.run, to: addMs(from, Math.floor(lengthMs / 2)), page: null } };
}

/** Whether the end belongs to the window is not documented: it is looked at here. */
async function listPage(
  client: XiaohongshuClient,
  window: { from: Instant; to: Instant },
  pageNo: number,
  call: Call,
): Promise<Result<{ items: string[]; next: number | null }>> {
  const answer = await listed(
    client,
    window,
    { timeType: byCreation, pageNo, pageSize: idsPerListPage },
    call,
  );
  if (!answer.ok) return answer;
  const { orderList, total } = answer.value;
  const items = orderList.flatMap(({ orderId, createdTime }) =>
    createdTime >= msOf(window.from) && createdTime < msOf(window.to) ? [orderId] : [],
  );
  return { ok: true, value: { items, next: pageNo * idsPerListPage < total ? pageNo + 1 : null } };
}

/** Lists name orders only; lines and amounts stand in the detail of each. */
async function detailsOf(
  client: XiaohongshuClient,
  settings: XiaohongshuSettings,
  ids: readonly string[],
  origin: "listed" | "asked",
  call: Call,
): Promise<Result<PageRows>> {
  const found: Json[] = [];
  const details = await readEach(ids, {
    origin,
    nameOf: (orderId) => ({ externalId: orderId, raw: { orderId } }),
    async read(orderId) {
      const detail = await client.run(
        { method: "order.getOrderDetail", params: { orderId }, answer: wire.anyOrderSchema, effect: "read" },
        call,
      );
      if (!detail.ok) return detail;
      if (detail.value === null) return failure("not_found", `Xiaohongshu does not show order ${orderId}`);
      found.push(detail.value);
      return { ok: true, value: { kind: "none" } };
    },
  });
  if (!details.ok) return details;
  const receivers = await receiversOf(client, settings.receivers ? found : [], call);
  if (!receivers.ok) return receivers;
  const { byOrder, warning } = receivers.value;
  const read = await readEach(found, {
    origin: "listed",
    nameOf: (row) => ({ externalId: idOf(row), raw: row }),
    read: (row) => readRow(client, settings, row, byOrder.get(idOf(row)), call),
  });
  if (!read.ok) return read;
  const page: PageRows = { ...read.value, rejected: [...details.value.rejected, ...read.value.rejected] };
  return { ok: true, value: warning === undefined ? page : { ...page, warnings: [warning] } };
}

const idOf = (row: Json): string =>
  wire.orderSchema.pick({ orderId: true }).safeParse(row).data?.orderId ?? "(no id)";

/** One order with its after-sales. */
async function readRow(
  client: XiaohongshuClient,
  { platformWarehouses }: XiaohongshuSettings,
  raw: Json,
  receiver: wire.WireReceiver | undefined,
  call: Call,
): Promise<Result<ReadOne>> {
  const { data } = wire.orderSchema.safeParse(raw);
  const cases = data === undefined ? null : await casesOf(client, data, call);
  if (cases && !cases.ok) return refused(idOf(raw), raw, cases);
  const read = readOrder(raw, { cases: cases?.value ?? [], receiver, platformWarehouses });
  return { ok: true, value: { ...read, raw } };
}

interface Receivers {
  byOrder: Map<string, wire.WireReceiver>;
  warning?: string;
}

/** Only while orders wait to be shipped, and only ciphertexts. Where the application may not, the orders come without. */
async function receiversOf(
  client: XiaohongshuClient,
  rows: readonly Json[],
  call: Call,
): Promise<Result<Receivers>> {
  const queries = rows.flatMap((row): ReceiverQuery[] => {
    const { data } = wire.orderSchema.safeParse(row);
    return data?.orderStatus === orderStatus.toShip && data.openAddressId
      ? [{ orderId: data.orderId, openAddressId: data.openAddressId }]
      : [];
  });
  const found: Receivers = { byOrder: new Map() };
  for (const some of chunksOf(queries, receiversPerCall)) {
    // One that is refused comes without a receiver.
    const answer = await askTogether(some, (queries) => askReceivers(client, queries, call));
    if (!answer.ok && answer.kind !== "unsupported") return answer;
    if (!answer.ok)
      return {
        ok: true,
        value: { ...found, warning: `Orders come without their receivers. ${answer.message}` },
      };
    for (const receiver of answer.value.rows)
      if (receiver.matched !== false) found.byOrder.set(receiver.orderId, receiver);
  }
  return { ok: true, value: found };
}

type ReceiverQuery = { orderId: string; openAddressId: string };

async function askReceivers(
  client: XiaohongshuClient,
  receiverQueries: readonly ReceiverQuery[],
  call: Call,
): Promise<Result<wire.WireReceiver[]>> {
  const params = { receiverQueries, isReturn: false };
  const answer = await client.run(
    { method: "order.getOrderReceiverInfo", params, answer: wire.receiversSchema, effect: "read" },
    call,
  );
  return answer.ok ? { ok: true, value: answer.value.receiverInfos } : answer;
}
