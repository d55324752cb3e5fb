import { pinduoduo } from "../../../src/connectors/pinduoduo/index.ts";
import { testRuntime } from "../../support/runtime.ts";
import type { FakeOrder } from "./fake/shop.ts";
import { secrets, settings, startPinduoduo } from "./subject.ts";

/** One account on one fresh fake shop. */

export const red = [400_000_000_001, 900_000_000_001] as const;

export function shopOf(more: Record<string, unknown> = {}, own: Record<string, unknown> = secrets) {
  const runtime = testRuntime();
  const { fake } = startPinduoduo(runtime);
  const { shop } = fake;
  const parsed = pinduoduo.manifest.settings.parse({ ...settings, ...more });
  const context = { ...runtime, fetch: fake.fetch, settings: parsed, secrets: own };
  const account = pinduoduo.open({ ...context, tokens: fake.authorization.tokens() });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const sell = (count = 1): FakeOrder => {
    const order = shop.place(...red, count);
    shop.pay(order.order_sn);
    shop.form(order.order_sn);
    return order;
  };
  const pull = async () => {
    const page = await account.orders!.pull({ cursor: null, since: "2026-11-22T07:30:00.000Z" }, call());
    if (!page.ok) throw new Error(page.message);
    return page.value;
  };
  const figure = () => shop.sku(...red)?.quantity;
  return { runtime, fake, shop, account, context, call, sell, pull, figure };
}
