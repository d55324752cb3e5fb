import { describe, expect, it } from "vitest";
import {
  brokenConnection,
  kindOfStatus,
  retryAfterMs,
  withoutSecrets,
} from "../../../src/connectors/toolkit/failures.ts";

describe("kindOfStatus", () => {
  it.each([
    [400, "invalid", "invalid"],
    [401, "auth", "auth"],
    [403, "auth", "auth"],
    [404, "not_found", "not_found"],
    [405, "unsupported", "unsupported"],
    [408, "unavailable", "unavailable"],
    [409, "conflict", "conflict"],
    [410, "not_found", "not_found"],
    [422, "invalid", "invalid"],
    [425, "unavailable", "unavailable"],
    [429, "rate_limited", "rate_limited"],
    [500, "unavailable", "unknown"],
    [501, "unsupported", "unsupported"],
    [502, "unavailable", "unknown"],
    [503, "unavailable", "unavailable"],
    [504, "unavailable", "unknown"],
    [520, "unavailable", "unknown"],
  ] as const)("%i is %s when asking, %s when writing", (status, asking, writing) => {
    expect([kindOfStatus(status, "read"), kindOfStatus(status, "write")]).toEqual([asking, writing]);
  });
});

describe("retryAfterMs", () => {
  const nowMs = Date.parse("2026-11-22T08:00:00.000Z");

  it.each([
    ["seconds", "7", 7000],
    ["parts of a second", "0.5", 500],
    ["nothing to wait", "0", 0],
    ["an HTTP date", "Sun, 22 Nov 2026 08:01:30 GMT", 90_000],
    ["an HTTP date gone by", "Sun, 22 Nov 2026 07:59:00 GMT", 0],
    ["days, which are cut to an hour", "864000", 3_600_000],
    ["a date far off, cut to an hour", "Sat, 22 Nov 2036 08:00:00 GMT", 3_600_000],
    ["another date format", "2026-11-22T08:01:30Z", undefined],
    ["a negative number", "-5", undefined],
    ["words", "soon", undefined],
    ["an empty header", "", undefined],
    ["no header", null, undefined],
  ])("reads %s", (_, header, waitMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(waitMs);
  });
});

describe("brokenConnection", () => {
  const failed = (code: string) =>
    new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

  it.each([
    [failed("ECONNREFUSED"), "ECONNREFUSED", true],
    [failed("ENOTFOUND"), "ENOTFOUND", true],
    [failed("CERT_HAS_EXPIRED"), "CERT_HAS_EXPIRED", true],
    [failed("UND_ERR_CONNECT_TIMEOUT"), "UND_ERR_CONNECT_TIMEOUT", true],
    [failed("ECONNRESET"), "ECONNRESET", false],
    [failed("UND_ERR_SOCKET"), "UND_ERR_SOCKET", false],
    [failed("UND_ERR_HEADERS_TIMEOUT"), "UND_ERR_HEADERS_TIMEOUT", false],
    [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "ECONNREFUSED", true],
    [new Error("network connection lost"), undefined, false],
    ["a thrown text", undefined, false],
  ])("%s", (error, code, neverSent) => {
    expect(brokenConnection(error)).toEqual({ code, neverSent });
  });
});

describe("withoutSecrets", () => {
  it("blots out every occurrence, and leaves very short ones, which would blot out words", () => {
    expect(withoutSecrets("token t0ken-1 was t0ken-1, or abc", ["t0ken-1", "abc", undefined, 42])).toBe(
      "token [secret] was [secret], or abc",
    );
  });

  it.each([
    ["in an address", "?key=s%2Bcret%2F1&x=1", "?key=[secret]&x=1"],
    ["in a form", "key=s%2Bcret%2F1+2", "key=[secret]+2"],
    ["in a header", "Basic cytjcmV0LzE6 or cytjcmV0LzE=", "Basic [secret] or [secret]"],
    ["with its end cut off by a shorter one", "s+cret/1 s+cret", "[secret] [secret]"],
  ])("blots them out as they stand %s", (_, text, masked) => {
    expect(withoutSecrets(text, ["s+cret", "s+cret/1"])).toBe(masked);
  });
});
