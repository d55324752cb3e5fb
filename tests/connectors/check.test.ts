import { describe, expect, it } from "vitest";
import type { Result } from "../../src/connectors/contract.ts";
import { registry } from "../../src/connectors/registry.ts";
import { finish, openSession, type Session } from "./session.ts";
import type { Subject } from "./subject.ts";
import { connectionError } from "./wire.ts";

/** What testing a connection says of each thing that can be wrong: the field, and what to do. Missing permissions are in each connector's own tests. */

interface Words {
  /** Change of the settings that names another application, and the words about it. */
  key?: [Record<string, unknown>, RegExp];
  /** Change that names another shop or place. */
  shop?: [Record<string, unknown>, RegExp];
  /** Somebody else's secrets. */
  secret: RegExp;
  /** Access that was taken back. */
  revoked?: RegExp;
  /** The address that a person entered. */
  address?: string;
}

const table: Record<string, Words> = {
  amazon: {
    key: [{ clientId: "amzn1.application-oa2-client.other" }, /^auth: .*client id or client secret is wrong/],
    shop: [{ sellerId: "A9OTHER" }, /^invalid: .*check sellerId in the settings/],
    secret: /^auth: .*client id or client secret is wrong.*enter the current one/,
    revoked: /^auth: .*taken back.*grant access again, or enter another refreshToken/,
  },
  "bilibili-live": { secret: /^auth: .*access key secret is wrong/ },
  douyin: {
    key: [{ appKey: "7999999999999999999" }, /^auth: .*no application with this app_key; check appKey/],
    secret: /^auth: .*app_key and app_secret do not fit/,
    revoked: /^auth: .*no such access token; .*authorise the application for shopId/,
  },
  generic: { secret: /^auth: .*401.*check apiToken/, address: "baseUrl" },
  jd: {
    key: [{ appKey: "0000000000000000" }, /^auth: .*the AppKey is wrong; take it over from open.jd.com/],
    shop: [{ venderId: "4" }, /^invalid: .*venderId in the settings is 4; correct it/],
    secret: /^auth: .*check the AppSecret/,
    revoked: /^auth: .*grant access again/,
  },
  kuaishou: {
    key: [{ appKey: "ks999999999" }, /^auth: .*appKey and signSecret do not fit/],
    secret: /^auth: .*appKey and signSecret do not fit/,
    revoked: /^auth: .*access token is over.*grant access to the shop again/,
  },
  lazada: {
    key: [{ appKey: "999" }, /^auth: .*app key is wrong; check appKey/],
    shop: [{ sellerId: "42" }, /^invalid: .*correct sellerId, or grant access as that store/],
    secret: /^auth: .*app secret is wrong; enter that of this app key/,
    revoked: /^auth: .*access token is over.*grant access again/,
  },
  medusa: {
    shop: [{ stockLocationId: "sloc_none" }, /^invalid: .*check stockLocationId/],
    secret: /^auth: .*401.*check apiKey/,
    address: "baseUrl",
  },
  pinduoduo: {
    key: [{ clientId: "otherclient" }, /^auth: .*check clientId and clientSecret/],
    shop: [{ mallId: "7" }, /^invalid: .*correct mallId, or grant access as that shop/],
    secret: /^auth: .*check clientId and clientSecret/,
    revoked: /^auth: .*access has expired or was replaced.*grant access to the shop again/,
  },
  shopee: {
    key: [{ partnerId: "999" }, /^invalid: .*check partnerId and shopId/],
    shop: [{ shopId: "42" }, /^auth: .*shop id is wrong.*check shopId/],
    secret: /^auth: .*partner key is wrong/,
    revoked: /^auth: .*access token is over.*grant access again/,
  },
  shopify: {
    key: [{ clientId: "otherclient" }, /^auth: .*check clientId and clientSecret/],
    shop: [{ shop: "other.myshopify.com" }, /^invalid: There is no shop at other.*correct shop/],
    secret: /^auth: .*check clientId and clientSecret/,
    revoked: /^auth: .*401.*check accessToken, or grant access again/,
    address: "shop",
  },
  taobao: {
    key: [{ appKey: "87654321" }, /^auth: .*App Key is not valid; check it/],
    shop: [{ sellerNick: "other" }, /^invalid: .*correct sellerNick, or grant access as that shop/],
    secret: /^auth: .*check the App Secret/,
    revoked: /^auth: .*session key has expired.*grant access to the shop again/,
  },
  "tiktok-shop": {
    key: [{ appKey: "otherkey" }, /^auth: .*app key is not known; enter that of the application/],
    shop: [{ shopCode: "USLCNONE" }, /^invalid: .*compare shopCode/],
    secret: /^auth: .*enter the app secret of this app key/,
    revoked: /^auth: .*access token is not valid/,
  },
  vendure: {
    shop: [{ stockLocationId: "77" }, /^invalid: .*check stockLocationId/],
    secret: /^auth: .*refuses username and password/,
    revoked: /^auth: .*does not know this login or API key/,
    address: "baseUrl",
  },
  "wechat-channels": {
    key: [{ appId: "wx00000000000000ff" }, /^auth: .*no such AppID; check it in the settings/],
    secret: /^auth: .*AppSecret is wrong; take it over/,
    revoked: /^auth: .*check the AppSecret/,
  },
  woocommerce: {
    secret: /^auth: .*enter consumerKey and consumerSecret/,
    revoked: /^auth: .*the keys are wrong/,
    address: "baseUrl",
  },
  xiaohongshu: {
    key: [{ appId: "other-app-id" }, /^auth: .*no application with this appId; check it/],
    secret: /^auth: .*check appId and appSecret/,
    revoked: /^auth: .*grant was taken back; grant access again/,
  },
};

