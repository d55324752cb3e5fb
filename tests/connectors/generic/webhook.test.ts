import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { RawDelivery, Webhooks } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { signedDelivery, webhookSecret } from "./subject.ts";

function webhooksOf(secrets: Record<string, unknown> = { webhookSecret }): Webhooks {
  const runtime = testRuntime();
  const { webhooks } = generic.open({
    settings: generic.manifest.settings.parse({ baseUrl: "https://shop.example" }),
    secrets: generic.manifest.secrets.parse(secrets),
    fetch: runtime.fetch,
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
  });
  if (webhooks === undefined) throw new Error("the generic connector takes webhooks");
  return webhooks;
}

const order = {
  externalId: "A-1042",
  updatedAt: "2026-11-22T16:00:00.250+08:00",
  placedAt: "2026-11-22T07:58:30.000Z",
  status: "paid",
  currency: "CNY",
  lines: [{ externalLineId: "1", externalItemId: "P1", quantity: 2, unitPriceMinor: 2190 }],
  totalMinor: 4380,
};

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

describe("deliveries of the generic protocol", () => {
  it("order.upserted carries the order, read into the model", () => {
    expect(
      webhooksOf().interpret(
        "order.upserted",
        bytes({ type: "order.upserted", timestamp: "x", data: order }),
      ),
    ).toEqual({
      kind: "orders",
      orders: [{ ...order, updatedAt: "2026-11-22T08:00:00.250Z" }],
    });
  });

  it.each([
    ["JPY", 1990, 500],
    ["KRW", 45_000, 12_000],
    ["KWD", 1234, 250],
    ["CNY", 1990, 1],
  ])(
    "F118: amounts in %s are the minor units that were sent, refunds too",
    (currency, unitPriceMinor, amountMinor) => {
      const refunds = [{ externalId: "R1", refundedAt: "2026-11-22T08:00:00.000Z", amountMinor }];
      const data = {
        ...order,
        currency,
        lines: [{ ...order.lines[0], unitPriceMinor }],
        totalMinor: unitPriceMinor * 2,
        refunds,
      };
      expect(webhooksOf().interpret("order.upserted", bytes({ type: "order.upserted", data }))).toMatchObject(
        {
          kind: "orders",
          orders: [
            {
              currency,
              totalMinor: unitPriceMinor * 2,
              lines: [{ unitPriceMinor }],
              refunds: [{ amountMinor }],
            },
          ],
        },
      );
    },
  );

  it("order.changed names orders to fetch", () => {
    const body = bytes({ type: "order.changed", data: { externalIds: ["A-1042", "A-1043"] } });
    expect(webhooksOf().interpret("order.changed", body)).toEqual({
      kind: "fetch",
      externalIds: ["A-1042", "A-1043"],
    });
  });

  it("other types are ignored, by name", () => {
    expect(webhooksOf().interpret("stock.counted", bytes({ type: "stock.counted", data: {} }))).toEqual({
      kind: "ignore",
      reason: "Deliveries of type stock.counted are not used",
    });
  });

  it.each([
    [
      "an order without lines",
      { type: "order.upserted", data: { ...order, lines: [] } },
      "Order A-1042 does not fit the model: lines: needs at least one line",
    ],
    [
      "a time without a zone",
      { type: "order.upserted", data: { ...order, placedAt: "2026-11-22 08:00:00" } },
      "placedAt: must be an ISO 8601 time with a zone",
    ],
    [
      "half a unit",
      { type: "order.upserted", data: { ...order, lines: [{ ...order.lines[0], quantity: 1.5 }] } },
      "lines.0.quantity: must be a whole number",
    ],
    [
      "an amount in yuan",
      { type: "order.upserted", data: { ...order, totalMinor: 43.8 } },
      "totalMinor: must be a whole number",
    ],
    [
      "an unknown currency",
      { type: "order.upserted", data: { ...order, currency: "RMB" } },
      "currency: must be an ISO 4217 code",
    ],
    ["a status of its own", { type: "order.upserted", data: { ...order, status: "待发货" } }, "status: "],
    ["no data", { type: "order.upserted" }, "no type and data"],
    ["no ids", { type: "order.changed", data: { externalIds: [] } }, "order.changed does not name orders"],
    [
      "a key twice",
      '{"type":"order.upserted","data":{"totalMinor":1,"totalMinor":2}}',
      'The key "totalMinor" stands twice',
    ],
    [
      "a number that does not fit",
      '{"type":"order.upserted","data":{"totalMinor":12345678901234567890}}',
      "would not be kept exactly",
    ],
    ["no JSON", "hello", "The body is not JSON"],
  ])("%s is unusable, with the reason", (_, body, reason) => {
    expect(webhooksOf().interpret("order.upserted", bytes(body))).toEqual({
      kind: "unusable",
      reason: expect.stringContaining(reason),
    });
  });

  it("names fields, never values, in a reason", () => {
    const body = bytes({
      type: "order.upserted",
      data: { ...order, status: "13812345678", buyer: { phone: 13_812_345_678 } },
    });
    expect(JSON.stringify(webhooksOf().interpret("order.upserted", body))).not.toContain("13812345678");
  });

  it("labels what it cannot read, and stores it all the same", () => {
    const nowMs = Date.parse("2026-11-22T08:00:00.000Z");
    for (const body of ["not json", '{"type":42}', '{"type":"<b>","data":1}']) {
      expect(webhooksOf().verify(signedDelivery(body, "msg_1", nowMs), instantOf(nowMs))).toMatchObject({
        verified: true,
        topic: "unreadable",
      });
    }
  });
});

