import { createHmac } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { good, host, refuse, tokenHost } from "./answers.ts";
import { appKey, appSecret, cipher, Grants, shopCode, shopId } from "./grants.ts";
import { orderHandlers, parcelHandlers } from "./orders.ts";
import { productHandlers, stockHandlers } from "./products.ts";
import { FakeShop, type FakeSku } from "./shop.ts";

/**
 * TikTok Shop as the connector meets it: signature over query and body, a clock that may be five minutes slow and half a minute fast, token in
 * a header, shop by its cipher. Shares no code with the connector.
 */
export interface FakeTiktok {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** From now on calls whose path holds this are refused; left out, they work again. */
  fail(path: string, answer?: { code: number; message?: string; status?: number }): void;
  /** Calls of one path in one second; none by default, since the clock of tests stands still. */
  limit(callsPerSecond: number): void;
  /** Of a webhook. */
  sign(body: Uint8Array): string;
  calls: { path: string; body: unknown }[];
}

const hex = (text: string) => createHmac("sha256", appSecret).update(text).digest("hex");

function signatureOf(url: URL, body: string): string {
  const names = [...url.searchParams.keys()].filter((name) => name !== "sign").sort();
  const query = names.map((name) => `${name}${url.searchParams.get(name)}`).join("");
  return hex(`${appSecret}${url.pathname}${query}${body}${appSecret}`);
}

/** What is wrong with the call itself, if anything. */
function refusalOf(shop: FakeShop, grants: Grants, request: Request, body: string) {
  const url = new URL(request.url);
  const query = url.searchParams;
  if (request.headers.get("content-type") !== "application/json")
    return refuse(36009022, "Invalid request format.");
  if (query.get("app_key") !== appKey)
    return refuse(36009004, "Invalid credentials. Invalid `app_key` query parameter.");
  const lag = shop.now() - Number(query.get("timestamp") ?? Number.NaN);
  if (!(lag <= 300 && lag >= -30))
    return refuse(
      36009004,
      "Invalid timestamp. The value of the `timestamp` query parameter must not exceed",
    );
  if (query.get("sign") !== signatureOf(url, body))
    return refuse(106001, "Invalid credentials. The `sign` query parameter is invalid.", 401);
  const state = grants.state(request.headers.get("x-tts-access-token"));
  if (state === "expired") return refuse(105002, "Expired credentials.", 401);
  if (state === "unknown")
    return refuse(36009004, "Invalid credentials. The `x-tts-access-token` header is invalid.", 401);
  const isOfSeller = url.pathname.startsWith("/authorization/");
  if (isOfSeller && query.has("shop_cipher"))
    return refuse(36009004, "Unexpected identifier. The `shop_cipher` query parameter is not required");
  if (!isOfSeller && query.get("shop_cipher") !== cipher) return refuse(106013, "Missing identifier.");
  return undefined;
}

export function createFakeTiktok(runtime: TestRuntime, skus: readonly FakeSku[]): FakeTiktok {
  const shop = new FakeShop(runtime, skus);
  const grants = new Grants(shop);
  const failing = new Map<string, { code: number; message?: string; status?: number }>();
  const calls: FakeTiktok["calls"] = [];
  const counts = new Map<string, number>();
  let most = Number.POSITIVE_INFINITY;
  const guard = async ({ request }: { request: Request }) => {
    const url = new URL(request.url);
    const body = request.method === "GET" ? "" : await request.clone().text();
    calls.push({ path: url.pathname, body: body === "" ? null : JSON.parse(body) });
    const second = `${shop.now()} ${url.pathname}`;
    counts.set(second, (counts.get(second) ?? 0) + 1);
    if ((counts.get(second) ?? 0) > most) return refuse(36009002, "Too many requests.", 429);
    const refusal = refusalOf(shop, grants, request, body);
    if (refusal) return refusal;
    const planned = [...failing].find(([path]) => url.pathname.includes(path))?.[1];
    return planned ? refuse(planned.code, planned.message, planned.status) : undefined;
  };
  const handlers = [
    http.get(`${tokenHost}/api/v2/token/:what`, ({ request }) => grants.answer(request)),
    http.all(`${host}/*`, guard),
    http.get(`${host}/authorization/202309/shops`, () =>
      good({
        shops: [
          {
            id: "7494049642642441622",
            name: "Other",
            region: "DE",
            seller_type: "CROSS_BORDER",
            cipher: "GCP_other",
            code: "DELCDEMO0002",
          },
          {
            id: shopId,
            name: "Demo Shop",
            region: "GB",
            seller_type: "CROSS_BORDER",
            cipher,
            code: shopCode,
          },
        ],
      }),
    ),
    ...orderHandlers(shop),
    ...parcelHandlers(shop),
    ...productHandlers(shop),
    ...stockHandlers(shop),
  ];
  return {
    shop,
    calls,
    authorization: grants.authorization,
    fail: (path, answer) => (answer ? failing.set(path, answer) : failing.delete(path)),
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ?? HttpResponse.error(),
    limit: (callsPerSecond) => {
      most = callsPerSecond;
    },
    sign: (body) => createHmac("sha256", appSecret).update(appKey).update(body).digest("hex"),
  };
}
