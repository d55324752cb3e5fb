import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Result } from "../../../src/connectors/contract.ts";
import { clampFuture, cursorCodec, earlierOf, laterOf } from "../../../src/connectors/toolkit/cursor.ts";
import { chunksOf, collectPages, type Page, sameCursor } from "../../../src/connectors/toolkit/paging.ts";

const page = (items: string[], next: string | null): Result<Page<string, string>> => ({
  ok: true,
  value: { items, next },
});

describe("collectPages", () => {
  it("joins all pages, giving each cursor back", async () => {
    const asked: (string | null)[] = [];
    const result = await collectPages<string, string>("list", 10, async (cursor) => {
      asked.push(cursor);
      return cursor === null ? page(["a", "b"], "2") : cursor === "2" ? page([], "3") : page(["c"], null);
    });
    expect(result).toEqual({ ok: true, value: ["a", "b", "c"] });
    expect(asked).toEqual([null, "2", "3"]);
  });

  it("gives no part of a list when a page fails", async () => {
    const failure = { ok: false, kind: "unavailable", message: "down" } as const;
    const result = await collectPages<string, string>("list", 10, async (cursor) =>
      cursor === null ? page(["a"], "2") : failure,
    );
    expect(result).toEqual(failure);
  });

  it("ends a list that goes on for ever", async () => {
    let pages = 0;
    const result = await collectPages<string, number>("GET /ids", 50, async () => {
      pages += 1;
      return { ok: true, value: { items: ["a"], next: pages } };
    });
    expect(result).toMatchObject({
      ok: false,
      kind: "malformed",
      message: expect.stringContaining("GET /ids does not end within 50 pages"),
    });
    expect(pages).toBe(50);
  });

  it("ends a list that gives its cursor back unchanged", async () => {
    let pages = 0;
    const result = await collectPages<string, string>("GET /ids", 50, async () => {
      pages += 1;
      return page(["a"], "same");
    });
    expect(result).toMatchObject({ ok: false, kind: "malformed" });
    expect(pages).toBe(2);
  });
});

describe("chunksOf and sameCursor", () => {
  it("cuts lists, the last part shorter", () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([], 2)).toEqual([]);
  });

  it("compares cursors by content", () => {
    expect(sameCursor({ a: [1] }, { a: [1] })).toBe(true);
    expect(sameCursor(null, "null")).toBe(false);
  });
});

describe("cursorCodec", () => {
  const codec = cursorCodec(z.object({ version: z.literal(1), after: z.string() }));

  it("comes back from the store as it went", () => {
    const stored = JSON.parse(JSON.stringify(codec.encode({ version: 1, after: "x" })));
    expect(codec.decode(stored)).toEqual({ state: { version: 1, after: "x" } });
  });

  it("has no state at the very first pull", () => {
    expect(codec.decode(null)).toEqual({ state: null });
  });

  it.each([[{ version: 2, after: "x" }], [{ version: 1 }], ["text"], [42], [[]]])(
    "starts again with a warning from %j",
    (stored) => {
      expect(codec.decode(stored)).toEqual({
        state: null,
        problem: expect.stringContaining("could not be read"),
      });
    },
  );
});

describe("clampFuture", () => {
  it("F068: sets a time in the future back, with a warning", () => {
    expect(clampFuture("2062-11-22T08:00:00.000Z", "2026-11-22T08:00:00.000Z")).toEqual({
      at: "2026-11-22T08:00:00.000Z",
      problem:
        "The platform gave a time in the future (2062-11-22T08:00:00.000Z); reading goes on from 2026-11-22T08:00:00.000Z. Check its clock.",
    });
  });

  it("leaves the past and the present alone", () => {
    for (const at of ["2026-11-22T08:00:00.000Z", "2020-01-01T00:00:00.000Z"]) {
      expect(clampFuture(at, "2026-11-22T08:00:00.000Z")).toEqual({ at });
    }
  });

  it("orders instants", () => {
    const [a, b] = ["2026-11-22T08:00:00.000Z", "2026-11-22T08:00:00.001Z"] as const;
    expect([earlierOf(a, b), laterOf(a, b), earlierOf(b, a), laterOf(b, a)]).toEqual([a, b, a, b]);
  });
});
