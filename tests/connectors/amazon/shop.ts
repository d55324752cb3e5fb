import { expect } from "vitest";
import { amazon } from "../../../src/connectors/amazon/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { longAgo } from "../session.ts";
import { secrets, settings, startAmazon } from "./subject.ts";

/** An account on a fake Amazon of its own, opened anew for each call, as the hub does. */
export function openShop(more: { settings?: object; secrets?: object } = {}) {
  const runtime = testRuntime();
  const { fake, platform } = startAmazon(runtime);
  const context = {
    ...runtime,
    fetch: fake.fetch,
    settings: amazon.manifest.settings.parse({ ...settings, ...more.settings }),
    secrets: amazon.manifest.secrets.parse({ ...secrets, ...more.secrets }),
  };
  const account = () => amazon.open({ ...context, tokens: platform.authorization!.tokens() });
  const call = () => ({
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + 30_000,
  });
  /** A whole run, as the hub makes it. */
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
      if (!page.value.more) return { orders, warnings, cursor, watermark: page.value.watermark };
      expect(pages).toBeLessThan(50);
    }
  };
  const write = (externalId: string, quantity: number) => ({
    externalId,
    writeId: "w1",
    asOf: longAgo,
    mode: "set" as const,
    quantity,
  });
  return { runtime, fake, market: fake.market, context, account, call, run, write };
}
