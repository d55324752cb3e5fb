import type { Authorization, Failure, OpenContext } from "../../../src/connectors/contract.ts";
import { type Broken, withManifest } from "../breaking.ts";
import { subject as good } from "../reference/subject.ts";
import type { Subject } from "../subject.ts";

const withAuthorization = (
  spoil: (authorization: Authorization, context: OpenContext) => Partial<Authorization>,
): Subject => ({
  ...good,
  connector: {
    ...good.connector,
    authorization(context) {
      const authorization = good.connector.authorization?.(context) ?? {};
      return { ...authorization, ...spoil(authorization, context) };
    },
  },
});

const withRefreshFailure = (spoil: (failure: Failure, secrets: string) => Failure): Subject =>
  withAuthorization((authorization) => ({
    async refresh(tokens, call) {
      const result = await authorization.refresh?.(tokens, call);
      if (!result) throw new Error("the reference refreshes");
      return result.ok ? result : spoil(result, tokens?.refreshToken ?? "");
    },
  }));

/** What `checks/authorization.ts` must catch. */
export const brokenAuthorizations: Broken = {
  "authorization-truthful": {
    "grants denied": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        authorization: { grant: false, refresh: true, refreshBeforeMs: 0, boundTo: [] },
      })),
    "bound to a secret there is not": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        authorization: {
          grant: true,
          refresh: true,
          refreshBeforeMs: 0,
          boundTo: [],
          boundToSecrets: ["ky"],
        },
      })),
    "bound to a setting there is not": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        authorization: { grant: true, refresh: true, refreshBeforeMs: 0, boundTo: ["shopp"] },
      })),
  },
  "authorization-address": {
    "the secret in the address": () =>
      withAuthorization((authorization, { secrets }) => ({
        address: (request) => `${authorization.address?.(request)}&client_secret=${secrets.clientSecret}`,
      })),
    "the state forgotten": () =>
      withAuthorization((authorization) => ({
        address: (request) => authorization.address?.({ ...request, state: "" }) ?? "",
      })),
  },
  "authorization-exchange": {
    "any code gives the last tokens": () =>
      withAuthorization(() => ({
        exchange: async () => ({ ok: true, value: { accessToken: "access-0", refreshToken: "refresh-0" } }),
      })),
    "the code taken for the token": () =>
      withAuthorization(() => ({
        exchange: async ({ parameters }) =>
          parameters.code?.endsWith("0") || !parameters.code
            ? { ok: false, kind: "auth", message: "no" }
            : { ok: true, value: { accessToken: parameters.code } },
      })),
  },
  "authorization-refresh": {
    "the old pair is kept": () =>
      withAuthorization(() => ({
        refresh: async (tokens) => ({ ok: true, value: tokens ?? { accessToken: "none" } }),
      })),
  },
  "authorization-revoked": {
    "a revoked grant is tried for ever": () =>
      withRefreshFailure((failure) =>
        failure.kind === "auth" ? { ...failure, kind: "unavailable" } : failure,
      ),
    "an outage needs a person": () =>
      withRefreshFailure((failure) =>
        failure.kind === "unavailable" ? { ...failure, kind: "auth" } : failure,
      ),
  },
  "authorization-secrets": {
    "the token in the message": () =>
      withRefreshFailure((failure, token) => ({ ...failure, message: `${failure.message} (${token})` })),
  },
};
