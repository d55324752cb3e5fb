import { z } from "zod";
import { type Broken, withAccount, withKind, withManifest } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

/** What `checks/manifest.ts` must catch. */
export const brokenManifests: Broken = {
  manifest: {
    "a page of no orders": () =>
      withManifest(good, (manifest) => ({ ...manifest, limits: { ...manifest.limits, ordersPerPage: 0 } })),
    "documentation that is not there": () =>
      withManifest(good, (manifest) => ({ ...manifest, docsUrl: "docs/nowhere.md" })),
    "a zone nobody knows": () =>
      withManifest(good, (manifest) => ({ ...manifest, timeZone: "Mars/Olympus" })),
  },
  fields: {
    "an account named by a setting nobody can enter": () =>
      withManifest(good, (manifest) => ({ ...manifest, accountSettings: ["shopId"] })),
    "a setting without a description": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        settings: manifest.settings.extend({ shade: z.string().optional() }),
      })),
    "a secret shown as a setting": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        settings: manifest.settings.extend({ accessToken: z.string().optional().describe("Token") }),
      })),
  },
  configuration: {
    "settings that accept anything": () =>
      withManifest(good, (manifest) => ({ ...manifest, settings: z.object({ baseUrl: z.unknown() }) })),
    "secrets that accept anything": () =>
      withManifest(good, (manifest) => ({ ...manifest, secrets: z.looseObject({}) })),
  },
  truthful: {
    "listings advertised and missing": () => withAccount(good, ({ listings: _gone, ...account }) => account),
    "fulfilments there and denied": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        capabilities: { ...manifest.capabilities, fulfilments: false },
      })),
    "reading stock advertised and missing": () =>
      withAccount(good, (account) =>
        account.stock ? { ...account, stock: { push: account.stock.push } } : account,
      ),
  },
  check: {
    "a nameless account": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async () => ({ ok: true, value: { account: " " } }),
      })),
    "an expensive check": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async (call) => {
          for (let calls = 0; calls < 3; calls += 1) await account.check(call);
          return account.check(call);
        },
      })),
  },
  "check-auth": {
    "a check that is always content": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async () => ({ ok: true, value: { account: "shop" } }),
      })),
    "a check that blames the network": () => withKind(good, "auth", "unavailable"),
  },
};
