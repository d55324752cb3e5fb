import { describe, expect, it } from "vitest";
import { must, webhookSecret } from "../generic/subject.ts";
import { open, webhookUrl } from "./wire.ts";

describe("deliveries of the shop", () => {
  it("are sent for every change, signed, each with an id of its own", async () => {
    const { sandbox, received, buy, settled } = open();
    const id = buy();
    must(sandbox.shop.pay(id));
    await settled();
    expect(received.map(({ verified, orderId, status }) => ({ verified, orderId, status }))).toEqual([
      { verified: true, orderId: id, status: "pending_payment" },
      { verified: true, orderId: id, status: "paid" },
    ]);
    expect(new Set(received.map((one) => one.id)).size).toBe(2);
    expect(sandbox.deliveriesPending()).toBe(0);
  });

  it("are dropped", async () => {
    const { sandbox, received, buy, settled } = open({ dropWebhooks: 1 });
    buy();
    await settled();
    expect(received).toEqual([]);
    expect(sandbox.journal.counts()).toEqual({ order_placed: 1, webhook_dropped: 1 });
  });

  it("are duplicated under the same id", async () => {
    const { received, buy, settled } = open({ duplicateWebhooks: 1 });
    buy();
    await settled();
    expect(received).toHaveLength(2);
    expect(received[1]).toEqual(received[0]);
  });

  it("are delayed, on the shop's timers", async () => {
    const { runtime, received, buy, settled } = open({ delayWebhooksMs: 60_000 });
    const startMs = runtime.clock.nowMs();
    for (let turn = 0; turn < 10; turn += 1) buy();
    await settled();
    expect(received).toHaveLength(10);
    expect(Math.max(...received.map((one) => one.atMs - startMs))).toBeGreaterThan(10_000);
    expect(Math.max(...received.map((one) => one.atMs - startMs))).toBeLessThanOrEqual(61_000);
  });

  it("overtake one another", async () => {
    const { runtime, received, buy, settled } = open({ reorderWebhooks: 0.5 });
    const placed: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      placed.push(buy());
      await runtime.advance(200);
    }
    await settled();
    const arrived = received.map((one) => one.orderId);
    expect(arrived).not.toEqual(placed);
    expect(arrived.toSorted()).toEqual(placed.toSorted());
  });

  it("are joined by forgeries that do not verify and speak of orders that never were", async () => {
    const { sandbox, received, buy, settled } = open({ forgedWebhooks: 1 });
    const id = buy();
    await settled();
    expect(received.map(({ verified, orderId }) => [orderId, verified]).sort()).toEqual([
      [`FORGED-${id}`, false],
      [id, true],
    ]);
    expect(sandbox.shop.orders.get(`FORGED-${id}`)).toBeUndefined();
  });

  it("are repeated under the same id with a new time until taken", async () => {
    const answers = [500, 0, 429, 204];
    const { received, buy, settled, runtime } = open({}, { answer: () => answers.shift() ?? 204 });
    const startMs = runtime.clock.nowMs();
    buy();
    await settled();
    expect(received.map((one) => one.atMs - startMs)).toEqual([0, 5000, 305_000, 2_105_000]);
    expect(new Set(received.map((one) => one.id)).size).toBe(1);
    expect(received.every((one) => one.verified)).toBe(true);
  });

  it("are given up after the last repeat, and at once on 410", async () => {
    const refusing = open({}, { answer: () => 500 });
    refusing.buy();
    await refusing.settled();
    expect(refusing.received).toHaveLength(5);
    expect(refusing.sandbox.journal.counts().webhook_given_up).toBe(1);
    const gone = open({}, { answer: () => 410 });
    gone.buy();
    await gone.settled();
    expect(gone.received).toHaveLength(1);
  });

  it("go nowhere before the shop is told where, and to another place when told", async () => {
    const { sandbox, received, buy, settled } = open();
    sandbox.connectWebhook(null);
    buy();
    await settled();
    expect(received).toEqual([]);
    sandbox.connectWebhook({ url: webhookUrl, secret: webhookSecret });
    buy();
    await settled();
    expect(received).toHaveLength(1);
  });

  it("end when the shop stops", async () => {
    const { sandbox, received, buy, runtime } = open({ delayWebhooksMs: 60_000 });
    for (let turn = 0; turn < 5; turn += 1) buy();
    sandbox.stop();
    await sandbox.settled();
    expect(received.length).toBeLessThan(5);
    expect(runtime.sleeping()).toBe(0);
  });
});
