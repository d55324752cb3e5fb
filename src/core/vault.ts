import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { SluiceError } from "./errors.ts";
import type { Random } from "./ids.ts";

/**
 * Secrets and buyers' data at rest: AES-256-GCM with one data key per merchant, itself sealed ("wrapped") by the
 * master key in SLUICE_KEY. Layout of everything sealed: version (1 byte), nonce (12), tag (16), ciphertext.
 *
 * Nonces are random. NIST SP 800-38D (section 8.3) allows 2^32 of them under one key; that is per merchant, some four
 * thousand million stored records.
 */

/** Seals and opens under one merchant's key. `context` names the place of the value and must be the same on opening. */
export interface DataKey {
  seal(plain: string | Uint8Array, context: string): Uint8Array;
  /** Throws `configuration` when the value was sealed under another key or context, or was changed since. */
  open(sealed: Uint8Array, context: string): Uint8Array;
  openText(sealed: Uint8Array, context: string): string;
  /** The same for equal texts in one context, and telling nothing without the key: to find again what is sealed. */
  digest(plain: string, context: string): string;
}

export interface Vault {
  /** A fresh data key, wrapped, as base64 for `merchants.wrapped_key`. */
  newDataKey(): string;
  /** Unwraps, or answers the key unwrapped before. Throws `configuration` when SLUICE_KEY is another one. */
  keyFor(wrapped: string): DataKey;
}

const version = 1;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;
const wrapContext = "sluice data key";

/** Unwrapped keys kept in memory; one merchant more than this pushes out the one that was unwrapped first. */
const maxCachedKeys = 10_000;

export function createVault(masterKey: Uint8Array, random: Random): Vault {
  if (masterKey.length !== keyBytes) throw badMasterKey();
  const master = createSecretKey(masterKey);
  const cache = new Map<string, DataKey>();
  return {
    newDataKey: () =>
      Buffer.from(seal(master, random, random.bytes(keyBytes), wrapContext)).toString("base64"),
    keyFor(wrapped) {
      const known = cache.get(wrapped);
      if (known) return known;
      const key = dataKey(createSecretKey(unwrap(master, wrapped)), random);
      const oldest = cache.keys().next();
      if (cache.size >= maxCachedKeys && !oldest.done) cache.delete(oldest.value);
      cache.set(wrapped, key);
      return key;
    },
  };
}

function unwrap(masterKey: KeyObject, wrapped: string): Uint8Array {
  const key = unseal(masterKey, Buffer.from(wrapped, "base64"), wrapContext);
  if (key?.length === keyBytes) return key;
  throw new SluiceError(
    "configuration",
    "SLUICE_KEY does not fit this database: the merchant's data key cannot be opened with it. Start with the key this database was made with.",
  );
}

/** A key object, made once: a cipher made from raw bytes costs three times as much (13 against 4 microseconds). */
function dataKey(key: KeyObject, random: Random): DataKey {
  const open = (sealed: Uint8Array, context: string) => {
    const plain = unseal(key, sealed, context);
    if (plain) return plain;
    throw new SluiceError(
      "configuration",
      `A stored value (${context}) cannot be opened: it was changed in the database or belongs to another place. Restore it from a backup or enter it again.`,
    );
  };
  let digestKey: KeyObject | undefined;
  return {
    digest(plain, context) {
      digestKey ??= createSecretKey(new Uint8Array(hkdfSync("sha256", key, "", "sluice digest", keyBytes)));
      return createHmac("sha256", digestKey).update(`${context}\n${plain}`).digest("base64url");
    },
    seal: (plain, context) => seal(key, random, plain, context),
    open,
    openText: (sealed, context) => new TextDecoder().decode(open(sealed, context)),
  };
}

function seal(key: KeyObject, random: Random, plain: string | Uint8Array, context: string): Uint8Array {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(context));
  const body = cipher.update(typeof plain === "string" ? Buffer.from(plain, "utf8") : plain);
  cipher.final();
  const sealed = new Uint8Array(headerBytes + body.length);
  sealed[0] = version;
  sealed.set(nonce, 1);
  sealed.set(cipher.getAuthTag(), 1 + nonceBytes);
  sealed.set(body, headerBytes);
  return sealed;
}

/** Undefined when it was not sealed by this key for this context. */
function unseal(key: KeyObject, sealed: Uint8Array, context: string): Uint8Array | undefined {
  if (sealed.length < headerBytes || sealed[0] !== version) return undefined;
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(additionalData(context));
  decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headerBytes));
  const plain = decipher.update(sealed.subarray(headerBytes));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}

/** The version is bound too, so that a later format cannot be passed off as this one. */
const additionalData = (context: string) => Buffer.from(`${version}:${context}`, "utf8");

/** Reads SLUICE_KEY: 32 bytes as base64 (either alphabet) or as 64 hex digits. */
export function readMasterKey(text: string | undefined): Uint8Array {
  const trimmed = text?.trim() ?? "";
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, "hex"));
  // 32 bytes are 43 base64 digits and one "=" that some tools leave out.
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, "base64"));
  throw badMasterKey();
}

const badMasterKey = () =>
  new SluiceError(
    "configuration",
    "SLUICE_KEY must be 32 random bytes in base64 or hex. Make one with: openssl rand -base64 32. Keep it safe: without it stored secrets and buyers cannot be read.",
  );
