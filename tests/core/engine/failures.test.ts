import { describe, expect, it } from "vitest";
import { asSluiceError } from "../../../src/core/engine/failures.ts";

describe("a failure that nobody foresaw", () => {
  it("tells the caller a safe sentence and keeps the cause", () => {
    const cause = new TypeError("cannot read Li Lei of row 7");
    const error = asSluiceError(cause);
    expect(error.code).toBe("internal");
    expect(error.message).toBe(
      "The command could not be carried out: a fault of the hub. Nothing was changed; the log says more.",
    );
    expect(error.cause).toBe(cause);
  });

  it("names the state of a database that refused, and not its words", () => {
    const cause = Object.assign(new Error("Key (name)=(Li Lei) exists"), { code: "23514" });
    const error = asSluiceError(cause);
    expect([error.code, error.message]).toEqual([
      "internal",
      "The command could not be carried out: the database refused it (23514). Nothing was changed; the log says more.",
    ]);
    expect(error.cause).toBe(cause);
  });
});
