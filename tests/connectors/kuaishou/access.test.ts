import { describe, expect, it } from "vitest";
import { failureOf, successOf } from "../session.ts";
import { type Started, started } from "./harness.ts";

describe("testing a Kuaishou connection", () => {
  const told = async (spoil: (all: Started) => void) => {
    const all = await started();
    spoil(all);
    const result = await all.session.account.check(all.session.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };
  it("says exactly what is wrong", async () => {
    expect(await told(() => undefined)).toBe("演示小店 (100001)");
    expect(await told(({ fake }) => fake.authorization.expire())).toMatch(/^auth: .*result 24/);
    expect(await told(({ fake }) => fake.failNext(28))).toMatch(/^auth: .*signSecret/);
    expect(await told(({ fake }) => fake.failNext(22))).toMatch(/^unsupported: .*grant its scope/);
    expect(
      await told((all) => {
        all.fake.callsPerSecond = 0;
      }),
    ).toMatch(/^rate_limited: .*802000/);
    const noted = await told(({ fake }) => fake.failNext(99));
    expect(noted).toMatch(/^invalid: /);
    expect(noted, "the platform's prose can quote buyers").not.toMatch(/赵四|138/);
  });
});

describe("Kuaishou tokens", () => {
  it("are renewed with a new refresh token, whose end does not move", async () => {
    const { session, fake } = await started();
    const authorization = session.authorization()!;
    const first = fake.authorization.tokens();
    await session.runtime.advance(86_400_000);
    const renewed = successOf(await authorization.refresh!(first, session.call()));
    expect(renewed.refreshToken).not.toBe(first.refreshToken);
    expect(renewed.refreshExpiresAt).toBe(first.refreshExpiresAt);
    expect(
      failureOf(await authorization.refresh!(first, session.call())).kind,
      "the old one is used up",
    ).toBe("auth");
    await session.runtime.advance(180 * 86_400_000);
    expect(failureOf(await authorization.refresh!(renewed, session.call())).kind, "after half a year").toBe(
      "auth",
    );
  });
});