describe("secrets", () => {
  it.each([
    ["too short", "whsec_AAAA"],
    ["no base64", "whsec_!!!!"],
    ["a plain word", "secret"],
  ])("refuses a webhook secret that is %s", (_, text) => {
    expect(generic.manifest.secrets.safeParse({ webhookSecret: text }).success).toBe(false);
  });

  it("refuses a token that would break the header", () => {
    expect(generic.manifest.secrets.safeParse({ apiToken: "a\r\nx-evil: 1" }).success).toBe(false);
  });
});

describe("settings", () => {
  it.each([
    "ftp://shop.example",
    "shop.example",
    "https://user:pass@shop.example",
    "https://shop.example/?key=1",
    "https://shop.example/#a",
    "javascript:alert(1)",
    "",
  ])("refuses the address %s", (baseUrl) => {
    expect(generic.manifest.settings.safeParse({ baseUrl }).success).toBe(false);
  });

  it.each(["https://shop.example", "http://127.0.0.1:4100/api/", "https://商店.example/接口"])(
    "takes the address %s",
    (baseUrl) => {
      expect(generic.manifest.settings.safeParse({ baseUrl }).success).toBe(true);
    },
  );
});

describe("docs/generic-protocol.md", () => {
  const text = readFileSync("docs/generic-protocol.md", "utf8");
  const block = (language: string) =>
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\``).exec(text)?.[1] ?? "";

  function example(): { secret: string; delivery: RawDelivery } {
    const [head = "", body = ""] = block("http").split("\n\n");
    const [, ...lines] = head.split("\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    return {
      secret: block("secret"),
      delivery: { body: bytes(body), headers, url: "https://hub.example/webhooks/x" },
    };
  }

  it("its worked example verifies, and says what it shows", () => {
    const { secret, delivery } = example();
    const seconds = Number(delivery.headers["webhook-timestamp"]);
    const webhooks = webhooksOf({ webhookSecret: secret });
    expect(webhooks.verify(delivery, instantOf(seconds * 1000))).toEqual({
      verified: true,
      deliveryId: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
      topic: "order.upserted",
      sentAt: "2026-11-22T08:00:05.000Z",
    });
    expect(webhooks.interpret("order.upserted", delivery.body)).toMatchObject({
      kind: "orders",
      orders: [{ externalId: "A-1042", totalMinor: 5180 }],
    });
  });

  it("its worked example is what the reference package signs", () => {
    const { secret, delivery } = example();
    const at = new Date(Number(delivery.headers["webhook-timestamp"]) * 1000);
    const signature = new Webhook(secret).sign(
      delivery.headers["webhook-id"] ?? "",
      at,
      new TextDecoder().decode(delivery.body),
    );
    expect(signature).toBe(delivery.headers["webhook-signature"]);
  });

  it("names every setting, secret, kind of write and status", () => {
    const { settings, secrets } = generic.manifest;
    const words = [
      ...Object.keys(settings.shape),
      ...Object.keys(secrets.shape),
      "set",
      "delta",
      "compareAndSet",
    ];
    for (const word of words) expect(text, word).toContain(`\`${word}\``);
  });

  it("states the defaults that hold", () => {
    const defaults = generic.manifest.settings.parse({ baseUrl: "https://shop.example" });
    const rows = [...text.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)]
      .map(([, name = "", value = ""]) => ({ name, value }))
      .filter(({ name }) => name in generic.manifest.settings.shape);
    expect(rows.length).toBeGreaterThan(5);
    for (const { name, value } of rows) expect(String(defaults[name]), name).toBe(value);
  });

  it("its JSON examples are JSON of the shapes it describes", () => {
    const examples = [...text.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, body = ""]) =>
      Object.keys(JSON.parse(body)),
    );
    expect(examples).toEqual([
      ["type", "timestamp", "data"],
      ["orders", "nextCursor", "watermark", "account"],
      ["externalIds", "nextCursor"],
      ["updates"],
      ["outcomes"],
      ["levels"],
      ["shipmentId", "orderExternalId", "shippedAt", "lines", "carrier", "trackingNumber"],
      ["listings", "nextCursor"],
    ]);
  });
});
