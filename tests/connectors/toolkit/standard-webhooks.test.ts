import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  constantTimeEqual,
  hmac,
  strictBase64,
  toBase64,
} from "../../../src/connectors/toolkit/signatures.ts";
import {
  verifyStandardWebhook,
  webhookKey,
  webhookKeys,
} from "../../../src/connectors/toolkit/standard-webhooks.ts";
import { instantOf } from "../../../src/core/clock.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** Published with the reference libraries, and made by the specification's package (reference page, section 4). */
const vectors = [
  {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    seconds: 1_614_265_330,
    body: '{"test": 2432232314}',
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
  {
    id: "msg_01HUB0000000000000000001",
    seconds: 1_795_338_900,
    body: '{"type":"order.reserved","timestamp":"2026-11-22T09:15:00.000Z","data":{"order_id":"ord_1042"}}',
    signature: "v1,GmoHkZC3zNdUUjlfRGKabLQ5RlmBBntk+v8pAWSM9Gg=",
  },
];

const verify = (
  vector: { id: string; seconds: number | string; body: string; signature: string },
  nowMs: number,
  secrets: unknown[] = [secret],
) =>
  verifyStandardWebhook(
    {
      body: new TextEncoder().encode(vector.body),
      headers: {
        "webhook-id": vector.id,
        "webhook-timestamp": String(vector.seconds),
        "webhook-signature": vector.signature,
      },
    },
    webhookKeys(secrets),
    instantOf(nowMs),
  );

describe("verifyStandardWebhook", () => {
  it.each(vectors)("passes the published vector $id", (vector) => {
    const sentAt = instantOf(vector.seconds * 1000);
    expect(verify(vector, vector.seconds * 1000)).toEqual({ verified: true, id: vector.id, sentAt });
  });

  const [vector] = vectors;
  if (vector === undefined) throw new Error("a vector");
  const atMs = vector.seconds * 1000;

  it.each([
    ["300 s ago", 300_000, "verified"],
    ["300.999 s ago, the same second", 300_999, "verified"],
    ["301 s ago", 301_000, "stale"],
    ["300 s ahead", -300_000, "verified"],
    ["301 s ahead", -301_000, "stale"],
  ])("keeps the window of five minutes: %s", (_, offMs, outcome) => {
    const result = verify(vector, atMs + offMs);
    expect(result.verified ? "verified" : result.reason).toBe(outcome);
  });

  it("takes any one of several signatures, and ignores versions it does not know", () => {
    const wrong = `v1,${toBase64(new Uint8Array(32))}`;
    for (const signature of [
      `${wrong} ${vector.signature}`,
      `v1a,AAAA ${vector.signature}`,
      `${vector.signature} ${wrong}`,
    ]) {
      expect(verify({ ...vector, signature }, atMs).verified).toBe(true);
    }
    for (const signature of [
      wrong,
      vector.signature.replace("v1,", "v2,"),
      vector.signature.replace("v1,", ""),
      `x${vector.signature}`,
    ]) {
      expect(verify({ ...vector, signature }, atMs)).toEqual({ verified: false, reason: "mismatch" });
    }
  });

  it("reads a bounded number of signatures", () => {
    const many = `${"v1,AAAA ".repeat(100)}${vector.signature}`;
    expect(verify({ ...vector, signature: many }, atMs).verified).toBe(false);
  });

  it("takes the previous secret beside the current one", () => {
    const current = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXJ0eS1ieXRlcw==";
    expect(verify(vector, atMs, [current, secret]).verified).toBe(true);
    expect(verify(vector, atMs, [current, undefined])).toEqual({ verified: false, reason: "mismatch" });
  });

  it.each([[[]], [[undefined]], [[""]], [["whsec_"]], [["whsec_AAAA"]], [[42, null]]])(
    "never passes without a sound secret: %j",
    (secrets) => {
      // What a signer with an empty key would send.
      const empty = toBase64(hmac("sha256", "", [`${vector.id}.${vector.seconds}.`, vector.body]));
      expect(verify({ ...vector, signature: `v1,${empty}` }, atMs, secrets)).toEqual({
        verified: false,
        reason: "no_secret",
      });
    },
  );

  it.each([
    ["a dot in the id", { id: "msg.1" }],
    ["a space in the id", { id: "msg 1" }],
    ["an id too long", { id: "m".repeat(257) }],
    ["a timestamp with decimals", { seconds: "1614265330.5" }],
    ["a timestamp in words", { seconds: "now" }],
    ["a negative timestamp", { seconds: "-1" }],
  ])("refuses %s", (_, change) => {
    expect(verify({ ...vector, ...change }, atMs)).toEqual({ verified: false, reason: "malformed" });
  });
});

describe("beside the reference package", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_614_265_330_000, toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const accepts = (work: () => unknown): boolean => {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  };

  it("passes and refuses the same deliveries", () => {
    const word = fc.stringMatching(/^[\w-]{1,20}$/);
    const delivery = fc.record({
      id: word,
      offSeconds: fc.oneof(fc.integer({ min: -310, max: 310 }), fc.constantFrom(-301, -300, 300, 301)),
      body: fc.json(),
      spoil: fc.constantFrom("nothing", "body", "id", "time", "signature", "secret"),
    });
    const other = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXJ0eS1ieXRlcw==";
    let passed = 0;
    fc.assert(
      fc.property(delivery, ({ id, offSeconds, body, spoil }) => {
        const nowMs = 1_614_265_330_000;
        const seconds = 1_614_265_330 + offSeconds;
        const signature = new Webhook(spoil === "secret" ? other : secret).sign(
          id,
          new Date(seconds * 1000),
          body,
        );
        const sent = {
          id: spoil === "id" ? `${id}x` : id,
          seconds: spoil === "time" ? seconds + 1 : seconds,
          body: spoil === "body" ? `${body} ` : body,
          signature: spoil === "signature" ? `${signature}A` : signature,
        };
        const headers = {
          "webhook-id": sent.id,
          "webhook-timestamp": String(sent.seconds),
          "webhook-signature": sent.signature,
        };
        const theirs = accepts(() => new Webhook(secret).verify(sent.body, headers));
        expect(verify(sent, nowMs).verified).toBe(theirs);
        if (theirs) passed += 1;
      }),
      { numRuns: 500 },
    );
    expect(passed).toBeGreaterThan(20);
  });
});

