import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createConnection,
  findConnection,
  loadConnection,
  removeConnection,
  updateConnection,
} from "../../../src/core/catalogue/connections.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { lastEventSeq } from "../../../src/core/events/log.ts";
import type { Merchant } from "../../../src/core/merchants.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import { input } from "./connection.ts";

describe("connections", () => {
  const runtime = testRuntime();
  const vault = testVault(runtime);
  const parts = { vault, runtime };
  let db: Database;
  let merchant: Merchant;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    merchant = await testMerchant(db, runtime, { vault });
  });

  describe("of a connector that says which settings name the account", () => {
    const accountSettings = ["baseUrl", "channel"];
    const account = (settings: Record<string, unknown>, name = "Shop") =>
      createConnection(db, parts, merchant.id, { ...input, name, settings, accountSettings });
    const here = { baseUrl: "https://Shop.example/api/" };
    const refused = { code: "conflict" };

    it.each([
      ["the same address", here],
      ["... written otherwise", { baseUrl: "http://shop.example/api" }],
      ["... with other settings that do not tell accounts apart", { ...here, pageSize: 7 }],
    ])("is refused while it is connected: %s", async (_, settings) => {
      const { id } = await account(here);
      const seq = await lastEventSeq(db, merchant.id);
      await expect(account(settings, "Two")).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining('already, as "Shop"'),
        details: { connectionId: id },
      });
      expect(await lastEventSeq(db, merchant.id)).toBe(seq);
    });

    it.each([
      ["another path", { baseUrl: "https://shop.example/other" }],
      ["another port", { baseUrl: "https://shop.example:8443/api" }],
      ["another channel", { ...here, channel: "b2b" }],
    ])("is another account: %s", async (_, settings) => {
      const { id } = await account(here);
      expect((await account(settings, "Two")).id).not.toBe(id);
    });

    it("comes back under its id, whatever name it gets", async () => {
      const { id } = await account(here);
      await removeConnection(db, parts, merchant.id, id);
      expect(await account(here, "Shop again")).toMatchObject({ id, name: "Shop again", status: "active" });
      await expect(account(here, "Two")).rejects.toMatchObject(refused);
    });

    it("does not come back under a name that is taken", async () => {
      const { id } = await account(here);
      await removeConnection(db, parts, merchant.id, id);
      await account({ baseUrl: "https://b.example" }, "B");
      await expect(account(here, "B")).rejects.toMatchObject({ code: "already_exists" });
      expect(await findConnection(db, id)).toBeUndefined();
    });

    it("another account under the name of a removed one is refused: two shops' orders must not become one", async () => {
      const { id } = await account(here);
      await removeConnection(db, parts, merchant.id, id);
      await expect(account({ baseUrl: "https://test.example" })).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining("choose another name"),
      });
      expect((await account({ baseUrl: "https://test.example" }, "Test shop")).id).not.toBe(id);
    });

    it("may move, but not to where another is or was", async () => {
      const one = await account(here);
      const two = await account({ baseUrl: "https://b.example" }, "B");
      const move = (settings: Record<string, unknown>) =>
        updateConnection(db, parts, merchant.id, two.id, { settings, accountSettings });
      expect(await move({ baseUrl: "https://c.example" })).toMatchObject({ id: two.id });
      await expect(move(here)).rejects.toMatchObject(refused);
      await removeConnection(db, parts, merchant.id, one.id);
      await expect(move(here)).rejects.toMatchObject(refused);
      expect((await loadConnection(db, merchant.id, two.id)).settings).toStrictEqual({
        baseUrl: "https://c.example",
      });
    });

    it("of another merchant is nobody's business", async () => {
      await account(here);
      merchant = await testMerchant(db, runtime, { vault });
      await account(here);
    });
  });
});
