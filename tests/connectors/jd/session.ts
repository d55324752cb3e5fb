import type { Account, Call, OpenContext } from "../../../src/connectors/contract.ts";
import { jd } from "../../../src/connectors/jd/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { secrets, settings, startJd } from "./subject.ts";

/** The connector on a fresh fake, with a call that lasts half a minute. */
export function openJd(more: Record<string, unknown> = {}, spoil: Partial<OpenContext> = {}) {
  const runtime = testRuntime();
  const { fake } = startJd(runtime);
  const context: OpenContext = {
    ...runtime,
    fetch: fake.fetch,
    settings: jd.manifest.settings.parse({ ...settings, ...more }),
    secrets,
    tokens: fake.authorization.tokens(),
    ...spoil,
  };
  const account: Account = jd.open(context);
  const call = (): Call => ({
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + 30_000,
  });
  return { runtime, fake, shop: fake.shop, account, context, call };
}

export const since = "2026-11-22T07:00:00.000Z";

export async function pulled({ account, call }: ReturnType<typeof openJd>, cursor: unknown = null) {
  const orders: OrderSnapshot[] = [];
  for (let at = cursor as never, turn = 0; turn < 50; turn += 1) {
    const page = await account.orders?.pull({ cursor: at, since }, call());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    orders.push(...page.value.orders);
    at = page.value.cursor as never;
    if (!page.value.more) return { orders, cursor: at };
  }
  throw new Error("the pull does not end");
}
