import type { Orders, PullPage, PullRequest, Result } from "../../../src/connectors/contract.ts";
import { snapshotOf } from "../../support/hub.ts";
import type { Channels } from "./channels.ts";

export const orderIds = async (hub: Channels) =>
  (
    await hub.query<{ external_id: string }>(
      "select external_id from orders where merchant_id = $1 order by external_id",
      [hub.merchant.id],
    )
  ).map((row) => row.external_id);

export const runsOf = (hub: Channels, job: string) =>
  hub.query<{ status: string; counts: object; error: string | null }>(
    "select status, counts, error from sync_runs where merchant_id = $1 and job = $2 order by id",
    [hub.merchant.id, job],
  );

/** A platform whose list is `pages`; the cursor is the number of the next page. */
export function listing(pages: PullPage[]): {
  orders: Orders;
  asked: PullRequest[];
  before: ((page: number) => Result<PullPage> | null)[];
} {
  const asked: PullRequest[] = [];
  const before: ((page: number) => Result<PullPage> | null)[] = [];
  const orders: Orders = {
    pull: async (request) => {
      asked.push(request);
      const page = Number(request.cursor ?? 0);
      const instead = before.shift()?.(page);
      return (
        instead ?? { ok: true, value: pages[page] ?? { orders: [], rejected: [], cursor: page, more: false } }
      );
    },
    fetch: async () => ({ ok: true, value: { orders: [], rejected: [], cursor: null, more: false } }),
    list: async () => ({ ok: true, value: { externalIds: [] } }),
  };
  return { orders, asked, before };
}

export const page = (
  number: number,
  externalIds: string[],
  more: boolean,
  extra: Partial<PullPage> = {},
): PullPage => ({
  orders: externalIds.map((externalId) => snapshotOf({ externalId })),
  rejected: [],
  cursor: number + 1,
  more,
  ...extra,
});
