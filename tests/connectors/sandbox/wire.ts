import { expect } from "vitest";
import { createSandbox, type Faults, type SandboxOptions } from "../../../src/connectors/sandbox/index.ts";
import { verifyStandardWebhook, webhookKeys } from "../../../src/connectors/toolkit/standard-webhooks.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { must, products, webhookSecret } from "../generic/subject.ts";
import { finish } from "../session.ts";

export const webhookUrl = "https://hub.example/webhooks/c1";

export interface Received {
  id: string;
  verified: boolean;
  orderId: string;
  status: string;
  atMs: number;
}

/** A shop whose webhooks arrive at a hub of the test's, which answers as told. */
export function open(
  faults: Partial<Faults> = {},
  more: Partial<SandboxOptions> & { answer?: () => number } = {},
) {
  const received: Received[] = [];
  const { answer = () => 204, ...options } = more;
  const runtime = testRuntime({
    fetch: async (input, init) => {
      const request = new Request(input, init);
      expect(request.url).toBe(webhookUrl);
      const body = new Uint8Array(await request.arrayBuffer());
      const headers = Object.fromEntries(request.headers);
      const { data } = JSON.parse(new TextDecoder().decode(body));
      const nowMs = runtime.clock.nowMs();
      const { verified } = verifyStandardWebhook(
        { body, headers },
        webhookKeys([webhookSecret]),
        instantOf(nowMs),
      );
      received.push({
        id: headers["webhook-id"] ?? "",
        verified,
        orderId: data.externalId,
        status: data.status,
        atMs: nowMs,
      });
      const status = answer();
      if (status === 0) throw new TypeError("fetch failed");
      return new Response(null, { status });
    },
  });
  const sandbox = createSandbox({
    runtime,
    seed: 1,
    products,
    webhookUrl,
    webhookSecret,
    faults,
    ...options,
  });
  const buy = () => must(sandbox.shop.place({ lines: [{ externalId: "P2", quantity: 1 }] })).externalId;
  const get = async (path: string, init?: RequestInit) => {
    const response = await sandbox.fetch(`https://shop.example${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  };
  const send = (method: string, path: string, body: unknown) =>
    get(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return {
    runtime,
    sandbox,
    received,
    buy,
    get,
    send,
    settled: () => finish(runtime, sandbox.settled(), 86_400_000),
  };
}