describe("webhookKey", () => {
  const of = (length: number) => `whsec_${toBase64(new Uint8Array(length).fill(7))}`;

  it("takes 24 to 64 bytes, with or without the prefix", () => {
    expect([23, 24, 64, 65].map((length) => webhookKey(of(length))?.byteLength ?? null)).toEqual([
      null,
      24,
      64,
      null,
    ]);
    expect(webhookKey(of(32).slice("whsec_".length))?.byteLength).toBe(32);
  });

  it.each(["whsec_not base64 at all!!!!!!!!!!!!!!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "", "whsec_"])(
    "refuses %j",
    (text) => {
      expect(webhookKey(text)).toBeNull();
    },
  );
});

describe("signatures", () => {
  it("computes RFC 4231 test case 2, whatever way the text is cut", () => {
    const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    expect(
      Buffer.from(
        hmac("sha256", "Jefe", ["what do ya want ", new TextEncoder().encode("for nothing?")]),
      ).toString("hex"),
    ).toBe(expected);
  });

  it("compares texts and bytes, and unequal lengths without a throw", () => {
    expect([
      constantTimeEqual("abc", "abc"),
      constantTimeEqual("abc", new TextEncoder().encode("abc")),
      constantTimeEqual("abc", "abd"),
      constantTimeEqual("abc", "ab"),
      constantTimeEqual("", ""),
      constantTimeEqual("签名", "签"),
    ]).toEqual([true, true, false, false, true, false]);
  });

  it("reads base64 strictly", () => {
    expect(strictBase64("AAEC")).toEqual(Buffer.from([0, 1, 2]));
    for (const text of ["AAE", "AAE*", "AA=A", "", "AAEC\n", "A==="]) expect(strictBase64(text)).toBeNull();
  });
});
