import { expect } from "vitest";
import { tiktokShop } from "../../../src/connectors/tiktok-shop/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { longAgo } from "../session.ts";
import { createWire, type WireFault } from "../wire.ts";
import type { FakeOrder, FakeSku } from "./fake/shop.ts";
import { second, secrets, settings, startTiktok, warehouse } from "./subject.ts";

/** The connector on a fresh fake that a test can reach into. */

const spread: FakeSku = {
  productId: "1729582718312380009",
  skuId: "1729592969712207009",
  code: "LAMP-1",
  title: "Lamp",
  price: 4000,
  stock: { [warehouse]: 7, [second]: 5 },
};

export function openShop(more: { settings?: object; secrets?: object; fault?: WireFault } = {}) {
  const runtime = testRuntime();
  const { fake, platform } = startTiktok(runtime, [spread]);
  const wire = createWire(fake.fetch);
  wire.fault(more.fault ?? null);
  const context = {
    ...runtime,
    fetch: wire.fetch,
    settings: tiktokShop.manifest.settings.parse({ ...settings, ...more.settings }),
    secrets: tiktokShop.manifest.secrets.parse({ ...secrets, ...more.secrets }),
  };
  const account = () => tiktokShop.open({ ...context, tokens: platform.authorization!.tokens() });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const run = async (start: unknown) => {
    let cursor = start;
    const orders: OrderSnapshot[] = [];
    const rejected: string[] = [];
    const warnings: string[] = [];
    for (let pages = 1; ; pages += 1) {
      const page = await account().orders!.pull({ cursor: cursor as never, since: longAgo }, call());
      if (!page.ok) throw new Error(page.message);
      orders.push(...page.value.orders);
      rejected.push(...page.value.rejected.map((one) => one.externalId));
      warnings.push(...(page.value.warnings ?? []));
      cursor = JSON.parse(JSON.stringify(page.value.cursor));
      if (!page.value.more) return { orders, rejected, warnings, cursor };
      expect(pages).toBeLessThan(100);
    }
  };
  const later = async (cursor: unknown) => {
    await runtime.advance(60_000);
    return run(cursor);
  };
  const fetched = async (order: FakeOrder) => {
    const result = await account().orders!.fetch([order.id], call());
    if (!result.ok) throw new Error(result.message);
    return result.value;
  };
  const [blue, red, bag, theirs, lamp] = fake.shop.skus as [FakeSku, FakeSku, FakeSku, FakeSku, FakeSku];
  return {
    runtime,
    fake,
    shop: fake.shop,
    context,
    account,
    call,
    run,
    later,
    fetched,
    blue,
    red,
    bag,
    theirs,
    lamp,
  };
}

export const write = (sku: FakeSku, quantity: number) => ({
  externalId: sku.productId,
  externalVariantId: sku.skuId,
  writeId: "w1",
  asOf: longAgo,
  mode: "set" as const,
  quantity,
});
export const kinds = (outcomes: ({ ok: true } | { ok: false; kind: string })[]) =>
  outcomes.map((one) => (one.ok ? "ok" : one.kind));
