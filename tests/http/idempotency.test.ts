import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { removeExpiredIdempotencyKeys } from "../../src/core/access/idempotency.ts";
import { nowInstant } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Answer } from "../../src/core/engine/commands.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";

let db: Database;
let test: TestApp;
/** Commands that reached the engine. */
let submitted: string[];
/** Takes the engine's place for one command, when set. */
let instead: (() => Promise<Answer>) | null;

beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  submitted = [];
  instead = null;
  test = await testApp({ db });
  await test.hub.sku("A", 10);
  const submit = test.hub.engine.submit.bind(test.hub.engine);
  test.hub.engine.submit = (merchantId, command) => {
    submitted.push(command.kind);
    const work = instead;
    instead = null;
    return work ? work() : submit(merchantId, command);
  };
});
afterEach(() => test.close());

const reserve = (reference: string, key: string, quantity = 1) =>
  test.call(
    "POST",
    "/v1/reservations",
    { reference, lines: [{ sku: "A", quantity }] },
    { "idempotency-key": key },
  );

describe("the same key and body", () => {
  it("get the first answer again, status and headers included, and do nothing twice", async () => {
    const first = await reserve("r", "key-1", 2);
    const second = await reserve("r", "key-1", 2);
    expect(first.status).toBe(201);
    expect(second.status).toBe(201);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.headers.get("idempotent-replay")).toBe("true");
    expect(first.headers.get("idempotent-replay")).toBeNull();
    expect(submitted).toEqual(["hold.create"]);
    expect((await test.hub.stock("A")).reserved).toBe(2);
  });

  it("get a refusal again, though stock has come meanwhile", async () => {
    const first = await reserve("r", "key-1", 11);
    await test.hub.submit({
      kind: "stock.adjust",
      input: { reference: "more", lines: [{ sku: "A", delta: 90, reason: "receipt" }] },
    });
    const second = await reserve("r", "key-1", 11);
    expect(first.status).toBe(409);
    expect(second.status).toBe(409);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("content-type")).toBe("application/problem+json");
    expect((await reserve("r", "key-2", 11)).status).toBe(201);
  });

  it("make one parcel, where a call without a key would make two", async () => {
    const order = await test.hub.order({
      externalId: "1",
      lines: [{ externalLineId: "1", sku: "A", quantity: 2, unitPriceMinor: 100 }],
    });
    const ship = () =>
      test.call(
        "POST",
        `/v1/orders/${order.orderId}/shipments`,
        { lines: [{ line: 1, quantity: 1 }] },
        { "idempotency-key": "parcel" },
      );
    const first = await ship();
    const second = await ship();
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect((await test.hub.stock("A")).onHand).toBe(9);
  });
});

describe("the same key", () => {
  it("with another body is refused", async () => {
    await reserve("r", "key-1", 1);
    const reply = await reserve("r", "key-1", 2);
    expect([reply.status, reply.body.code]).toEqual([422, "idempotency_mismatch"]);
    expect((await test.hub.stock("A")).reserved).toBe(1);
  });

  it("at another address is refused", async () => {
    const body = { reference: "r", lines: [{ sku: "A", delta: 1, reason: "receipt", quantity: 1 }] };
    const headers = { "idempotency-key": "key-1" };
    expect((await test.call("POST", "/v1/reservations", body, headers)).status).toBe(201);
    const reply = await test.call("POST", "/v1/stock/adjustments", body, headers);
    expect([reply.status, reply.body.code]).toEqual([422, "idempotency_mismatch"]);
    expect((await test.hub.stock("A")).onHand).toBe(10);
  });

  it.each([["a b"], ["é"], ["x".repeat(201)]])("that cannot be kept is refused: %j", async (key) => {
    const reply = await reserve("r", key);
    expect([reply.status, reply.body.code]).toEqual([400, "invalid_request"]);
    expect(submitted).toEqual([]);
  });

  it("of another merchant is another key", async () => {
    await reserve("r", "key-1");
    const rows = await test.db.query<{ merchant_id: string }>(
      "select merchant_id from idempotency_keys where merchant_id = $1",
      [test.hub.merchant.id],
    );
    expect(rows).toEqual([{ merchant_id: test.hub.merchant.id }]);
  });
});

