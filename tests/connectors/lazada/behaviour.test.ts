import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../../src/connectors/lazada/authorization.ts";
import { lazada } from "../../../src/connectors/lazada/index.ts";
import { createWebhooks } from "../../../src/connectors/lazada/webhook.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { longAgo } from "../session.ts";
import type { FakeSku, FakeUnit } from "./fake/shop.ts";
import { pushOf, secrets, settings, startLazada } from "./subject.ts";

function openStore(more: { settings?: object; secrets?: object } = {}) {
  const runtime = testRuntime();
  const { fake, platform } = startLazada(runtime);
  const context = {
    ...runtime,
    fetch: fake.fetch,
    settings: lazada.manifest.settings.parse({ ...settings, ...more.settings }),
    secrets: lazada.manifest.secrets.parse({ ...secrets, ...more.secrets }),
  };
  const account = lazada.open({ ...context, tokens: platform.authorization!.tokens() });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const run = async (start: unknown) => {
    let cursor = start;
    const orders: OrderSnapshot[] = [];
    const warnings: string[] = [];
    for (let pages = 1; ; pages += 1) {
      const page = await account.orders!.pull({ cursor: cursor as never, since: longAgo }, call());
      if (!page.ok) throw new Error(page.message);
      orders.push(...page.value.orders);
      warnings.push(...(page.value.warnings ?? []));
      cursor = JSON.parse(JSON.stringify(page.value.cursor));
      if (!page.value.more) return { orders, warnings, cursor };
      expect(pages).toBeLessThan(50);
    }
  };
  const [shirt, , bag, theirs] = fake.store.skus as [FakeSku, FakeSku, FakeSku, FakeSku];
  return { runtime, fake, store: fake.store, context, account, call, run, shirt, bag, theirs };
}

const write = (sku: FakeSku, mode: "set" | "delta", quantity: number) => ({
  externalId: String(sku.itemId),
  externalVariantId: String(sku.skuId),
  writeId: "w1",
  asOf: longAgo,
  mode,
  quantity,
});

const parcelOf = (orderId: number, units: readonly FakeUnit[]) => ({
  shipmentId: "0197a5b4-0000-7000-8000-000000000001",
  orderExternalId: String(orderId),
  shippedAt: longAgo,
  lines: units.map((unit) => ({ externalLineId: String(unit.id), quantity: 1 })),
});

describe("reading orders", () => {
  it("brings a return with its whole order, although the order has not changed; orders go on while returns fail", async () => {
    const { runtime, store, fake, run, shirt } = openStore();
    const order = store.place(shirt, 2);
    store.change(order, order.units, { status: "delivered" });
    await runtime.advance(60_000);
    let { cursor } = await run(null);
    const asked = store.giveBack(order, order.units[0]!, 1990);
    await runtime.advance(60_000);
    fake.fail("/reverse/getreverseordersforseller", { code: "6" });
    const told = await run(cursor);
    expect(told.warnings).toEqual([expect.stringMatching(/Returns are not read for now/)]);
    fake.fail("/reverse/getreverseordersforseller");
    Object.assign(asked, { status: "REFUND_SUCCESS", modifiedMs: store.now() });
    const seen: OrderSnapshot[] = [];
    ({ cursor } = told);
    for (let minute = 0; minute < 14; minute += 1) {
      await runtime.advance(60_000);
      const next = await run(cursor);
      seen.push(...next.orders);
      ({ cursor } = next);
    }
    expect(seen.at(-1)).toMatchObject({
      status: "completed",
      refunds: [{ externalId: String(asked.lineId), amountMinor: 1990 }],
    });
  });
});

describe("stock", () => {
  it("a change below zero is a conflict, what Lazada keeps is unsupported, a campaign a conflict; nothing moves", async () => {
    const { account, call, fake, shirt, bag, theirs } = openStore();
    const outcomes = await account.stock!.push(
      [
        write(shirt, "delta", -51),
        write(theirs, "set", 5),
        write({ ...bag, skuId: 9 }, "set", 5),
        write(bag, "delta", -3),
      ],
      call(),
    );
    expect(outcomes.map((one) => (one.ok ? "ok" : one.kind))).toEqual([
      "conflict",
      "unsupported",
      "not_found",
      "ok",
    ]);
    fake.fail("/product/stock/sellable/update", { code: "4170" });
    const [refused] = await account.stock!.push([write(bag, "set", 1)], call());
    expect(refused).toMatchObject({
      ok: false,
      kind: "conflict",
      message: expect.stringMatching(/campaign/),
    });
    expect([shirt.sellable, theirs.sellable, bag.sellable]).toEqual([50, 20, 27]);
  });

  it("a store with several warehouses names the one it writes", async () => {
    const { context, fake, call, bag } = openStore({ settings: { warehouseCode: "WH-2" } });
    const sent: string[] = [];
    const account = lazada.open({
      ...context,
      tokens: fake.authorization.tokens(),
      fetch: async (input, init) => {
        sent.push(new URLSearchParams(await new Request(input, init).text()).get("payload") ?? "");
        return Response.json({ code: "0", data: {} });
      },
    });
    expect(await account.stock!.push([write(bag, "set", 4)], call())).toEqual([{ ok: true, quantity: 4 }]);
    expect(sent[0]).toContain(
      "<MultiWarehouseInventory><WarehouseCode>WH-2</WarehouseCode><SellableQuantity>4</SellableQuantity></MultiWarehouseInventory>",
    );
  });

  it("Lazada takes its sales off when placed and puts them back when cancelled, as declared; its own stock is listed as such", async () => {
    const { store, account, call, shirt, theirs } = openStore();
    const order = store.place(shirt, 2, "unpaid");
    expect(shirt.sellable).toBe(48);
    store.cancel(order);
    expect(shirt.sellable).toBe(50);
    const pulled = await account.listings!.pull({ cursor: null }, call());
    const listed = pulled.ok ? pulled.value.listings : [];
    expect(listed.filter((one) => one.managedBy === "platform").map((one) => one.sku)).toEqual([theirs.sku]);
  });
});

