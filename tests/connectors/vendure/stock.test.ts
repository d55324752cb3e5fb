import { describe, expect, it } from "vitest";
import type { StockWrite } from "../../../src/connectors/contract.ts";
import { type Opened, openVendure } from "./session.ts";

const set = (externalId: string, quantity: number): StockWrite => ({
  externalId,
  quantity,
  mode: "set",
  writeId: `w-${externalId}`,
  asOf: "2026-11-22T08:00:00.000Z",
});

const push = ({ account, call }: Opened, ...writes: StockWrite[]) => account.stock!.push(writes, call());

const read = ({ account, call }: Opened, ...ids: string[]) =>
  account.stock!.read!(
    ids.map((externalId) => ({ externalId })),
    call(),
  );

const levelOf = ({ fake }: Opened, id: string) => {
  const variant = fake.shop.variants.get(id);
  return variant && [variant.onHand, variant.allocated];
};

const writes = ({ fake }: Opened) =>
  fake.requests.filter(({ name }) => name === "HubStock").map(({ variables }) => variables.input);

describe("stock writes", () => {
  it("add what Vendure has allocated, so that exactly the target can still be sold", async () => {
    const session = openVendure();
    session.fake.shop.place([{ variantId: "1", quantity: 3 }]);
    expect(await push(session, set("1", 20))).toEqual([{ ok: true, quantity: 20 }]);
    expect(levelOf(session, "1")).toEqual([23, 3]);
    expect(await read(session, "1")).toEqual([{ ok: true, value: { quantity: 20 } }]);
  });

  it("add the out-of-stock threshold, of the variant or of the server", async () => {
    const session = openVendure();
    session.fake.server.threshold = 2;
    session.fake.shop.add({ id: "9", sku: "OWN", name: "Own", price: 100, onHand: 0, threshold: 5 });
    expect(await push(session, set("1", 20), set("9", 20))).toEqual([
      { ok: true, quantity: 20 },
      { ok: true, quantity: 20 },
    ]);
    expect([levelOf(session, "1"), levelOf(session, "9")]).toEqual([
      [22, 0],
      [25, 0],
    ]);
  });

  it("do not forget a sale between reading and writing", async () => {
    const session = openVendure();
    session.intercept("HubStock", () => {
      session.fake.shop.place([{ variantId: "1", quantity: 4 }]);
      return undefined;
    });
    expect(await push(session, set("1", 20))).toEqual([{ ok: true, quantity: 16 }]);
    expect(levelOf(session, "1")).toEqual([20, 4]);
  });

  it("do not put units back on sale that were packed between reading and writing", async () => {
    const session = openVendure();
    const { shop } = session.fake;
    const order = shop.place([{ variantId: "1", quantity: 4 }]);
    session.intercept("HubStock", () => {
      shop.pack(order, [{ id: order.lines[0]?.id ?? "", quantity: 4 }]);
      return undefined;
    });
    expect(await push(session, set("1", 20))).toEqual([{ ok: true, quantity: 20 }]);
    expect(levelOf(session, "1")).toEqual([20, 0]);
    const written = (stockOnHand: number) => [
      { id: "1", stockLevels: [{ stockLocationId: "1", stockOnHand }] },
    ];
    expect(writes(session)).toEqual([written(24), written(20)]);
  });

  it("say why an untracked variant and one that sells below zero have no figure, and write the others", async () => {
    const session = openVendure();
    session.fake.server.trackInventory = false;
    const { shop } = session.fake;
    shop.add({ id: "7", sku: "PDF", name: "Book", price: 900, onHand: 0, track: "INHERIT" });
    shop.add({ id: "8", sku: "LATE", name: "Later", price: 900, onHand: 4, threshold: -5 });
    expect(await push(session, set("7", 3), set("2", 8), set("8", 3))).toEqual([
      {
        ok: false,
        kind: "unsupported",
        message: expect.stringContaining("does not track the stock of variant 7"),
      },
      { ok: true, quantity: 8 },
      { ok: false, kind: "unsupported", message: expect.stringContaining("sells variant 8 below zero") },
    ]);
    expect([levelOf(session, "7"), levelOf(session, "8")]).toEqual([
      [0, 0],
      [4, 0],
    ]);
  });

  it("write the others when one row makes Vendure refuse the whole call", async () => {
    const session = openVendure();
    session.intercept("HubStock", () => {
      session.fake.shop.variants.delete("2");
      return undefined;
    });
    expect(await push(session, set("1", 11), set("2", 12), set("3", 13))).toEqual([
      { ok: true, quantity: 11 },
      { ok: false, kind: "not_found", message: expect.stringContaining("ENTITY_NOT_FOUND") },
      { ok: true, quantity: 13 },
    ]);
  });

  it("to a location that does not exist are refused before anything is written", async () => {
    const session = openVendure({ settings: { stockLocationId: "77" } });
    expect(await push(session, set("1", 7))).toEqual([
      { ok: false, kind: "invalid", message: expect.stringContaining("no stock location 77") },
    ]);
    expect(writes(session)).toEqual([]);
    expect(levelOf(session, "1")).toEqual([50, 0]);
  });
});

