import { expect, it } from "vitest";
import { newNonce, signedHeaders } from "../../../src/connectors/bilibili-live/sign.ts";
import { seededRandom } from "../../support/runtime.ts";
import { gateCode } from "./fake/gate.ts";
import { developer } from "./fake/platform.ts";

/** The fake's door lets nothing pass that the platform would refuse: otherwise it would prove nothing. */

const nowMs = 1_767_225_600_000;
const random = seededRandom(7);
const body = '{"game_id":"x"}';

function knock(change: (headers: Headers) => void = () => undefined, sent = body, atMs = nowMs) {
  const timestamp = Math.floor(atMs / 1000);
  const headers = new Headers({
    accept: "application/json",
    "content-type": "application/json",
    ...signedHeaders({ ...developer, body, nonce: newNonce(random), timestamp }),
  });
  change(headers);
  return { headers, body: sent };
}

it.each([
  [0, "a good call", knock()],
  [4001, "another key", knock((headers) => headers.set("x-bili-accesskeyid", "other"))],
  [4002, "a changed signature", knock((headers) => headers.set("authorization", "0".repeat(64)))],
  [4002, "a changed nonce", knock((headers) => headers.set("x-bili-signature-nonce", "n"))],
  [4003, "a clock 11 minutes behind", knock(undefined, body, nowMs - 660_000)],
  [4003, "a clock 11 minutes ahead", knock(undefined, body, nowMs + 660_000)],
  [4005, "another method", knock((headers) => headers.set("x-bili-signature-method", "MD5"))],
  [4006, "another version", knock((headers) => headers.set("x-bili-signature-version", "2.0"))],
  [4011, "another content type", knock((headers) => headers.set("content-type", "text/plain"))],
  [4012, "a changed body", knock(undefined, '{"game_id":"y"}')],
  [4013, "another accept", knock((headers) => headers.set("accept", "*/*"))],
])("%i: %s", (code, _, request) => {
  expect(gateCode(request, developer, nowMs, new Set())).toBe(code);
});

it("4004: the same call twice", () => {
  const seen = new Set<string>();
  const request = knock();
  expect([gateCode(request, developer, nowMs, seen), gateCode(request, developer, nowMs, seen)]).toEqual([
    0, 4004,
  ]);
});
