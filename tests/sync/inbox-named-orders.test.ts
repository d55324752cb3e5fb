import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Account, Orders, Webhooks } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { snapshotOf } from "../support/hub.ts";
import { type Channels, channels } from "./support/channels.ts";
import { inboxOf, ordersOf } from "./support/received.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("deliveries that only name an order", () => {
  const webhooks: Webhooks = {
    verify: ({ headers }) => ({ verified: true, deliveryId: headers.id ?? "", topic: "orders" }),
    interpret: (_topic, body) => ({ kind: "fetch", externalIds: new TextDecoder().decode(body).split(" ") }),
    acknowledgement: { status: 200, body: "success", contentType: "text/plain" },
  };
  const deliver = (hub: Channels, connectionId: string, id: string, ids: string) =>
    hub.sync.receive(connectionId, { body: new TextEncoder().encode(ids), headers: { id }, url: "" });

  /** Orders 1 to 9 exist; `fail` makes the next calls fail. */
  function platform(): {
    account: Partial<Account>;
    asked: string[][];
    failures: ("unavailable" | "auth")[];
  } {
    const asked: string[][] = [];
    const failures: ("unavailable" | "auth")[] = [];
    const empty = { rejected: [], cursor: null, more: false };
    const orders: Orders = {
      pull: async () => ({ ok: true, value: { orders: [], ...empty } }),
      list: async () => ({ ok: true, value: { externalIds: [] } }),
      fetch: async (ids) => {
        const kind = failures.shift();
        if (kind) return { ok: false, kind, message: "not now" };
        asked.push([...ids]);
        const known = ids.filter((id) => /^[1-9]$/.test(id));
        return {
          ok: true,
          value: { orders: known.map((externalId) => snapshotOf({ externalId })), ...empty },
        };
      },
    };
    return { account: { webhooks, orders }, asked, failures };
  }

  it("are fetched once each, a page at a time", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    const receipt = await deliver(hub, id, "a", "1 2");
    expect(receipt).toMatchObject({
      acknowledgement: { status: 200, body: "success", contentType: "text/plain" },
    });
    await deliver(hub, id, "b", "2 3");
    await deliver(hub, id, "c", "1");
    await hub.sync.runDue();
    expect(shop.asked).toStrictEqual([["1", "2"], ["3"]]);
    expect((await ordersOf(hub)).map((order) => order.external_id)).toStrictEqual(["1", "2", "3"]);
    expect((await inboxOf(hub)).map((row) => row.status)).toStrictEqual(["applied", "applied", "applied"]);
  });

  it("wait while the platform is away, and are kept aside when it does not know the order", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    shop.failures.push("unavailable");
    await deliver(hub, id, "a", "1");
    await deliver(hub, id, "b", "unheard-of");
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map((row) => [row.status, row.error_kind])).toStrictEqual([
      ["received", "unavailable"],
      ["received", "unavailable"],
    ]);
    await hub.runtime.advance(2_000);
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map((row) => [row.status, row.error_kind])).toStrictEqual([
      ["applied", null],
      ["quarantined", "malformed"],
    ]);
  });

  it("refused credentials stop the connection, raise a task, and lose no delivery", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    shop.failures.push("auth");
    await deliver(hub, id, "a", "1");
    await hub.sync.runDue();
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([{ status: "refused", quarantined: 0 }]);
    expect(
      await hub.query("select kind, subject from tasks where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ kind: "connection_refused", subject: id }]);
    await updateConnection(db, hub, hub.merchant.id, id, { secrets: {} });
    await hub.runtime.advance(5_000);
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "applied" }]);
    expect(
      await hub.query("select status from tasks where merchant_id = $1 and kind = 'connection_refused'", [
        hub.merchant.id,
      ]),
    ).toStrictEqual([{ status: "done" }]);
  });
});
