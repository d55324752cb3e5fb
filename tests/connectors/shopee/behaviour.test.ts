import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../../src/connectors/shopee/authorization.ts";
import { shopee } from "../../../src/connectors/shopee/index.ts";
import { createWebhooks } from "../../../src/connectors/shopee/webhook.ts";
import { longAgo } from "../session.ts";
import { type Model, openShop } from "./shop.ts";
import { pushOf, secrets, settings } from "./subject.ts";

const write = (model: Model, quantity: number) => ({
  externalId: String(model.itemId),
  ...(model.modelId === 0 ? {} : { externalVariantId: String(model.modelId) }),
  writeId: "w1",
  asOf: longAgo,
  mode: "set" as const,
  quantity,
});

describe("stock", () => {
  it("partial success: each model has its own outcome, and what Shopee keeps is unsupported", async () => {
    const { account, call, shirt, large, bag, theirs } = openShop();
    large.reserved = 10;
    const gone = { ...write(shirt, 3), externalVariantId: "99" };
    const outcomes = await account().stock!.push(
      [write(shirt, 7), write(large, 5), gone, write(bag, 8), write(theirs, 9)],
      call(),
    );
    expect(outcomes.map((one) => (one.ok ? "ok" : one.kind))).toEqual([
      "ok",
      "invalid",
      "not_found",
      "ok",
      "unsupported",
    ]);
    expect([shirt.stock, large.stock, bag.stock, theirs.stock]).toEqual([7, 40, 8, 20]);
  });

  it("Shopee's own stock is listed as such, and read", async () => {
    const { account, call, theirs } = openShop();
    const pulled = await account().listings!.pull({ cursor: null }, call());
    const listed = pulled.ok ? pulled.value.listings : [];
    expect(listed.filter((one) => one.managedBy === "platform").map((one) => one.sku)).toEqual([theirs.sku]);
    expect(await account().stock!.read!([{ externalId: String(theirs.itemId) }], call())).toEqual([
      { ok: true, value: { quantity: 20 } },
    ]);
  });

  it("Shopee takes its sales off when they are placed and puts them back when cancelled, as declared", () => {
    const { shop, shirt } = openShop();
    const order = shop.place(shirt, 2, "UNPAID");
    expect(shirt.stock).toBe(48);
    shop.cancel(order.sn);
    expect(shirt.stock).toBe(50);
  });
});

describe("parcels", () => {
  const parcelOf = (
    order: { sn: string; lines: { model: Model; quantity: number; lineId: number }[] },
    quantity = 1,
  ) => ({
    shipmentId: "0197a5b4-0000-7000-8000-000000000001",
    orderExternalId: order.sn,
    shippedAt: longAgo,
    lines: order.lines.map(({ model, lineId }) => ({
      externalLineId: `${model.itemId}-${model.modelId}-${lineId}`,
      quantity,
    })),
    trackingNumber: "OWN1",
  });

  it("a pickup is arranged at the pickup address, in the slot Shopee recommends; arranged is not shipped", async () => {
    const { shop, account, call, shirt } = openShop();
    const order = shop.place(shirt, 1, "READY_TO_SHIP", { channel: "pickup" });
    expect((await account().fulfilments!.push(parcelOf(order), call())).ok).toBe(true);
    expect(order).toMatchObject({ status: "PROCESSED", parcels: [{ tracking: "SPXSG0001" }] });
    const fetched = await account().orders!.fetch([order.sn], call());
    expect(fetched.ok && fetched.value.orders[0]?.shipments).toBeUndefined();
  });

  it("a parcel somebody else arranges in the same moment is done", async () => {
    const { shop, context, fake, call, shirt } = openShop();
    const order = shop.place(shirt, 1);
    const account = shopee.open({
      ...context,
      tokens: fake.authorization.tokens(),
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (request.url.includes("/ship_order")) await fake.fetch(request.clone());
        return fake.fetch(request);
      },
    });
    expect(await account.fulfilments!.push(parcelOf(order), call())).toEqual({
      ok: true,
      value: { externalId: order.parcels[0]?.number },
    });
  });

  it("a split order: the parcel with just these units is arranged, the other stays", async () => {
    const { shop, account, call, shirt } = openShop();
    const one = (number: string) => ({
      number,
      status: "LOGISTICS_READY",
      tracking: null,
      lines: [{ model: shirt, quantity: 1 }],
    });
    const order = shop.place(shirt, 2, "READY_TO_SHIP", { parcels: [one("OFG1"), one("OFG2")] });
    const pushed = await account().fulfilments!.push(parcelOf(order), call());
    expect(pushed).toEqual({ ok: true, value: { externalId: "OFG1" } });
    expect(order.parcels.map(({ tracking }) => tracking)).toEqual(["OWN1", null]);
  });

  it.each([
    ["a part of a parcel", { quantity: 1 }, {}, /split or join its parcels/],
    ["an order on its way to be cancelled", { quantity: 2 }, { status: "IN_CANCEL" }, /IN_CANCEL/],
    ["drop-off without a branch", { quantity: 2 }, { channel: "dropoff" }, /dropoffBranchId/],
  ] as const)("%s is refused, and nothing is arranged", async (_, { quantity }, change, why) => {
    const { shop, account, call, shirt } = openShop();
    const order = shop.place(shirt, 2, "READY_TO_SHIP", change);
    const refused = await account().fulfilments!.push(parcelOf(order, quantity), call());
    expect(refused).toMatchObject({ ok: false, kind: "invalid", message: expect.stringMatching(why) });
    expect(order.parcels.map(({ status }) => status)).toEqual(["LOGISTICS_READY"]);
  });
});

