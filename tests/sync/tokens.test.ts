import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeConnection } from "../../src/core/catalogue/connections.ts";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels } from "./support/channels.ts";
import { TokenServer, tokenPlatform } from "./support/token-server.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

async function connected(): Promise<{ hub: Channels; server: TokenServer; id: string }> {
  const server = new TokenServer();
  const hub = await channels(db, { connectors: [tokenPlatform(server)] });
  server.runtime = () => hub.runtime;
  const id = await hub.connect("scripted", "Shop with tokens");
  return { hub, server, id };
}

async function granted() {
  const made = await connected();
  await made.hub.sync.enterTokens(made.hub.merchant.id, made.id, made.server.issue());
  return made;
}

const statusOf = async ({ hub, id }: { hub: Channels; id: string }) => {
  const [row] = await hub.query<{ status: string; problem: string | null }>(
    "select status, problem from connections where id = $1",
    [id],
  );
  return row?.status;
};

const openTasks = async ({ hub }: { hub: Channels }) =>
  (
    await hub.query<{ kind: string }>("select kind from tasks where merchant_id = $1 and status = 'open'", [
      hub.merchant.id,
    ])
  ).map(({ kind }) => kind);

/** Nothing secret anywhere but sealed. */
async function expectNoSecrets({ hub }: { hub: Channels }) {
  for (const table of ["connections", "events", "tasks", "sync_runs", "audit_log"]) {
    expect(JSON.stringify(await hub.query(`select * from ${table}`)), table).not.toMatch(/-secret-/);
  }
  expect(hub.logText.join("\n")).not.toMatch(/-secret-/);
}

describe("granting access", () => {
  it("goes out with a state and comes back with a code", async () => {
    const { hub, id } = await connected();
    expect((await hub.sync.testConnection(hub.merchant.id, id)).kind).toBe("auth");
    const { address, redirectUrl, expiresAt } = await hub.sync.startAuthorization(hub.merchant.id, id);
    expect(redirectUrl).toBe("https://hub.test/authorizations/callback");
    expect(expiresAt).toBe("2026-11-22T08:30:00.000Z");
    const state = new URL(address).searchParams.get("state") ?? "";
    const done = await hub.sync.finishAuthorization({ state, code: "good-code" });
    expect(done).toEqual({ merchantId: hub.merchant.id, connectionId: id });
    expect(await hub.sync.testConnection(hub.merchant.id, id)).toEqual({ ok: true, account: "scripted" });
    await expectNoSecrets({ hub });
  });

  it("takes no forged, foreign or expired state, and no refused code", async () => {
    const { hub, server, id } = await connected();
    const start = async () =>
      new URL((await hub.sync.startAuthorization(hub.merchant.id, id)).address).searchParams.get("state") ??
      "";
    const state = await start();
    const other = await hub.connect("scripted", "Another shop");
    const tries: Record<string, string>[] = [
      {},
      { code: "good-code" },
      { code: "good-code", state: "" },
      { code: "good-code", state: `${state.slice(0, -4)}AAAA` },
      { code: "good-code", state: state.replace(id, other) },
      { code: "good-code", other: state },
      { code: "bad-code", state },
    ];
    for (const parameters of tries) {
      await expect(hub.sync.finishAuthorization(parameters)).rejects.toMatchObject({
        code: "invalid_request",
      });
    }
    await hub.runtime.advance(30 * 60_000);
    await expect(hub.sync.finishAuthorization({ state, code: "good-code" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(server.made).toBe(0);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).kind).toBe("auth");
  });

  it("is needed anew by an account that was removed and comes back", async () => {
    const { hub, id } = await granted();
    await removeConnection(hub.db, hub, hub.merchant.id, id);
    hub.sync.forget(id);
    expect(await hub.query("select tokens, tokens_expire_at from connections where id = $1", [id])).toEqual([
      { tokens: null, tokens_expire_at: null },
    ]);
    expect(await hub.connect("scripted", "Shop with tokens")).toBe(id);
    hub.sync.forget(id);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).kind).toBe("auth");
  });

  it("says so where a platform grants nothing", async () => {
    const { hub } = await connected();
    const shop = await hub.shop("plain");
    await expect(hub.sync.startAuthorization(hub.merchant.id, shop.connectionId)).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});

describe("renewing", () => {
  it("happens before the end, without a person and without a failed call", async () => {
    const { hub, server, id } = await granted();
    await hub.runtime.advance(50 * 60_000);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).ok).toBe(true);
    expect(server.refreshes).toBe(0);
    await hub.runtime.advance(6 * 60_000);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).ok).toBe(true);
    expect(server.refreshes).toBe(1);
    await expectNoSecrets({ hub });
  });

  it("happens once after the platform refused a token that should be good", async () => {
    const { hub, server, id } = await granted();
    server.access = "another";
    expect((await hub.sync.testConnection(hub.merchant.id, id)).ok).toBe(true);
    expect(server.refreshes).toBe(1);
    expect(await statusOf({ hub, id })).toBe("active");
  });

  it("is done by one of several processes; the others load what it was given", async () => {
    const { hub, server, id } = await granted();
    const processes = [hub.sync, hub.process("two"), hub.process("three")];
    for (let round = 1; round <= 3; round += 1) {
      await hub.runtime.advance(61 * 60_000);
      const tests = processes.flatMap((sync) => [1, 2].map(() => sync.testConnection(hub.merchant.id, id)));
      const results = await hub.whileTimePasses(Promise.all(tests));
      expect(results.map((result) => result.ok)).toEqual(results.map(() => true));
      expect(server.refreshes, `refreshes after round ${round}`).toBe(round);
    }
    expect(await statusOf({ hub, id })).toBe("active");
    await expectNoSecrets({ hub });
  });

  it("that cannot be done now leaves the connection at work", async () => {
    const { hub, server, id } = await granted();
    server.down = true;
    await hub.runtime.advance(57 * 60_000);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).ok, "still good").toBe(true);
    await hub.runtime.advance(10 * 60_000);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).kind).toBe("unavailable");
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({
      code: "connection_failed",
    });
    expect(await statusOf({ hub, id })).toBe("active");
    server.down = false;
    await hub.runtime.advance(60_000);
    await hub.sync.syncConnection(hub.merchant.id, id);
    expect((await hub.sync.testConnection(hub.merchant.id, id)).ok).toBe(true);
  });

  it("that is refused is told to a person, and new tokens put the connection back to work", async () => {
    const { hub, server, id } = await granted();
    server.refreshToken = "revoked";
    await hub.runtime.advance(61 * 60_000);
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({
      code: "connection_failed",
    });
    expect(await statusOf({ hub, id })).toBe("refused");
    expect(await openTasks({ hub })).toEqual(["connection_refused"]);
    await hub.sync.enterTokens(hub.merchant.id, id, server.issue());
    expect(await statusOf({ hub, id })).toBe("active");
    expect(await openTasks({ hub })).toEqual([]);
    await hub.sync.syncConnection(hub.merchant.id, id);
    await expectNoSecrets({ hub });
    expect((await runDoctor(db)).ok).toBe(true);
  });
});
