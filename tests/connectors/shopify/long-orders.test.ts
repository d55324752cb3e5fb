import { describe, expect, it } from "vitest";
import type { Call } from "../../../src/connectors/contract.ts";
import { shopify } from "../../../src/connectors/shopify/index.ts";
import { testRuntime } from "../../support/runtime.ts";
import { secrets, settings, startShopify, variants } from "./subject.ts";

/** A connection in GraphQL gives as many rows as were asked for, fifty here; its pageInfo tells of more (shopify.dev, read 2026-11-22). */

function openShop(lines: number) {
  const runtime = testRuntime();
  const { fake, platform } = startShopify(runtime);
  const { shop } = fake;
  const order = shop.place(variants[0]!.id, 1);
  const [first] = order.lines;
  for (let line = 1; line < lines; line += 1) order.lines.push({ ...first!, id: shop.nextId() });
  const account = shopify.open({
    ...runtime,
    settings: shopify.manifest.settings.parse(settings),
    secrets: shopify.manifest.secrets.parse(secrets),
    tokens: platform.authorization!.tokens(),
    fetch: fake.fetch,
  });
  const call = (): Call => ({
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + 30_000,
  });
  const read = async () => {
    const page = await account.orders!.fetch([String(order.id)], call());
    if (!page.ok || !page.value.orders[0]) throw new Error(JSON.stringify(page));
    return page.value.orders[0];
  };
  const push = {
    shipmentId: "ours",
    orderExternalId: String(order.id),
    shippedAt: "2026-11-22T08:00:00.000Z",
    lines: order.lines.map(({ id }) => ({ externalLineId: String(id), quantity: 1 })),
    trackingNumber: "1Z1",
  };
  return { shop, order, account, call, read, push };
}

describe.each([50, 51, 320])("a Shopify order of %i lines", (count) => {
  it("comes with all of them, and so do its parcel and its refund", async () => {
    const { shop, order, read } = openShop(count);
    const all = order.lines.map(({ id }) => ({ line: id, quantity: 1 }));
    order.parcels.push({ id: shop.nextId(), atMs: shop.now(), company: "UPS", number: "A", lines: all });
    const back = all.map((row) => ({ ...row, restock: "RETURN" }));
    order.refunds.push({ id: shop.nextId(), atMs: shop.now(), amount: count * 100, lines: back });
    for (const line of order.lines) line.currentQuantity = 0;
    const { lines, shipments, refunds } = await read();
    expect(lines.map(({ quantity }) => quantity)).toEqual(all.map(() => 1));
    expect(shipments?.[0]?.lines?.length).toBe(count);
    expect(refunds?.[0]?.lines?.length).toBe(count);
  });

  it("is shipped whole, once", async () => {
    const { order, account, call, push, read } = openShop(count);
    const outcome = await account.fulfilments!.push(push, call());
    expect(outcome).toEqual({ ok: true, value: { externalId: String(order.parcels[0]?.id) } });
    expect(order.parcels.map(({ lines }) => lines.length)).toEqual([count]);
    expect(await account.fulfilments!.push(push, call())).toEqual(outcome);
    expect(order.parcels.length).toBe(1);
    expect((await read()).shipments?.[0]?.reference).toBe("ours");
  });
});
