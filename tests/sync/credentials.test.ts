import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connector, OpenContext } from "../../src/connectors/contract.ts";
import { registry } from "../../src/connectors/registry.ts";
import type { Database } from "../../src/core/db/database.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import { credentialsOf, faultOf, leaks } from "../connectors/checks/secrets.ts";
import type { Platform, Subject } from "../connectors/subject.ts";
import { createWire } from "../connectors/wire.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";

/** Credentials of every connector, in a hub whose platform or network tells them wherever it can. */

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const subjects = await Promise.all(
  [...registry.keys()].map(
    async (id) => ((await import(`../connectors/${id}/subject.ts`)) as { subject: Subject }).subject,
  ),
);
const networked = subjects.filter(
  ({ networked, connector }) => networked !== false && connector.manifest.capabilities.orders,
);

const behind = (connector: Connector, fetch: Fetch): Connector => ({
  ...connector,
  open: (context: OpenContext) => connector.open({ ...context, fetch }),
  ...(connector.authorization
    ? { authorization: (context) => connector.authorization?.({ ...context, fetch }) as never }
    : {}),
});

async function connected(subject: Subject) {
  const bound: { platform: Platform | null } = { platform: null };
  const wire = createWire(async (input, init) => {
    if (!bound.platform) throw new Error("no platform yet");
    return bound.platform.fetch(input, init);
  }, subject.asks);
  const { id } = subject.connector.manifest;
  const hub = await channels(db, { connectors: [behind(subject.connector, wire.fetch)] });
  const platform = await subject.start(hub.runtime);
  bound.platform = platform;
  const { settings, secrets } = subject;
  const connectionId = await hub.connect(id, `Shop on ${id}`, { settings, secrets });
  const tokens = platform.authorization?.tokens();
  if (tokens) await hub.sync.enterTokens(hub.merchant.id, connectionId, tokens);
  return { hub, wire, platform, connectionId };
}

const tables = ["connections", "tasks", "events", "sync_runs", "cursors", "audit_log"];

describe("credentials stay sealed", () => {
  it.each(networked.map((subject) => [subject.connector.manifest.id, subject] as const))(
    "%s",
    async (_, subject) => {
      const { hub, wire, platform, connectionId } = await connected(subject);
      const credentials = credentialsOf(subject, { platform });
      expect(credentials.length).toBeGreaterThan(0);
      const test = () => hub.whileTimePasses(hub.sync.testConnection(hub.merchant.id, connectionId));
      expect(await test()).toMatchObject({ ok: true });
      const told: string[] = [];
      for (const [index, [what, leak]] of leaks.entries()) {
        wire.fault(faultOf(leak, index, credentials));
        const tested = await test();
        expect(tested.ok, `a test of the connection with ${what}`).toBe(false);
        told.push(JSON.stringify(tested));
        await hub.query("update connections set status = 'active' where id = $1", [connectionId]);
        const synced = hub.sync.syncConnection(hub.merchant.id, connectionId);
        told.push(await hub.whileTimePasses(synced.then(JSON.stringify, messageOf)));
      }
      for (const table of tables) told.push(JSON.stringify(await hub.query(`select * from ${table}`)));
      const text = [...told, ...hub.logText].join("\n");
      expect(text, "an error that is thrown is logged as it is").not.toContain("A connector threw");
      for (const credential of credentials) expect(text.includes(credential)).toBe(false);
    },
  );
});