describe("parcels", () => {
  it("two parcels of one order; a repeat goes on where the first try ended", async () => {
    const { store, account, call, fake, shirt } = openStore();
    const order = store.place(shirt, 2);
    const [one, two] = order.units as [FakeUnit, FakeUnit];
    fake.fail("/order/package/rts", { code: "6" });
    expect(await account.fulfilments!.push(parcelOf(order.id, [one]), call())).toMatchObject({
      kind: "unknown",
    });
    expect([one.status, two.status]).toEqual(["packed", "pending"]);
    fake.fail("/order/package/rts");
    const first = await account.fulfilments!.push(parcelOf(order.id, [one]), call());
    expect(first).toEqual({ ok: true, value: { externalId: one.packageId } });
    expect(await account.fulfilments!.push(parcelOf(order.id, [two]), call())).toMatchObject({ ok: true });
    expect([one.status, two.status, new Set([one.packageId, two.packageId]).size]).toEqual([
      "shipped",
      "shipped",
      2,
    ]);
  });

  it.each([
    ["not paid", "unpaid", "invalid"],
    ["cancelled", "canceled", "invalid"],
    ["in a state that cannot be packed, which success hides", "topack", "invalid"],
  ])("a unit %s is refused, and no parcel is made", async (_, status, kind) => {
    const { store, account, call, shirt } = openStore();
    const order = store.place(shirt, 1, status);
    expect(await account.fulfilments!.push(parcelOf(order.id, order.units), call())).toMatchObject({
      ok: false,
      kind,
    });
    expect(order.units.map((unit) => unit.packageId)).toEqual([""]);
  });

  it("what Lazada ships is unsupported", async () => {
    const { store, account, call, theirs } = openStore();
    const order = store.place(theirs, 1);
    const refused = await account.fulfilments!.push(parcelOf(order.id, order.units), call());
    expect(refused).toMatchObject({ ok: false, kind: "unsupported" });
  });
});

describe("pushes", () => {
  const webhooks = createWebhooks(lazada.manifest.settings.parse(settings) as never, secrets as never);
  const meaning = (body: object) => webhooks.interpret("", new TextEncoder().encode(JSON.stringify(body)));
  it.each([
    ["an order", pushOf("260422900198363"), "fetch"],
    ["a return", pushOf("260422900198363", { message_type: 10 }), "fetch"],
    ["a chat", pushOf("260422900198363", { message_type: 2 }), "ignore"],
    ["another store", pushOf("260422900198363", { seller_id: "1" }), "ignore"],
    ["another country", pushOf("260422900198363", { site: "lazada_th" }), "ignore"],
    ["no order", pushOf("x"), "unusable"],
  ])("%s", (_, push, kind) => expect(meaning(push).kind).toBe(kind));
});

describe("access", () => {
  it("testing the connection says exactly what is wrong", async () => {
    const check = async (
      spoil: (store: ReturnType<typeof openStore>) => void,
      more: Parameters<typeof openStore>[0] = {},
    ) => {
      const store = openStore(more);
      spoil(store);
      const result = await store.account.check(store.call());
      return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
    };
    const told =
      (code: string) =>
      ({ fake }: ReturnType<typeof openStore>) =>
        fake.fail("/seller/get", { code });
    expect(await check(() => undefined)).toBe("Demo Store (SG)");
    expect(await check(({ fake }) => fake.authorization.expire())).toMatch(/^auth: .*access token is over/);
    expect(await check(() => undefined, { secrets: { appSecret: "anotherAppSecret" } })).toMatch(
      /^auth: .*app secret is wrong/,
    );
    expect(await check(() => undefined, { settings: { appKey: "999" } })).toMatch(
      /^auth: .*app key is wrong/,
    );
    expect(await check(() => undefined, { settings: { sellerId: "42" } })).toMatch(
      /^invalid: .*the settings name 42/,
    );
    expect(await check(told("InsufficientPermission"))).toMatch(/^unsupported: .*apply for it/);
    expect(await check(told("InvalidTimeStamp"))).toMatch(/^invalid: .*set the clock/);
    expect(await check(told("901"))).toMatch(/^rate_limited: /);
    expect(await check(told("6"))).toMatch(/^unavailable: /);
  });

  it("another store's grant is not taken", async () => {
    const { context, call, fake } = openStore({ settings: { sellerId: "42" } });
    const refused = await createAuthorization(context).refresh!(fake.authorization.tokens(), call());
    expect(refused).toMatchObject({ kind: "invalid", message: expect.stringMatching(/another store/) });
  });
});