describe("pushes", () => {
  const webhooks = createWebhooks(shopee.manifest.settings.parse(settings) as never, secrets as never);
  const meaning = (body: object) => webhooks.interpret("", new TextEncoder().encode(JSON.stringify(body)));
  it.each([
    [pushOf("261122ABCDEF12"), "fetch"],
    [pushOf("261122ABCDEF12", { code: 4 }), "fetch"],
    [pushOf("261122ABCDEF12", { code: 10 }), "ignore"],
    [pushOf("261122ABCDEF12", { shop_id: 1 }), "ignore"],
    [pushOf("no order"), "unusable"],
  ])("%j is %s", (push, kind) => expect(meaning(push).kind).toBe(kind));
});

describe("access", () => {
  it("testing the connection says exactly what is wrong", async () => {
    const check = async (
      spoil: (shop: ReturnType<typeof openShop>) => void,
      more: Parameters<typeof openShop>[0] = {},
    ) => {
      const shop = openShop(more);
      const account = shop.account();
      spoil(shop);
      const result = await account.check(shop.call());
      return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
    };
    const told = (error: string, message: string) => (shop: ReturnType<typeof openShop>) =>
      shop.fake.fail("get_shop_info", { error, message });
    expect(await check(() => undefined)).toBe("Demo Shop (SG)");
    expect(await check(() => undefined, { secrets: { partnerKey: "anotherPartnerKey" } })).toMatch(
      /^auth: .*error_sign, the partner key is wrong/,
    );
    expect(await check(({ fake }) => fake.authorization.expire())).toMatch(/^auth: .*access token is over/);
    expect(await check(told("error_auth", "No permission to current api."))).toMatch(/^unsupported: /);
    // A rule of the business under the code of a dead token must not renew tokens for ever.
    expect(await check(told("error_auth", "shop is in holiday mode"))).toMatch(/^invalid: /);
    expect(await check(told("error_param", "Invalid timestamp"))).toMatch(/^invalid: .*set the clock/);
    expect(await check(told("common.error_inner", "x"))).toMatch(/^unavailable: /);
  });

  it("a refresh token is used once, and another shop's grant is not taken", async () => {
    const { context, call, fake } = openShop();
    const authorization = createAuthorization(context);
    const tokens = fake.authorization.tokens();
    const renewed = await authorization.refresh!(tokens, call());
    expect(renewed).toMatchObject({
      ok: true,
      value: { accessExpiresAt: "2026-11-22T12:00:00.000Z", refreshExpiresAt: "2026-12-22T08:00:00.000Z" },
    });
    expect(await authorization.refresh!(tokens, call())).toMatchObject({ ok: false, kind: "auth" });
    const other = { parameters: { code: "c", shop_id: "1" }, redirectUrl: "https://hub.example/callback" };
    expect(await authorization.exchange!(other, call())).toMatchObject({ kind: "invalid" });
  });
});
