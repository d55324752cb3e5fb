import { expect } from "vitest";
import { runDoctor } from "../../src/core/doctor.ts";
import { type TestApp, testApp } from "../support/http.ts";

/** A hub with goods for shows, and words for planning one and for speaking in its room. */
export async function liveApp() {
  const test: TestApp = await testApp();
  const key = await test.key("operator");
  await test.hub.sku("DRESS-RED-L", 10, { unitCostMinor: 500 });
  await test.hub.sku("DRESS-RED-M", 10, { unitCostMinor: 500 });
  await test.hub.sku("MUG", 4, { unitCostMinor: 100 });
  await test.hub.sku("SET", 0, { kind: "bundle", components: [{ sku: "MUG", quantity: 2 }] });

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    test.call(method, path, body, { authorization: `Bearer ${key}`, ...headers });

  let made = 0;
  const plan = async (more: Record<string, unknown> = {}) => {
    made += 1;
    const reply = await call("POST", "/v1/live-sessions", {
      connection: test.hub.connectionId,
      room: `room-${made}`,
      title: `Show ${made}`,
      host: "Lin",
      settings: { hostCommissionBp: 1_000, agencyCommissionBp: 500 },
      items: [
        { sku: "DRESS-RED-L", code: "A1", variant: "红色 L", priceMinor: 9_900, share: 2 },
        { sku: "DRESS-RED-M", code: "A1", variant: "红色 M", priceMinor: 9_900, share: 2 },
        { sku: "MUG", code: "B2", priceMinor: 2_500, limitPerBuyer: 2, share: 2 },
      ],
      ...more,
    });
    expect(reply.status).toBe(201);
    return reply.body;
  };

  let said = 0;
  const say = (id: string, ...comments: [viewer: string | null, text: string][]) =>
    call("POST", `/v1/live-sessions/${id}/comments`, {
      comments: comments.map(([viewer, text]) => {
        said += 1;
        return {
          externalId: `m${said}`,
          ...(viewer === null ? {} : { viewer: { externalId: viewer, name: `Name of ${viewer}` } }),
          text,
          sentAt: "2026-11-22T08:00:00Z",
        };
      }),
    });

  const expectClean = async () => {
    const report = await runDoctor(test.db);
    expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  };

  return { test, key, call, plan, say, expectClean };
}

export type LiveApp = Awaited<ReturnType<typeof liveApp>>;
