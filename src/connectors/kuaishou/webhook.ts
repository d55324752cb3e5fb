import { Buffer } from "node:buffer";
import { createDecipheriv, createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, Verification, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { strictBase64 } from "../toolkit/signatures.ts";
import type { KuaishouSecrets } from "./settings.ts";
import { id } from "./wire.ts";

const messageSchema = z.object({
  eventId: id.nullish(),
  msgId: id.nullish(),
  event: z.string().nullish(),
  test: z.boolean().nullish(),
  info: z.union([z.string(), z.record(z.string(), z.json())]).nullish(),
});
const infoSchema = z.object({ oid: id.nullish(), orderId: id.nullish() });

const acknowledgement = { status: 200, body: '{"result":1}', contentType: "application/json" };
const read = (body: Uint8Array | string): unknown => parseStrictJson(body, { largeIntegersAsText: true });
const noIv = Buffer.alloc(16);

/** Base64 of AES-CBC with PKCS#7 padding and an IV of zeros; the key's length chooses AES-128, 192 or 256. Null when it does not open. */
export function opened(body: Uint8Array, key: string): Uint8Array | null {
  const sealed = strictBase64(new TextDecoder("latin1").decode(body));
  if (sealed === null || sealed.byteLength % 16 !== 0) return null;
  const keyBytes = Buffer.from(key, "base64");
  // Base64 of other spellings would open to the same text.
  if (Buffer.from(sealed).toString("base64") !== new TextDecoder("latin1").decode(body)) return null;
  try {
    const decipher = createDecipheriv(`aes-${keyBytes.byteLength * 8}-cbc`, keyBytes, noIv);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return null;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const isText = (bytes: Uint8Array): boolean => {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/**
 * Messages carry no signature: that they open with our key is the proof. There is no time in it, so a replay is known by its event's id,
 * and only the order's number is taken.
 */
export function createWebhooks({ messageKey, previousMessageKey }: KuaishouSecrets): Webhooks {
  const keys = [messageKey, previousMessageKey].filter((key) => key !== undefined);
  return {
    verify({ body }): Verification {
      if (keys.length === 0) return { verified: false, reason: "no_secret" };
      const found = keys.flatMap((key) => opened(body, key) ?? []);
      if (found.length === 0) return { verified: false, reason: "mismatch" };
      const content = found.find(isText);
      if (content === undefined) return { verified: false, reason: "malformed" };
      const message = messageOf(content);
      const deliveryId =
        message?.eventId || message?.msgId || createHash("sha256").update(content).digest("hex");
      return { verified: true, deliveryId: deliveryId.slice(0, 200), topic: topicOf(message), content };
    },

    interpret(_topic, body) {
      try {
        const message = messageSchema.safeParse(read(body)).data;
        return message ? meaningOf(message) : { kind: "unusable", reason: "The body is no message." };
      } catch (error) {
        return {
          kind: "unusable",
          reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
        };
      }
    },
    acknowledgement,

    // When the address is entered, and from then on to see whether we are there.
    probe: ({ method = "POST", body }) =>
      method === "POST" &&
      /^\s*\{\s*"test"\s*:\s*true\s*\}\s*$/.test(new TextDecoder("latin1").decode(body.slice(0, 100))) &&
      body.byteLength <= 100
        ? acknowledgement
        : null,
  };
}

type Message = z.infer<typeof messageSchema>;

function messageOf(content: Uint8Array): Message | undefined {
  try {
    return messageSchema.safeParse(read(content)).data;
  } catch {
    return undefined;
  }
}

const topicOf = (message: Message | undefined): string => {
  if (message === undefined) return "unreadable";
  return message.test ? "test" : message.event?.slice(0, 100) || "none";
};

function meaningOf({ test, info }: Message): Interpretation {
  if (test) return { kind: "ignore", reason: "The platform asks whether we are there." };
  if (!info) return { kind: "ignore", reason: "The message names no order." };
  const { oid, orderId } = infoSchema.parse(typeof info === "string" ? read(info) : info);
  const found = oid ?? orderId;
  return found
    ? { kind: "fetch", externalIds: [found] }
    : { kind: "ignore", reason: "The message names no order." };
}
