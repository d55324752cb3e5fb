import { signRequest } from "shopee-openapi-v2/dist/utils/sign.js";
import { describe, expect, it } from "vitest";
import { signedQuery, signOf } from "../../../src/connectors/shopee/sign.ts";
import { createWebhooks } from "../../../src/connectors/shopee/webhook.ts";
import { testRuntime } from "../../support/runtime.ts";
import { createFakeShopee } from "./fake/server.ts";
import { models, pushOf } from "./subject.ts";

const key = { partnerId: "2001887", partnerKey: "shopeePartnerKeyDemo" };
const nowMs = 1_795_309_260_999;

/** Vectors of the reference page; the shop's was made with the public package that judges here too. */
describe("Shopee signatures", () => {
  it("of calls to a shop: the vector, the public package, and seconds cut off", () => {
    const path = "/api/v2/order/get_order_list";
    const query = signedQuery(path, nowMs, key, { accessToken: "tok_demo", shopId: "14701711" });
    expect(query).toEqual({
      partner_id: "2001887",
      timestamp: "1795309260",
      access_token: "tok_demo",
      shop_id: "14701711",
      sign: "17e82fb778b97171442a6d534720cf082d638f37d4fedc4a7a8054bc679910e6",
    });
    expect(query.sign).toBe(
      signRequest(key.partnerKey, ["2001887", path, "1795309260", "tok_demo", "14701711"]),
    );
  });

  it("of public calls", () => {
    const { sign } = signedQuery("/api/v2/auth/token/get", nowMs, key);
    expect(sign).toBe("8394a74977c0e1ff5994aa01890b9bfb5691105a6273177d685f2bd7b0ad99be");
    expect(sign).toBe(signRequest(key.partnerKey, ["2001887", "/api/v2/auth/token/get", "1795309260"]));
  });

  it("of pushes: over the address and the raw body", () => {
    const url = "https://hub.example.com/hooks/shopee";
    const body = new TextEncoder().encode(JSON.stringify(pushOf("261122ABCDEF12")));
    const signature = "ca20eebba9a7eef094c4561ce54b4c5c90edbf6113889e360cbd87b1869f785f";
    expect(signOf(key.partnerKey, [`${url}|`, body])).toBe(signature);
    expect(createFakeShopee(testRuntime(), models).sign(url, body), "the fake signs by itself").toBe(
      signature,
    );
    const webhooks = createWebhooks({ shopId: "14701711" } as never, { partnerKey: key.partnerKey });
    const verified = (address: string) =>
      webhooks.verify(
        { body, headers: { authorization: signature }, url: address },
        "2026-11-22T09:01:00.000Z",
      ).verified;
    expect([verified(url), verified(`${url}/`)]).toEqual([true, false]);
  });
});
