import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { postgresDatabase } from "../support/database.ts";
import { describePg } from "../support/postgres.ts";
import { channels } from "./support/channels.ts";
import { pass, roomStateOf, scriptedRoom, takingCore, until } from "./support/rooms.ts";

// Several processes and their leases: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

await describePg("a room and several hub processes over one PostgreSQL", () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await postgresDatabase({ maxConnections: 8 }));
  });
  afterAll(() => close());

  it("one of five follows, each time one ends another goes on from its place, and nothing is told twice", async () => {
    const room = scriptedRoom();
    const core = takingCore();
    const hub = await channels(db, { connectors: [room.connector], takeComments: core.take });
    await hub.connect("scripted", "room");
    const processes = [hub.sync, ...["two", "three", "four", "five"].map((holder) => hub.process(holder))];
    for (const one of processes) one.start();
    let said = 0;
    while (processes.length > 0) {
      await until(hub, () => room.followers() === 1);
      await pass(hub, 5_000);
      expect(room.followers()).toBe(1);
      said += 1;
      await room.say("A1");
      await until(hub, () => core.taken.size === said);
      const at = processes.findIndex(({ counters }) => counters.rooms.connected > 0);
      const [following] = processes.splice(at, 1);
      // The clock stands meanwhile: the last hand-over has five seconds, and this database is slower than this clock.
      await following?.stop();
      expect(await roomStateOf(hub)).toMatchObject({ position: { said } });
    }
    expect(core.batches).toEqual([["c1"], ["c2"], ["c3"], ["c4"], ["c5"]]);
    expect(room.followedFrom).toEqual([null, { said: 1 }, { said: 2 }, { said: 3 }, { said: 4 }]);
  });
});
