import { addMs, type Instant, msOf } from "../../core/clock.ts";
import type { Call, OpenContext, Orders, Result } from "../contract.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import type { LazadaClient } from "./client.ts";
import { createPull, textOf } from "./pull.ts";
import { idOf, ordersById } from "./read.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

export const createOrders = (
  client: LazadaClient,
  settings: LazadaSettings,
  context: OpenContext,
): Orders => ({
  pull: createPull(client, settings, context),

  async fetch(externalIds, call) {
    const read = await ordersById(client, settings, externalIds, call);
    return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
  },

  list: (window, call) => listIds(client, window, context, call),
});

const rowsPerPage = 100;
/** Lazada counts no further than 5,000 rows. */
const maxPages = 50;

/** By time of placing, which never changes, so that counted pages hold still. Times are whole seconds; what lies outside is dropped. */
async function listIds(
  client: LazadaClient,
  { from, to }: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const ids = await collectPages<string, number>("GET /orders/get", maxPages, (offset) =>
    withRetry(
      async () => {
        const parameters = {
          created_after: textOf(from),
          created_before: textOf(addMs(to, 999)),
          sort_by: "created_at",
          sort_direction: "ASC",
          limit: String(rowsPerPage),
          offset: String(offset ?? 0),
        };
        const result = await client.get("/orders/get", parameters, wire.ordersSchema, call);
        if (!result.ok) return result;
        const rows = result.value.orders;
        const items = rows.flatMap((row) => {
          const placed = wire.placedSchema.safeParse(row).data?.created_at;
          return placed && msOf(placed) >= msOf(from) && msOf(placed) < msOf(to) ? [idOf(row)] : [];
        });
        return {
          ok: true,
          value: { items, next: rows.length < rowsPerPage ? null : (offset ?? 0) + rowsPerPage },
        };
      },
      call,
      context,
      { attempts: 3 },
    ),
  );
  return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
}
