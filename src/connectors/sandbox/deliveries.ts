import { Webhook } from "standardwebhooks";
import { instantOf } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Chance } from "./random.ts";

export interface WebhookTarget {
  url: string;
  /** `whsec_…` */
  secret: string;
}

/** The shop's side of Standard Webhooks. Signing is done by the reference package, never by the code that verifies. */
export interface Deliveries {
  /** Where to send from now on; null sends nothing. */
  connect(target: WebhookTarget | null): void;
  /** Starts sending and comes back at once. */
  send(order: OrderSnapshot): void;
  /** Deliveries not yet taken by the other side, given up or dropped. */
  pending(): number;
  /** Resolves when nothing is pending. The clock must move on for that: delays and repeats wait for it. */
  settled(): Promise<void>;
  /** Gives up what is pending. */
  stop(): void;
}

/** The beginning of the schedule in the specification; a shop that is simulated does not try for days. */
const repeatAfterMs = [5_000, 300_000, 1_800_000, 7_200_000];

/** Overtaking needs only that later deliveries go out meanwhile. */
const reorderWindowMs = 2_000;

export interface DeliveryOptions {
  runtime: Pick<Runtime, "clock" | "timers" | "ids" | "fetch">;
  chance: Chance;
  faults: Faults;
  journal: Journal;
  nowMs: () => number;
}

interface Message {
  deliveryId: string;
  orderId: string;
  body: string;
  forged: boolean;
}

export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { runtime, chance, faults, journal } = options;
  const stopping = new AbortController();
  let target: WebhookTarget | null = null;
  let pending = 0;
  let waiting: (() => void)[] = [];

  const track = (work: Promise<void>) => {
    pending += 1;
    void work.finally(() => {
      pending -= 1;
      if (pending > 0) return;
      for (const wake of waiting) wake();
      waiting = [];
    });
  };

  const post = async (message: Message, to: WebhookTarget): Promise<number> => {
    try {
      const response = await runtime.fetch(to.url, {
        method: "POST",
        ...signed(message, to, options.nowMs()),
        signal: stopping.signal,
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0;
    }
  };

  const deliver = async (message: Message, delayMs: number) => {
    for (const waitMs of [delayMs, ...repeatAfterMs]) {
      if (waitMs > 0) await runtime.timers.sleep(waitMs, stopping.signal);
      if (stopping.signal.aborted || target === null) return;
      const status = await post(message, target);
      const { deliveryId, orderId, forged } = message;
      journal.write({ kind: "webhook_sent", deliveryId, orderId, status, forged });
      // 410: the other side wants no more of them.
      if (forged || (status >= 200 && status < 300) || status === 410) return;
    }
    journal.write({ kind: "webhook_given_up", deliveryId: message.deliveryId, orderId: message.orderId });
  };

  const delayMs = () =>
    (faults.delayWebhooksMs > 0 ? chance.between(0, faults.delayWebhooksMs) : 0) +
    (chance.happens(faults.reorderWebhooks) ? chance.between(1, reorderWindowMs) : 0);

  return {
    connect: (next) => {
      target = next;
    },
    send(order) {
      if (target === null) return;
      const message = messageOf(order, runtime.ids.next());
      if (chance.happens(faults.forgedWebhooks)) track(deliver(forgeryOf(order, runtime.ids.next()), 0));
      if (chance.happens(faults.dropWebhooks)) {
        journal.write({ kind: "webhook_dropped", deliveryId: message.deliveryId, orderId: message.orderId });
        return;
      }
      track(deliver(message, delayMs()));
      if (chance.happens(faults.duplicateWebhooks)) track(deliver(message, delayMs()));
    },
    pending: () => pending,
    settled: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    stop: () => stopping.abort(),
  };
}

const messageOf = (order: OrderSnapshot, id: string): Message => ({
  deliveryId: `msg_${id}`,
  orderId: order.externalId,
  body: JSON.stringify({ type: "order.upserted", timestamp: order.updatedAt, data: order }),
  forged: false,
});

/** What an attacker without the secret would send: an order that never was. */
function forgeryOf(order: OrderSnapshot, id: string): Message {
  const orderId = `FORGED-${order.externalId}`;
  return { ...messageOf({ ...order, externalId: orderId, status: "paid" }, id), forged: true };
}

const forgersSecret = "whsec_Zm9yZ2VkIGJ5IHNvbWVib2R5IGVsc2UhIQ==";

/** The timestamp is the attempt's, the id stays; so each attempt is signed anew. */
function signed(
  message: Message,
  target: WebhookTarget,
  nowMs: number,
): { headers: Record<string, string>; body: string } {
  const seconds = Math.floor(nowMs / 1000);
  const at = new Date(instantOf(seconds * 1000));
  const webhook = new Webhook(message.forged ? forgersSecret : target.secret);
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": message.deliveryId,
      "webhook-timestamp": String(seconds),
      "webhook-signature": webhook.sign(message.deliveryId, at, message.body),
    },
    body: message.body,
  };
}
