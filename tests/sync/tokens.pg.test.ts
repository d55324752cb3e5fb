import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { postgresDatabase } from "../support/database.ts";
import { describePg } from "../support/postgres.ts";
import { type Channels, channels } from "./support/channels.ts";
import { TokenServer, tokenPlatform } from "./support/token-server.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Time passes a little with each answer of the database, so that a slow one lets no lease run out. */
async function atDatabasePace<Result>(hub: Channels, work: Promise<Result>): Promise<Result> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    await hub.query("select 1");
    await hub.runtime.advance(20);
  }
  return ended;
}

await describePg("several hub processes and one refresh token", () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await postgresDatabase({ maxConnections: 8 }));
  });
  afterAll(() => close());

  it("renews once when four processes find the token over at the same instant, round after round", async () => {
    const server = new TokenServer();
    const hub = await channels(db, { connectors: [tokenPlatform(server)] });
    server.runtime = () => hub.runtime;
    const id = await hub.connect("scripted", "Shop with tokens");
    const { merchant } = hub;
    await hub.sync.enterTokens(merchant.id, id, server.issue());
    const processes = [hub.sync, ...["two", "three", "four"].map((holder) => hub.process(holder))];
    for (let round = 1; round <= 10; round += 1) {
      await hub.runtime.advance(3_600_001);
      const tested = await atDatabasePace(
        hub,
        Promise.all(processes.map((process) => process.testConnection(merchant.id, id))),
      );
      expect(tested, `round ${round}`).toEqual(processes.map(() => ({ ok: true, account: "scripted" })));
      expect(server.refreshes, "a refresh token is used up by one use").toBe(round);
    }
    const [row] = await hub.query<{ status: string }>("select status from connections where id = $1", [id]);
    expect(row?.status).toBe("active");
  });
});
