import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAuthorization } from "../../src/connectors/amazon/authorization.ts";
import { amazon } from "../../src/connectors/amazon/index.ts";
import type { Connector, Failure } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import { secrets, settings, startAmazon } from "../connectors/amazon/subject.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels } from "./support/channels.ts";
import { scripted } from "./support/scripted.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const refused: Failure = { ok: false, kind: "auth", message: "The key is not good." };

/** A shop that takes one key at a time. `meanwhile` runs while a call is under way, once. */
class Shop {
  key = "the-first-key";
  asked: string[] = [];
  meanwhile: (() => Promise<void>) | null = null;

  connector(): Connector {
    const base = scripted({}, { secrets: z.object({ apiKey: z.string().min(8) }) });
    return {
      ...base,
      manifest: { ...base.manifest, capabilities: { ...base.manifest.capabilities, orders: true } },
      open: ({ secrets }) => {
        const ask = async <Value>(value: Value) => {
          const given = String(secrets.apiKey);
          this.asked.push(given);
          const meanwhile = this.meanwhile;
          this.meanwhile = null;
          await meanwhile?.();
          return given === this.key ? { ok: true as const, value } : refused;
        };
        const page = { orders: [], rejected: [], cursor: "end", more: false };
        return {
          check: () => ask({ account: "the shop" }),
          orders: { pull: () => ask(page), fetch: () => ask(page), list: () => ask({ externalIds: [] }) },
        };
      },
    };
  }
}

async function connected() {
  const shop = new Shop();
  const hub = await channels(db, { connectors: [shop.connector()] });
  const id = await hub.connect("scripted", "Shop", { secrets: { apiKey: shop.key } });
  const rotate = async (apiKey: string) => {
    const { db, merchant, vault, runtime } = hub;
    await db.transaction((tx) =>
      updateConnection(tx, { vault, runtime }, merchant.id, id, { secrets: { apiKey } }),
    );
  };
  return { hub, shop, id, rotate };
}

const statusOf = async (hub: Channels, id: string) =>
  (await hub.query<{ status: string }>("select status from connections where id = $1", [id]))[0]?.status;

describe("replacing credentials", () => {
  it("while a call is under way: the call is made again with the new ones, and nothing is refused", async () => {
    const { hub, shop, id, rotate } = await connected();
    shop.meanwhile = async () => {
      shop.key = "the-second-key";
      await rotate("the-second-key");
    };
    expect(await hub.sync.syncConnection(hub.merchant.id, id)).toMatchObject({ failed: 0 });
    expect(shop.asked).toEqual(["the-first-key", "the-second-key"]);
    expect(await statusOf(hub, id)).toBe("active");
    expect(await hub.query("select kind from tasks where merchant_id = $1", [hub.merchant.id])).toEqual([]);
  });

  it("by others that are wrong, too: the connection rests, and says why", async () => {
    const { hub, shop, id, rotate } = await connected();
    shop.meanwhile = async () => {
      shop.key = "the-second-key";
      await rotate("the-wrong-key");
    };
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toThrow("The key is not good.");
    expect(shop.asked).toEqual(["the-first-key", "the-wrong-key"]);
    // What was refused last were the new ones; the first call made with them from the start says so.
    await hub.sync.syncConnection(hub.merchant.id, id).catch(() => undefined);
    expect(await statusOf(hub, id)).toBe("refused");
    await rotate("the-second-key");
    expect(await statusOf(hub, id)).toBe("active");
    expect(await hub.sync.testConnection(hub.merchant.id, id)).toEqual({ ok: true, account: "the shop" });
  });
});

describe("a refresh token that a person enters", () => {
  it("gives access though nobody has granted it, and renews it", async () => {
    const bound: { fake: ReturnType<typeof startAmazon>["fake"] | null } = { fake: null };
    const fetch: Fetch = (input, init) => bound.fake?.fetch(input, init) ?? Promise.reject(new Error("none"));
    const connector: Connector = {
      ...amazon,
      open: (context) => amazon.open({ ...context, fetch }),
      authorization: (context) => createAuthorization({ ...context, fetch }),
    };
    const hub = await channels(db, { connectors: [connector] });
    const { fake } = startAmazon(hub.runtime);
    bound.fake = fake;
    const entered = { ...secrets, refreshToken: fake.login.ownRefreshToken };
    const id = await hub.connect("amazon", "Private application", { settings, secrets: entered });
    const test = () => hub.whileTimePasses(hub.sync.testConnection(hub.merchant.id, id));
    expect(await test()).toEqual({ ok: true, account: "Demo Store, Amazon.com" });
    await hub.runtime.advance(2 * 3_600_000);
    expect(await test()).toEqual({ ok: true, account: "Demo Store, Amazon.com" });
    const other = await hub.connect("amazon", "Public application", { settings, secrets });
    expect(await hub.sync.testConnection(hub.merchant.id, other)).toMatchObject({
      kind: "auth",
      problem: expect.stringContaining("enter the refresh token of a private application, or grant access"),
    });
  });
});
