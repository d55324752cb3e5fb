import { describe, expect, it } from "vitest";
import { SluiceError } from "../../src/core/errors.ts";
import { createVault, readMasterKey } from "../../src/core/vault.ts";
import { seededRandom } from "../support/runtime.ts";

const masterKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const vaultOf = (seed = 1, key = masterKey) => createVault(key, seededRandom(seed));

const refusal = (run: () => unknown): SluiceError => {
  try {
    run();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("vault", () => {
  it("opens what it sealed, text and bytes alike", () => {
    const vault = vaultOf();
    const key = vault.keyFor(vault.newDataKey());
    for (const text of ["", "whsec_x", "张三 13800138000", "a".repeat(100_000)]) {
      const sealed = key.seal(text, "buyer:1");
      expect(sealed.length).toBe(29 + Buffer.byteLength(text));
      expect(key.openText(sealed, "buyer:1")).toBe(text);
      expect(Buffer.from(sealed).includes("13800138000")).toBe(false);
    }
    const bytes = Uint8Array.of(0, 255, 1);
    expect(key.open(key.seal(bytes, "c"), "c")).toStrictEqual(bytes);
  });

  it("never seals alike twice", () => {
    const vault = vaultOf();
    const key = vault.keyFor(vault.newDataKey());
    expect(key.seal("same", "c")).not.toStrictEqual(key.seal("same", "c"));
    expect(vault.newDataKey()).not.toBe(vault.newDataKey());
  });

  it("unwraps with the same master key in another process", () => {
    const first = vaultOf(1);
    const wrapped = first.newDataKey();
    const sealed = first.keyFor(wrapped).seal("kept", "c");
    expect(vaultOf(2).keyFor(wrapped).openText(sealed, "c")).toBe("kept");
    expect(first.keyFor(wrapped)).toBe(first.keyFor(wrapped));
  });

  it("refuses another context, another merchant's key and any changed byte", () => {
    const vault = vaultOf();
    const key = vault.keyFor(vault.newDataKey());
    const sealed = key.seal("secret", "connection:1");
    expect(refusal(() => key.open(sealed, "connection:2")).code).toBe("configuration");
    const other = vault.keyFor(vault.newDataKey());
    expect(refusal(() => other.open(sealed, "connection:1")).code).toBe("configuration");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(refusal(() => key.open(changed, "connection:1")).code).toBe("configuration");
      expect(refusal(() => key.open(sealed.subarray(0, index), "connection:1")).code).toBe("configuration");
    }
    expect(refusal(() => key.open(sealed, "connection:2")).message).not.toContain("secret");
  });

  it("says so when SLUICE_KEY is not the one this database was made with", () => {
    const wrapped = vaultOf().newDataKey();
    const error = refusal(() => vaultOf(1, new Uint8Array(32)).keyFor(wrapped));
    expect(error.code).toBe("configuration");
    expect(error.message).toContain("SLUICE_KEY does not fit this database");
  });
});

describe("SLUICE_KEY", () => {
  const base64 = Buffer.from(masterKey).toString("base64");

  it.each([
    ["base64", base64],
    ["base64 without padding", base64.replace("=", "")],
    ["base64url", Buffer.from(masterKey).toString("base64url")],
    ["hex", Buffer.from(masterKey).toString("hex")],
    ["hex in capitals, with a line end", `${Buffer.from(masterKey).toString("hex").toUpperCase()}\n`],
  ])("is read as %s", (_, text) => {
    expect(readMasterKey(text)).toStrictEqual(masterKey);
  });

  it.each([
    ["nothing", undefined],
    ["empty", ""],
    ["too short", base64.slice(4)],
    ["too long", `${base64}AAAA`],
    ["63 hex digits", "a".repeat(63)],
    ["a sentence", "this is not a key but a sentence of words"],
  ])("is refused when it is %s, with how to make one", (_, text) => {
    const error = refusal(() => readMasterKey(text));
    expect(error.code).toBe("configuration");
    expect(error.message).toContain("openssl rand -base64 32");
  });
});