const subjects = await Promise.all(
  [...registry.keys()].map(
    async (id) => ((await import(`./${id}/subject.ts`)) as { subject: Subject }).subject,
  ),
);
const networked = subjects.filter(({ networked }) => networked !== false);

const told = (result: Result<unknown>): string => (result.ok ? "well" : `${result.kind}: ${result.message}`);

const checked = async (session: Session, account = session.account): Promise<string> =>
  told(await finish(session.runtime, account.check(session.call())));

/** Where tokens still hold, wrong credentials show when the next are asked for; without renewing, what was entered is all there is. */
async function checkedWith(subject: Subject, change: Partial<Subject>): Promise<string> {
  const session = await openSession({ ...subject, ...change });
  const first = await checked(session);
  const { platform, runtime } = session;
  const authorization = session.authorization();
  if (first !== "well" || authorization === undefined) return first;
  if (authorization.refresh !== undefined) {
    const tokens = platform.authorization?.tokens() ?? null;
    return told(await finish(runtime, authorization.refresh(tokens, session.call())));
  }
  const start: Subject["start"] = async (runtime) => {
    const { authorization: _nobodyGrants, ...bare } = await subject.start(runtime);
    return bare;
  };
  return checked(await openSession({ ...subject, ...change, start }));
}

it("knows every connector", () =>
  expect(networked.map(({ connector }) => connector.manifest.id).sort()).toEqual(Object.keys(table).sort()));

describe.each(networked.map((subject) => [subject.connector.manifest.id, subject] as const))(
  "testing a connection of %s",
  (id, subject) => {
    const words = table[id] ?? { secret: /^never$/ };
    const { settings, wrongSecrets } = subject;

    it("with nothing wrong is well", async () =>
      expect(await checked(await openSession(subject))).toBe("well"));

    it.each([
      ["ENOTFOUND", "there is no such host"],
      ["ECONNREFUSED", "it takes no connections"],
      ["CERT_HAS_EXPIRED", "its certificate is not good"],
    ])("names a host that is not reached: %s", async (code, why) => {
      const session = await openSession(subject);
      session.wire.fault(() => Promise.reject(connectionError(code)));
      const message = await checked(session);
      expect(message).toMatch(/^unavailable: .* could not be reached/);
      expect(message).toContain(`(${code}, ${why}); check `);
      expect(message).toContain(
        words.address ? `${words.address} in the settings` : "the network of the hub",
      );
    });

    it.skipIf(words.key === undefined)("names a key of no application", async () => {
      const [change, expected] = words.key ?? [{}, /never/];
      expect(await checkedWith(subject, { settings: { ...settings, ...change } })).toMatch(expected);
    });

    it.skipIf(words.shop === undefined)("names another shop or place", async () => {
      const [change, expected] = words.shop ?? [{}, /never/];
      expect(await checkedWith(subject, { settings: { ...settings, ...change } })).toMatch(expected);
    });

    it.skipIf(wrongSecrets === undefined)("names a wrong secret", async () =>
      expect(await checkedWith(subject, wrongSecrets ? { secrets: wrongSecrets } : {})).toMatch(words.secret),
    );

    it.skipIf(words.revoked === undefined)("names access that was taken back", async () => {
      const session = await openSession(subject);
      session.platform.authorization?.revoke();
      expect(await checked(session)).toMatch(words.revoked ?? /never/);
    });
  },
);
