import type { OpenContext, Orders } from "../contract.ts";
import type { TiktokClient } from "./client.ts";
import { createPull } from "./pull.ts";
import { readOrders } from "./read.ts";
import { placedWithin } from "./searches.ts";
import type { TiktokSettings } from "./settings.ts";

export const createOrders = (
  client: TiktokClient,
  settings: TiktokSettings,
  context: OpenContext,
): Orders => ({
  pull: createPull(client, settings, context),

  async fetch(externalIds, call) {
    const read = await readOrders(client, settings, externalIds, call);
    return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
  },

  list: (window, call) => placedWithin(client, window, call),
});
