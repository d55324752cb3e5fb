import type { Chance } from "../../src/connectors/sandbox/random.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import type { HubProcess } from "./hub-process.ts";
import { Killed } from "./life.ts";
import type { VirtualTime } from "./time.ts";
import type { Trace } from "./trace.ts";
import type { Truth } from "./truth.ts";

export interface IngressParts {
  shop: string;
  /** A process that answers, if one is there. */
  pick(): HubProcess | null;
  truth: Truth;
  time: VirtualTime;
  trace: Trace;
  chance: Chance;
  seen(fault: string): void;
}

/** The way of a shop's deliveries into the hub, and what the shop knows afterwards. */
export function createIngress(parts: IngressParts): Fetch {
  const { truth, time, trace, seen } = parts;
  const newest = new Map<string, string>();
  const tried = new Set<string>();

  const look = (deliveryId: string, body: string): { orderId: string; updatedAt: string } => {
    const { data } = JSON.parse(body) as { data: { externalId: string; updatedAt: string } };
    if (data.externalId.startsWith("FORGED")) seen("webhook.forged");
    else {
      if (tried.has(deliveryId)) seen("webhook.repeat");
      if ((newest.get(data.externalId) ?? "") > data.updatedAt) seen("webhook.reorder");
      else newest.set(data.externalId, data.updatedAt);
      if (Date.parse(data.updatedAt) < time.nowMs() - 60_000) seen("webhook.delay");
      tried.add(deliveryId);
    }
    return { orderId: data.externalId, updatedAt: data.updatedAt };
  };
  return async (input, init) => {
    const body = String(init?.body);
    const headers = init?.headers as Record<string, string>;
    const deliveryId = headers["webhook-id"] ?? "";
    const told = look(deliveryId, body);
    const process = parts.pick();
    if (process === null) throw new TypeError("fetch failed");
    const connectionId = String(input).split("/").at(-1) ?? "";
    try {
      const bytes = new TextEncoder().encode(body);
      const receipt = await process.receive(connectionId, { body: bytes, headers, url: String(input) });
      trace.note(`delivery ${deliveryId} ${receipt.accepted}`);
      if (!receipt.accepted) return new Response(null, { status: 401 });
      if (told.orderId.startsWith("FORGED"))
        truth.failed.push(`a forged delivery of ${told.orderId} was accepted`);
      truth.acknowledged.set(deliveryId, { shop: parts.shop, ...told });
      return new Response(null, { status: 204 });
    } catch (error) {
      if (error instanceof Killed) throw new TypeError("fetch failed");
      return new Response(null, { status: 503 });
    }
  };
}
