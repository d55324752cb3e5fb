import { createHash, createHmac } from "node:crypto";

/** The platform's side of signing; shares no code with the connector. */

function flat(parameters: URLSearchParams): string {
  const pairs = [...parameters].filter(([name, value]) => name !== "sign" && value !== "");
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  let text = "";
  for (const [name, value] of pairs) text += name + value;
  return text;
}

export function expectedSign(parameters: URLSearchParams, secret: string): string {
  const text = flat(parameters);
  const method = parameters.get("sign_method");
  if (method === "hmac-sha256")
    return createHmac("sha256", secret).update(text, "utf8").digest("hex").toUpperCase();
  if (method === "hmac") return createHmac("md5", secret).update(text, "utf8").digest("hex").toUpperCase();
  return createHash("md5").update(`${secret}${text}${secret}`, "utf8").digest("hex").toUpperCase();
}

/** Of the calls the platform makes itself. */
export const callSign = (parameters: URLSearchParams, body: Uint8Array, secret: string): string =>
  createHash("md5")
    .update(Buffer.concat([Buffer.from(secret + flat(parameters)), body, Buffer.from(secret)]))
    .digest("hex")
    .toUpperCase();
