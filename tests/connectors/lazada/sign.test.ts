import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { pushSignOf, signedParameters, signOf } from "../../../src/connectors/lazada/sign.ts";

/** A public package for Lazada's platform, in the old module format. */
const { signRequest } = createRequire(import.meta.url)(
  "lazada-open-platform-sdk/lib/LazadaRequest/signature",
) as {
  signRequest(secret: string, path: string, parameters: Record<string, string>): string;
};

/** The vendor's own vectors (docs 108069 and 120168) and one of the reference page. */
describe("Lazada signatures", () => {
  it.each([
    [
      "helloworld",
      "/order/get",
      {
        access_token: "test",
        app_key: "123456",
        order_id: "1234",
        sign_method: "sha256",
        timestamp: "1517820392000",
      },
      "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A",
    ],
    [
      "lzdSecretDemo",
      "/orders/get",
      {
        update_after: "2026-11-22T00:00:00+08:00",
        limit: "50",
        access_token: "tok_demo",
        app_key: "123456",
        sign_method: "sha256",
        timestamp: "1795309260000",
      },
      "68640C1026F496F9A94A7DD8C4FFD2195EA3775CF60EEB2F4284699EF4290EF4",
    ],
  ])("with secret %s at %s", (secret, path, parameters, expected) => {
    expect(signOf(secret, path, parameters)).toBe(expected);
    expect(signRequest(secret, path, parameters)).toBe(expected);
  });

  it("of a call: milliseconds, and empty parameters left out", () => {
    const key = { appKey: "123456", appSecret: "lzdSecretDemo" };
    const parameters = { update_after: "2026-11-22T00:00:00+08:00", limit: "50", status: "" };
    const signed = signedParameters("/orders/get", 1_795_309_260_000, key, parameters, "tok_demo");
    expect(signed.sign).toBe("68640C1026F496F9A94A7DD8C4FFD2195EA3775CF60EEB2F4284699EF4290EF4");
  });

  it("of pushes: app key and raw body", () => {
    const body = new TextEncoder().encode('{"seller_id":"1234567", "message_type":0, "data":{...}..}');
    expect(pushSignOf("3412gyo124goi3124", "123456", body)).toBe(
      "f3d2ca947f16a50b577c036adecd18bec126ea19cadedd59816e255d3b6104ab",
    );
  });
});
