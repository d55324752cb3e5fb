import { expect } from "vitest";
import { shopee } from "../../../src/connectors/shopee/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { longAgo } from "../session.ts";
import { secrets, settings, startShopee } from "./subject.ts";

export function openShop(more: { settings?: object; secrets?: object } = {}) {
  const runtime = testRuntime();
  const { fake, platform } = startShopee(runtime);
  const context = {
    ...runtime,
    fetch: fake.fetch,
    settings: shopee.manifest.settings.parse({ ...settings, ...more.settings }),
    secrets: shopee.manifest.secrets.parse({ ...secrets, ...more.secrets }),
  };
  const account = () => shopee.open({ ...context, tokens: platform.authorization!.tokens() });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const run = async (start: unknown) => {
    let cursor = start;
    const orders: OrderSnapshot[] = [];
    const warnings: string[] = [];
    for (let pages = 1; ; pages += 1) {
      const page = await account().orders!.pull({ cursor: cursor as never, since: longAgo }, call());
      if (!page.ok) throw new Error(page.message);
      orders.push(...page.value.orders);
      warnings.push(...(page.value.warnings ?? []));
      cursor = JSON.parse(JSON.stringify(page.value.cursor));
      if (!page.value.more) return { orders, warnings, cursor };
      expect(pages).toBeLessThan(100);
    }
  };
  const [shirt, large, bag, theirs] = fake.shop.models as [Model, Model, Model, Model];
  return { runtime, fake, shop: fake.shop, context, account, call, run, shirt, large, bag, theirs };
}
export type Model = ReturnType<typeof startShopee>["fake"]["shop"]["models"][number];
