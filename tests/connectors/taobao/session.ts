import { taobao } from "../../../src/connectors/taobao/index.ts";
import { testRuntime } from "../../support/runtime.ts";
import type { FakeItem } from "./fake/shop.ts";
import { items, secrets, settings, startTaobao } from "./subject.ts";

/** One account on one fresh fake shop. */

export const [shirt, mug] = items as [FakeItem, FakeItem];
export const red = { num_iid: shirt.num_iid, sku_id: "5000000000001" };

export function shopOf(more: Record<string, unknown> = {}, own: Record<string, unknown> = secrets) {
  const runtime = testRuntime();
  const { fake } = startTaobao(runtime);
  const account = taobao.open({
    ...runtime,
    fetch: fake.fetch,
    settings: taobao.manifest.settings.parse({ ...settings, ...more }),
    secrets: own,
    tokens: fake.authorization.tokens(),
  });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const pull = async (cursor: unknown = null) => {
    const ids: string[] = [];
    const notes: unknown[] = [];
    for (let at = cursor as never; ; ) {
      const page = await account.orders!.pull({ cursor: at, since: "2026-11-22T07:00:00.000Z" }, call());
      if (!page.ok) throw new Error(page.message);
      ids.push(...page.value.orders.map((order) => order.externalId));
      notes.push(...page.value.rejected);
      at = page.value.cursor as never;
      if (!page.value.more) return { ids, notes, cursor: page.value.cursor };
    }
  };
  const fetched = async (id: string) => {
    const page = await account.orders!.fetch([id], call());
    return page.ok ? page.value.orders[0] : undefined;
  };
  return { runtime, fake, shop: fake.shop, account, call, pull, fetched };
}
