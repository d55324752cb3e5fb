import { describe, expect, it } from "vitest";
import { wechatChannels } from "../../../src/connectors/wechat-channels/index.ts";
import { openWechat, type WechatSession } from "./session.ts";

describe("testing a WeChat connection", () => {
  const test = async (
    spoil: Partial<WechatSession["fake"]> = {},
    context: Parameters<typeof openWechat>[1] = {},
  ): Promise<string> => {
    const session = openWechat({}, context);
    const account = session.account();
    for (const [name, value] of Object.entries(spoil)) Object.assign(session.fake, { [name]: value });
    const result = await account.check(session.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };

  it("names the shop", async () => expect(await test()).toBe("茶屋小店 (wx0000000000000001)"));

  it.each([
    ["an unlisted address", { isListed: false }, /^invalid: .*white-list.*\(403\)/],
    [
      "a missing permission",
      { forbidden: new Set(["/channels/ec/basics/info/get"]) },
      /^unsupported: .*\(48001\).*permission/,
    ],
    ["a used up quota", { callsLeft: 0 }, /^rate_limited: .*\(45009\), the quota/],
    [
      "a busy system",
      { failing: new Map([["/channels/ec/basics/info/get", [-1]]]) },
      /^unavailable: .*\(-1\)/,
    ],
  ])("%s", async (_, spoil, message) => expect(await test(spoil)).toMatch(message));

  it("a wrong token", async () =>
    expect(await test({}, { tokens: { accessToken: "another-token" } })).toMatch(/^auth: .*\(40001\)/));
});

describe("tokens of WeChat", () => {
  const renewal = (more: Record<string, unknown> = {}, spoil: Parameters<typeof openWechat>[1] = {}) => {
    const session = openWechat(more, spoil);
    const authorization = wechatChannels.authorization?.(session.context);
    if (!authorization?.refresh) throw new Error("no renewal");
    return { ...session, refresh: authorization.refresh.bind(authorization) };
  };

  it("the first one comes for AppID and AppSecret alone, and lives as long as WeChat says", async () => {
    const { refresh, call, runtime, fake } = renewal();
    fake.authorization.tokens();
    await runtime.advance(6_000_000);
    expect(await refresh(null, call())).toMatchObject({
      ok: true,
      value: { accessExpiresAt: "2026-11-22T10:00:00.000Z" },
    });
  });

  it("near its end the next one is taken; nothing is forced", async () => {
    const { refresh, call, runtime, fake } = renewal();
    const old = fake.authorization.tokens();
    await runtime.advance(7_200_000 - 240_000);
    const next = await refresh(old, call());
    expect(next).toMatchObject({ ok: true });
    expect(next.ok && next.value.accessToken).not.toBe(old.accessToken);
    expect(fake.forced).toBe(0);
  });

  it("one that was refused although it runs is replaced by force, once", async () => {
    const { refresh, call, fake } = renewal();
    const old = fake.authorization.tokens();
    const next = await refresh(old, call());
    expect(next.ok && next.value.accessToken).not.toBe(old.accessToken);
    expect(fake.forced).toBe(1);
  });

  it.each([
    ["a wrong AppID", { appId: "wx00000000000000ff" }, {}, /\(40013\), there is no such AppID/],
    [
      "a wrong AppSecret",
      {},
      { secrets: { appSecret: "ffffffffffffffffffffffffffffffff" } },
      /\(40125\), the AppSecret is wrong/,
    ],
  ])("%s is told apart", async (_, more, spoil, message) => {
    const { refresh, call } = renewal(more, spoil);
    expect(await refresh(null, call())).toMatchObject({
      ok: false,
      kind: "auth",
      message: expect.stringMatching(message),
    });
  });
});
