import type { Account, Call, Json, OpenContext, RawDelivery } from "../../../src/connectors/contract.ts";
import { wechatChannels } from "../../../src/connectors/wechat-channels/index.ts";
import { type Instant, instantOf } from "../../../src/core/clock.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { secrets, settings, startWechat } from "./subject.ts";

/** The connector on a fresh fake, with a call that lasts half a minute. */
export function openWechat(more: Record<string, unknown> = {}, spoil: Partial<OpenContext> = {}) {
  const runtime = testRuntime();
  const { fake, push } = startWechat(runtime);
  const context: OpenContext = {
    ...runtime,
    fetch: fake.fetch,
    settings: wechatChannels.manifest.settings.parse({ ...settings, ...more }),
    secrets,
    ...spoil,
  };
  // Opened anew with the token in force, as the hub does.
  const account = (): Account =>
    wechatChannels.open({ ...context, tokens: spoil.tokens ?? fake.authorization.tokens() });
  const call = (): Call => ({
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + 30_000,
  });
  const verify = (delivery: RawDelivery, now: Instant = instantOf(runtime.clock.nowMs())) => {
    const answer = account().webhooks?.verify(delivery, now);
    if (answer === undefined) throw new Error("no webhooks");
    return answer;
  };
  return { runtime, fake, push, shop: fake.shop, account, context, call, verify };
}

export type WechatSession = ReturnType<typeof openWechat>;
export const since = "2026-11-22T07:00:00.000Z";

export async function pulled({ account, call }: WechatSession, cursor: Json | null = null) {
  const orders: OrderSnapshot[] = [];
  let at = cursor;
  for (let turn = 0; turn < 50; turn += 1) {
    const page = await account().orders?.pull({ cursor: at, since }, call());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    orders.push(...page.value.orders);
    at = page.value.cursor;
    if (!page.value.more) return { orders, cursor: at };
  }
  throw new Error("the pull does not end");
}
