import { createHash, createHmac } from "node:crypto";

/** The door of the fake platform: what it checks before it looks at a call, in the platform's own codes. */

export interface Developer {
  accessKeyId: string;
  accessKeySecret: string;
}

const tenMinutes = 600;

/** 0, or the code a request is refused with. Remembers nonces in `seen`. */
export function gateCode(
  request: { headers: Headers; body: string },
  developer: Developer,
  nowMs: number,
  seen: Set<string>,
): number {
  const { headers, body } = request;
  const header = (name: string) => headers.get(name) ?? "";
  if (header("content-type") !== "application/json") return 4011;
  if (header("accept") !== "application/json") return 4013;
  if (header("x-bili-accesskeyid") !== developer.accessKeyId) return 4001;
  if (header("x-bili-signature-method") !== "HMAC-SHA256") return 4005;
  if (header("x-bili-signature-version") !== "1.0") return 4006;
  if (header("x-bili-content-md5") !== createHash("md5").update(body).digest("hex")) return 4012;
  const timestamp = header("x-bili-timestamp");
  if (!/^\d{10}$/.test(timestamp) || Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) > tenMinutes)
    return 4003;
  const text = [
    "x-bili-accesskeyid",
    "x-bili-content-md5",
    "x-bili-signature-method",
    "x-bili-signature-nonce",
    "x-bili-signature-version",
    "x-bili-timestamp",
  ]
    .map((name) => `${name}:${header(name)}`)
    .join("\n");
  const expected = createHmac("sha256", developer.accessKeySecret).update(text).digest("hex");
  if (header("authorization") !== expected) return 4002;
  const nonce = header("x-bili-signature-nonce");
  if (nonce === "" || seen.has(nonce)) return 4004;
  seen.add(nonce);
  return 0;
}
