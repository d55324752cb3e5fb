import { Webhook } from "standardwebhooks";
import { z } from "zod";

/**
 * Callers of a hub that dies: each operation has an id of its own, is written down before it is sent, and is sent again
 * with the same id until it is acknowledged. What was acknowledged must be there, once, ever after.
 */

export interface Shop {
  key: string;
  connectionId: string;
  webhookSecret: string;
  skus: string[];
}

export type Operation =
  | { kind: "reserve"; id: string; sku: string; quantity: number; acknowledged: false | { holdId: string } }
  | { kind: "release"; id: string; of: Extract<Operation, { kind: "reserve" }>; acknowledged: boolean }
  | { kind: "order"; id: string; sku: string; quantity: number; acknowledged: boolean | "refused" }
  | { kind: "webhook"; id: string; sku: string; quantity: number; updatedAt: string; acknowledged: boolean }
  | { kind: "adjust"; id: string; sku: string; delta: number; acknowledged: boolean };

export interface Journal {
  operations: Operation[];
  next: number;
}

export const newJournal = (): Journal => ({ operations: [], next: 1 });

/** A small seeded generator (mulberry32): the same seed gives the same operations. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function plan(journal: Journal, shop: Shop, random: () => number): Operation {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const id = `op-${journal.next}`;
  journal.next += 1;
  const sku = pick(shop.skus);
  const quantity = 1 + Math.floor(random() * 3);
  const held = journal.operations.filter(
    (other) => other.kind === "reserve" && other.acknowledged !== false && !released.has(other),
  );
  const dice = random();
  let operation: Operation;
  if (dice < 0.15 && held.length > 0) {
    const of = pick(held) as Extract<Operation, { kind: "reserve" }>;
    released.add(of);
    operation = { kind: "release", id, of, acknowledged: false };
  } else if (dice < 0.4) operation = { kind: "reserve", id, sku, quantity, acknowledged: false };
  else if (dice < 0.6) operation = { kind: "order", id, sku, quantity, acknowledged: false };
  else if (dice < 0.9)
    operation = {
      kind: "webhook",
      id,
      sku,
      quantity,
      updatedAt: new Date().toISOString(),
      acknowledged: false,
    };
  else operation = { kind: "adjust", id, sku, delta: 1 + Math.floor(random() * 5), acknowledged: false };
  journal.operations.push(operation);
  return operation;
}

const released = new WeakSet<Operation>();

const unitPriceMinor = 1990;

/** Sends one operation once. True when it was acknowledged; false when the hub was not there to answer. Any other answer throws. */
export async function send(
  baseUrl: string,
  shop: Shop,
  operation: Operation,
  signal?: AbortSignal,
): Promise<boolean> {
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(...requestOf(baseUrl, shop, operation, signal));
    const text = await answer.text();
    body = text === "" ? null : JSON.parse(text);
  } catch {
    return false;
  }
  if (answer.status >= 500) return false;
  if (operation.kind === "reserve" && answer.ok) {
    operation.acknowledged = { holdId: z.object({ id: z.string() }).parse(body).id };
    return true;
  }
  if (!answer.ok)
    throw new Error(
      `${operation.kind} ${operation.id} was answered ${answer.status}: ${JSON.stringify(body)}`,
    );
  if (operation.kind !== "reserve") operation.acknowledged = true;
  return true;
}

function requestOf(
  baseUrl: string,
  shop: Shop,
  operation: Operation,
  signal?: AbortSignal,
): [string, RequestInit] {
  const post = (path: string, body: unknown): [string, RequestInit] => [
    `${baseUrl}${path}`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${shop.key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    },
  ];
  switch (operation.kind) {
    case "reserve":
      return post("/v1/reservations", {
        reference: operation.id,
        lines: [{ sku: operation.sku, quantity: operation.quantity }],
      });
    case "release":
      return post(
        `/v1/reservations/${operation.of.acknowledged ? operation.of.acknowledged.holdId : ""}/release`,
        {},
      );
    case "adjust":
      return post("/v1/stock/adjustments", {
        reference: operation.id,
        lines: [{ sku: operation.sku, delta: operation.delta, reason: "receipt" }],
      });
    case "order":
      return post(
        "/v1/orders",
        orderOf(operation.id, operation.sku, operation.quantity, "2026-11-22T08:00:00.000Z"),
      );
    case "webhook":
      return signed(baseUrl, shop, operation, signal);
  }
}

function signed(
  baseUrl: string,
  shop: Shop,
  operation: Extract<Operation, { kind: "webhook" }>,
  signal?: AbortSignal,
): [string, RequestInit] {
  const data = orderOf(operation.id, operation.sku, operation.quantity, operation.updatedAt);
  const body = JSON.stringify({ type: "order.upserted", timestamp: operation.updatedAt, data });
  const sentAt = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": `msg_${operation.id}`,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    "webhook-signature": new Webhook(shop.webhookSecret).sign(`msg_${operation.id}`, sentAt, body),
  };
  return [
    `${baseUrl}/webhooks/${shop.connectionId}`,
    { method: "POST", headers, body, ...(signal ? { signal } : {}) },
  ];
}

const orderOf = (externalId: string, sku: string, quantity: number, updatedAt: string) => ({
  externalId,
  updatedAt,
  placedAt: "2026-11-22T08:00:00.000Z",
  paidAt: "2026-11-22T08:00:00.000Z",
  status: "paid",
  currency: "CNY",
  totalMinor: quantity * unitPriceMinor,
  lines: [{ externalLineId: "1", sku, quantity, unitPriceMinor }],
  buyer: { name: "张伟", phone: "13900000000" },
});