describe("while the first call is at work", () => {
  it("a repeat is told to come back, and gets the answer afterwards", async () => {
    let finish: (answer: Answer) => void = () => undefined;
    instead = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const first = reserve("r", "key-1");
    while (submitted.length === 0) await test.runtime.advance(0);
    const early = await reserve("r", "key-1");
    expect([early.status, early.body.code]).toEqual([409, "idempotency_in_progress"]);
    expect(early.headers.get("retry-after")).toBe("2");
    finish(heldAnswer);
    expect((await first).status).toBe(201);
    const late = await reserve("r", "key-1");
    expect(late.text).toBe((await first).text);
    expect(submitted).toEqual(["hold.create"]);
  });

  it("a call cut off with its process may be done again after five minutes, not before", async () => {
    instead = () => new Promise(() => undefined);
    void reserve("r", "key-1");
    while (submitted.length === 0) await test.runtime.advance(0);
    await test.runtime.advance(299_000);
    expect((await reserve("r", "key-1")).body.code).toBe("idempotency_in_progress");
    await test.runtime.advance(1_000);
    expect((await reserve("r", "key-1")).status).toBe(201);
    expect(submitted).toEqual(["hold.create", "hold.create"]);
  });
});

describe("failures of ours", () => {
  it.each([
    ["a broken engine", new Error("boom"), 500, "internal"],
    ["a lost database", new SluiceError("unavailable", "lost"), 503, "unavailable"],
    ["a full queue", new SluiceError("overloaded", "full"), 503, "overloaded"],
  ])("are not kept: %s", async (_, error, status, code) => {
    instead = () => Promise.reject(error);
    const failed = await reserve("r", "key-1");
    expect([failed.status, failed.body.code]).toEqual([status, code]);
    const repeated = await reserve("r", "key-1");
    expect(repeated.status).toBe(201);
    expect(submitted).toEqual(["hold.create", "hold.create"]);
  });

  it("keep the outcome of work that outlasts the time limit", async () => {
    let finish: (answer: Answer) => void = () => undefined;
    instead = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const first = reserve("r", "key-1");
    while (submitted.length === 0) await test.runtime.advance(0);
    await test.runtime.advance(30_000);
    const timedOut = await first;
    expect([timedOut.status, timedOut.body.code]).toEqual([503, "request_timeout"]);
    expect(timedOut.body.detail).toContain("No answer within 30 s");
    finish(heldAnswer);
    let late = await reserve("r", "key-1");
    while (late.body.code === "idempotency_in_progress") late = await reserve("r", "key-1");
    expect([late.status, late.body.id]).toEqual([201, heldAnswer.holdId]);
    expect(submitted).toEqual(["hold.create"]);
  });
});

describe("after 24 hours", () => {
  it("a key is free again", async () => {
    await reserve("r", "key-1");
    await test.runtime.advance(24 * 3_600_000 - 1);
    expect((await reserve("other", "key-1")).status).toBe(422);
    await test.runtime.advance(1);
    expect((await reserve("other", "key-1")).status).toBe(201);
  });

  it("the job removes what is older, and only that", async () => {
    await reserve("r", "old");
    await test.runtime.advance(3_600_000);
    await reserve("s", "young");
    await test.runtime.advance(23 * 3_600_000);
    const removed = await removeExpiredIdempotencyKeys(
      test.db,
      test.hub.merchant.id,
      nowInstant(test.runtime.clock),
    );
    expect(removed).toBe(1);
    expect(
      await test.db.query("select key from idempotency_keys where merchant_id = $1", [test.hub.merchant.id]),
    ).toEqual([{ key: "young" }]);
  });
});

const heldAnswer = {
  kind: "hold",
  holdId: "01a20244-e800-7000-8000-000000000001",
  reference: "r",
  status: "held",
  lines: [{ sku: "A", quantity: 1 }],
  expiresAt: null,
  createdAt: "2026-11-22T08:00:00.000Z",
  outcome: "created",
} as const satisfies Answer;
