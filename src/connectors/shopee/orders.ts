import { type Instant, instantOf, msOf } from "../../core/clock.ts";
import type { Call, OpenContext, Orders, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { withRetry } from "../toolkit/retry.ts";
import type { ShopeeClient } from "./client.ts";
import { createPull, listOrders, readSecond, windowPolicy } from "./pull.ts";
import { readOrders } from "./read.ts";
import type { ShopeeSettings } from "./settings.ts";

export const createOrders = (
  client: ShopeeClient,
  settings: ShopeeSettings,
  context: OpenContext,
): Orders => ({
  pull: createPull(client, settings, context),

  async fetch(externalIds, call) {
    const read = await readOrders(client, externalIds, "asked", call);
    return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
  },

  list: (window, call) => listIds(client, settings, window, context, call),
});

/** An hour of a busy shop takes a few questions. */
const maxQuestions = 500;

/** Orders placed in [from, to): in whole seconds, as Shopee counts, both of which it takes in. Parts that do not fit a page are halved. */
async function listIds(
  client: ShopeeClient,
  settings: ShopeeSettings,
  window: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const list = listOrders(client, settings, "create_time");
  const first = Math.ceil(msOf(window.from) / 1000);
  const last = Math.ceil(msOf(window.to) / 1000) - 1;
  const longest = windowPolicy.longestMs / 1000 - 1;
  const open: { from: number; to: number }[] = [];
  for (let from = first; from <= last; from += longest + 1)
    open.push({ from, to: Math.min(last, from + longest) });
  const ids = new Set<string>();
  for (let questions = 0; questions < maxQuestions; questions += 1) {
    const part = open.shift();
    if (part === undefined) return { ok: true, value: { externalIds: [...ids] } };
    const asked = { from: instantOf(part.from * 1000), to: instantOf(part.to * 1000) };
    const listed = await withRetry(() => list(asked, null, call), call, context, { attempts: 3 });
    if (!listed.ok) return listed;
    for (const id of listed.value.ids) ids.add(id);
    if (listed.value.next === null) continue;
    if (part.from === part.to) {
      const rest = await withRetry(() => readSecond(list, asked, call), call, context, { attempts: 3 });
      if (!rest.ok) return rest;
      for (const id of rest.value) ids.add(id);
      continue;
    }
    const middle = Math.floor((part.from + part.to) / 2);
    open.unshift({ from: part.from, to: middle }, { from: middle + 1, to: part.to });
  }
  return failure("malformed", `The list of orders does not end within ${maxQuestions} questions`);
}
