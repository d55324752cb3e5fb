import { describe, expect, it } from "vitest";
import type { FailureKind, Result } from "../../../src/connectors/contract.ts";
import { askTogether, type ReadOne, readEach, refused } from "../../../src/connectors/toolkit/each-order.ts";
import { failure } from "../../../src/connectors/toolkit/failures.ts";
import { SluiceError } from "../../../src/core/errors.ts";

type Outcome = FailureKind | "good" | "throws" | "refuses";

const none: Result<ReadOne> = { ok: true, value: { kind: "none" } };

/** Reads orders that end as told, and says which were rejected, and why. */
async function readAll(outcomes: readonly Outcome[], origin: "listed" | "asked" = "listed") {
  const result = await readEach([...outcomes.entries()], {
    origin,
    nameOf: ([index]) => ({ externalId: `order-${index}`, raw: index }),
    async read([, outcome]) {
      if (outcome === "throws") throw new TypeError("张三 13812345678");
      if (outcome === "refuses") throw new SluiceError("invalid_request", "price: is no amount");
      return outcome === "good" ? none : failure(outcome, "GET /order");
    },
  });
  return result.ok ? result.value.rejected : result.kind;
}

describe("orders read one by one", () => {
  it.each<Outcome>(["invalid", "not_found", "conflict", "malformed"])(
    "one that ends as %s is rejected by its id",
    async (kind) =>
      expect(await readAll(["good", kind, "good"])).toMatchObject([{ externalId: "order-1", raw: 1 }]),
  );

  it.each<Outcome>(["auth", "rate_limited", "unavailable", "unsupported", "unknown"])(
    "%s is nobody's own and ends the page",
    async (kind) => expect(await readAll(["good", kind, "good"])).toBe(kind),
  );

  it("where no answer can be read, it is the platform's trouble", async () =>
    expect(await readAll(["malformed", "malformed"])).toBe("malformed"));

  it("a bug is one order's alone, and tells nothing of the order", async () => {
    expect(await readAll(["good", "throws"])).toEqual([
      {
        externalId: "order-1",
        raw: 1,
        reason: expect.stringMatching(/^The connector failed.*\(TypeError\)/),
      },
    ]);
    expect(JSON.stringify(await readAll(["throws"]))).not.toContain("张三");
    expect(await readAll(["refuses"])).toMatchObject([{ reason: "price: is no amount" }]);
  });

  it("asked for, what nobody knows is left out; alone, a refusal is the answer", async () => {
    expect(await readAll(["good", "not_found"], "asked")).toEqual([]);
    expect(await readAll(["invalid"], "asked")).toBe("invalid");
    expect(await readAll(["invalid", "good"], "asked")).toMatchObject([{ externalId: "order-0" }]);
  });
});

describe("a part of an order", () => {
  it.each<FailureKind>(["invalid", "not_found", "conflict", "unsupported"])(
    "refused as %s keeps that order aside",
    (kind) => {
      const failed = failure(kind, "GET /refund");
      expect(refused("order-1", { id: 1 }, failed)).toEqual({
        ok: true,
        value: { kind: "rejected", externalId: "order-1", raw: { id: 1 }, reason: failed.message },
      });
    },
  );

  it.each<FailureKind>(["auth", "rate_limited", "unavailable", "unknown"])(
    "that cannot be had for now (%s) has the page read again",
    (kind) =>
      expect(refused("order-1", { id: 1 }, failure(kind, "GET /refund"))).toMatchObject({ ok: false, kind }),
  );
});

describe("one question about many", () => {
  const asking = (bad: string, kind: FailureKind) => {
    const asked: string[] = [];
    const ask = async (ids: readonly string[]): Promise<Result<string[]>> => {
      asked.push(ids.join());
      return ids.includes(bad) ? failure(kind, "GET /orders") : { ok: true, value: [...ids] };
    };
    return { ask, asked };
  };

  it("is asked for each by itself when one spoils it", async () => {
    const { ask, asked } = asking("b", "invalid");
    const result = await askTogether(["a", "b", "c"], ask);
    expect(result.ok && [result.value.rows, [...result.value.refusals.keys()]]).toEqual([["a", "c"], ["b"]]);
    expect(asked).toEqual(["a,b,c", "a", "b", "c"]);
  });

  it("is not asked again for what is nobody's own, nor for one alone", async () => {
    const away = asking("b", "unavailable");
    expect(await askTogether(["a", "b"], away.ask)).toMatchObject({ ok: false, kind: "unavailable" });
    const alone = asking("b", "invalid");
    await askTogether(["b"], alone.ask);
    expect([away.asked, alone.asked]).toEqual([["a,b"], ["b"]]);
  });
});