describe("check", () => {
  const check = (session: Opened) => session.account.check(session.call());
  const refusal = (kind: string, text: string) => ({
    ok: false,
    kind,
    message: expect.stringContaining(text),
  });

  it("names server, channel and location", async () => {
    expect(await check(openVendure())).toEqual({
      ok: true,
      value: { account: "vendure.example, default channel, Warehouse" },
    });
  });

  it("says which of the settings is wrong", async () => {
    expect(await check(openVendure({ settings: { stockLocationId: "77" } }))).toEqual(
      refusal("invalid", "no stock location 77"),
    );
    expect(await check(openVendure({ settings: { channel: "nobody-s" } }))).toEqual(
      refusal("invalid", "there is no channel with the token in the settings"),
    );
    expect(await check(openVendure({ settings: { adminApiPath: "api" } }))).toEqual(
      refusal("invalid", "no admin API at vendure.example/api"),
    );
  });

  it("tells a missing permission from a key nobody knows, which Vendure calls by one name", async () => {
    const session = openVendure();
    session.fake.forbidden.add("HubCheck");
    expect(await check(session)).toEqual(refusal("invalid", "lacks a permission"));
    const stranger = openVendure({ secrets: { apiKey: "0000000000000000:ffff" } });
    expect(await check(stranger)).toEqual(refusal("auth", "does not know this login or API key"));
    const nobody = openVendure({ secrets: {} });
    expect(await check(nobody)).toEqual(refusal("auth", "enter an API key, or username and password"));
    expect(nobody.fake.requests).toEqual([]);
  });

  it("says that the server's schema is another one", async () => {
    const session = openVendure();
    const body = {
      errors: [{ message: "Cannot query field", extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    };
    session.intercept("HubCheck", () => Response.json(body, { status: 400 }));
    expect(await check(session)).toEqual(refusal("unsupported", "Vendure 3 or later is needed"));
  });
});

describe("access", () => {
  const renew = ({ authorization, call }: Opened, tokens: { accessToken: string } | null) =>
    authorization!.refresh!(tokens, call());

  it("by key needs no session, and a key that is refused cannot be renewed", async () => {
    const session = openVendure();
    expect(await renew(session, null)).toMatchObject({ ok: true });
    expect(await renew(session, { accessToken: "old" })).toMatchObject({ ok: false, kind: "auth" });
    expect(session.fake.requests).toEqual([]);
  });

  it("by password is refused with a reason, also where the server gives no token", async () => {
    const wrong = openVendure({ secrets: { username: "hub@sluice.example", password: "guess" } });
    expect(await renew(wrong, null)).toEqual({
      ok: false,
      kind: "auth",
      message: expect.stringContaining("INVALID_CREDENTIALS_ERROR"),
    });
    const cookies = openVendure({ secrets: { username: "a", password: "b" } });
    cookies.intercept("HubLogin", () => Response.json({ data: { login: { id: "5" } } }));
    expect(await renew(cookies, null)).toEqual({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("add 'bearer' to authOptions.tokenMethod"),
    });
  });
});

describe("listings", () => {
  it("are variants by their id, with the figure where there is one", async () => {
    const session = openVendure();
    session.fake.shop.place([{ variantId: "1", quantity: 3 }]);
    session.fake.shop.add({ id: "4", sku: "", name: "Book", price: 900, onHand: 0, track: "FALSE" });
    const result = await session.account.listings!.pull({ cursor: null }, session.call());
    expect(result.ok && result.value).toEqual({
      listings: [
        { externalId: "1", sku: "MUG-BLU-350", title: "Stoneware mug", quantity: 47 },
        { externalId: "2", sku: "TEA-GRN-100", title: "Green tea", quantity: 40 },
        { externalId: "3", sku: "BAG-1", title: "Bag", quantity: 30 },
        { externalId: "4", title: "Book" },
      ],
      cursor: null,
      more: false,
    });
  });
});
