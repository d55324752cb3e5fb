import { describe, expect, it } from "vitest";
import { douyin } from "../../../src/connectors/douyin/index.ts";
import { failureOf, successOf } from "../session.ts";
import { type Started, started } from "./harness.ts";
import { secrets, settings } from "./subject.ts";

describe("testing a Douyin connection", () => {
  const told = async (spoil: (all: Started) => void) => {
    const all = await started();
    spoil(all);
    const result = await all.session.account.check(all.session.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };
  it("says exactly what is wrong", async () => {
    expect(await told(() => undefined)).toBe("演示茶铺 (123456)");
    expect(await told(({ fake }) => fake.authorization.expire())).toMatch(
      /^auth: .*40003 isv.access-token-expired, log_id 2026/,
    );
    expect(await told(({ fake }) => fake.failNext(30001, "isv.app-permissions-insufficient"))).toMatch(
      /^unsupported: .*lacks the permission package/,
    );
    expect(await told(({ fake }) => fake.failNext(30002, ""))).toMatch(/^invalid: .*white list/);
    expect(await told(({ fake }) => fake.failNext(40003, "isv.signature-invalid"))).toMatch(
      /^auth: .*app_secret/,
    );
    expect(await told(({ fake }) => fake.failNext(20000, "isp.service-error:7"))).toMatch(/^unavailable: /);
    expect(
      await told((all) => {
        all.fake.callsPerSecond = 0;
      }),
    ).toMatch(/^rate_limited: .*60000/);
    const noted = await told(({ fake }) => fake.failNext(50002, "isv.business-failed:1"));
    expect(noted).toMatch(/^invalid: /);
    expect(noted, "the platform's prose can quote buyers").not.toMatch(/李四|138/);
  });

  it("a clock that is off is refused, and the sentence says so", async () => {
    const { session, fake } = await started();
    const late = { nowMs: () => session.runtime.clock.nowMs() - 700_000 };
    const account = douyin.open({
      ...session.runtime,
      clock: late,
      fetch: fake.fetch,
      settings: douyin.manifest.settings.parse(settings),
      secrets,
      tokens: fake.authorization.tokens(),
    });
    const failed = failureOf(
      await account.check({ signal: new AbortController().signal, deadlineMs: late.nowMs() + 30_000 }),
    );
    expect(failed).toMatchObject({ kind: "invalid", message: expect.stringContaining("clock") });
  });

  it("without a token nothing is sent", async () => {
    const { session, fake } = await started();
    const account = douyin.open({
      ...session.runtime,
      fetch: fake.fetch,
      settings: douyin.manifest.settings.parse(settings),
      secrets,
    });
    expect(failureOf(await account.check(session.call())).kind).toBe("auth");
    expect(fake.called).toEqual([]);
  });
});

describe("Douyin tokens", () => {
  it("are made without a person, and again when the refresh token is over", async () => {
    const { session } = await started();
    const authorization = session.authorization();
    const made = successOf(await authorization!.refresh!(null, session.call()));
    expect(made).toMatchObject({
      accessExpiresAt: "2026-11-29T08:00:00.000Z",
      extra: { shopName: "演示茶铺" },
    });
    const again = successOf(
      await authorization!.refresh!({ ...made, refreshToken: "used-up-0123456789" }, session.call()),
    );
    expect(again.accessToken).not.toBe(made.accessToken);
    successOf(await session.reopen(undefined, again).check(session.call()));
  });

  it("of another shop are not taken", async () => {
    const { session, fake } = await started();
    const authorization = douyin.authorization!({
      ...session.runtime,
      fetch: async (input, init) => {
        const answer = await fake.fetch(input, init);
        return new Response((await answer.text()).replace('"shop_id":123456', '"shop_id":999'), answer);
      },
      settings: douyin.manifest.settings.parse(settings),
      secrets,
    });
    expect(failureOf(await authorization.refresh!(null, session.call()))).toMatchObject({ kind: "invalid" });
  });
});
