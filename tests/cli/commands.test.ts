import { describe, expect, it } from "vitest";
import { testCli } from "./in-process.ts";

const keyPattern = /^slk_[A-Za-z0-9_-]{43}\n$/;

describe("keys", () => {
  it("are made, listed and revoked", async () => {
    const { run, json } = await testCli();
    const made = await run(["keys", "create", "--role", "owner"]);
    expect(made).toEqual({ code: 0, stdout: expect.stringMatching(keyPattern), stderr: "" });
    await run(["keys", "create", "--role", "warehouse", "--name", "handhelds"]);
    const { items } = await json(["keys", "list"]);
    expect(items.map((key: Record<string, unknown>) => [key.role, key.name, key.revokedAt])).toEqual([
      ["owner", "command line", null],
      ["warehouse", "handhelds", null],
    ]);
    const { id } = items[1];
    expect(await run(["keys", "revoke", id])).toEqual({ code: 0, stdout: `revoked ${id}\n`, stderr: "" });
    const after = await json(["keys", "list"]);
    expect(after.items.map(({ revokedAt }: { revokedAt: string | null }) => revokedAt)).toEqual([
      null,
      "2026-11-22T08:00:00.000Z",
    ]);
    expect((await run(["keys", "revoke", "all"])).stderr).toBe(
      'sluice: "all" is not the id of a key; see them with: sluice keys list\n',
    );
  });

  it("what is done here stands in the audit log", async () => {
    const { run, db } = await testCli();
    await run(["keys", "create", "--role", "finance"]);
    expect(await db.query("select actor, action, detail from audit_log")).toEqual([
      { actor: "cli", action: "key.create", detail: { name: "command line", role: "finance" } },
    ]);
  });
});

describe("merchants", () => {
  it("of several one must be named", async () => {
    const { run, json } = await testCli();
    const japanese = ["--name", "Shop of A", "--currency", "JPY", "--time-zone", "Asia/Tokyo"];
    expect((await run(["merchants", "create", "--code", "a", ...japanese])).code).toBe(0);
    expect((await run(["merchants", "create", "--code", "b", "--name", "B"])).code).toBe(0);
    const { items } = await json(["merchants"]);
    expect(
      items.map((one: Record<string, unknown>) => [one.code, one.baseCurrency, one.timeZone, one.wrappedKey]),
    ).toEqual([
      ["a", "JPY", "Asia/Tokyo", undefined],
      ["b", "CNY", "Asia/Shanghai", undefined],
    ]);
    expect(await run(["keys", "create", "--role", "owner"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "sluice: There are several merchants; name one with --merchant: a, b.\n",
    });
    expect((await run(["keys", "create", "--role", "owner", "--merchant", "b"])).stdout).toMatch(keyPattern);
    expect((await json(["keys", "list", "--merchant", "a"])).items).toEqual([]);
    expect((await json(["keys", "list", "--merchant", "b"])).items).toHaveLength(1);
  });

  it("the currency must be one", async () => {
    const { run, json } = await testCli();
    const refused = await run(["merchants", "create", "--code", "a", "--name", "A", "--currency", "RMB"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("must be an ISO 4217 code in capital letters, such as CNY");
    expect((await json(["merchants"])).items).toEqual([]);
  });
});

describe("connections", () => {
  const add = ["connections", "add", "--connector", "generic", "--name", "Shop"];
  const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  it("are added with settings of every type and a secret from the environment", async () => {
    const { json, db } = await testCli();
    const fields = ["baseUrl=http://127.0.0.1:9", "burst=7", "orderWatermark=false", "stockWrites=set,delta"];
    const env = { SLUICE_SECRET_WEBHOOK_SECRET: webhookSecret, SLUICE_PUBLIC_URL: "https://hub.example" };
    const made = await json(
      [...add, "--secret", "webhookSecret", ...fields.flatMap((field) => ["--set", field])],
      env,
    );
    expect(made).toEqual({
      id: made.id,
      connector: "generic",
      name: "Shop",
      webhookUrl: `https://hub.example/webhooks/${made.id}`,
    });
    expect(await db.query("select settings from connections where id = $1", [made.id])).toEqual([
      {
        settings: {
          baseUrl: "http://127.0.0.1:9",
          burst: 7,
          orderWatermark: false,
          stockWrites: ["set", "delta"],
        },
      },
    ]);
  });

  it("are tested, paused, resumed and removed", async () => {
    const { run, json } = await testCli();
    await run([...add, "--set", "baseUrl=http://127.0.0.1:9"]);
    const status = async () =>
      (await json(["connections"])).items.map(
        (one: { name: string; status: string }) => `${one.name} ${one.status}`,
      );
    const tested = await run(["connections", "test", "Shop"]);
    expect(tested).toMatchObject({ code: 1, stdout: expect.stringMatching(/^"Shop" does not work: /) });
    const synced = await run(["sync"]);
    expect(synced).toMatchObject({ code: 1, stdout: expect.stringContaining('"Shop" could not be pulled') });
    expect(await run(["connections", "pause", "Shop"])).toMatchObject({ stdout: '"Shop" is paused\n' });
    expect(await status()).toEqual(["Shop paused"]);
    expect((await run(["sync"])).stderr).toBe(
      "There is no active connection; add one with: sluice connections add\n",
    );
    expect((await run(["connections", "resume", "Shop"])).code).toBe(0);
    expect(await status()).toEqual(["Shop active"]);
    expect((await run(["connections", "remove", "Shop"])).code).toBe(0);
    expect(await status()).toEqual([]);
  });

  it("tell where a person grants access, and which platforms know no such thing", async () => {
    const { run, json } = await testCli();
    const env = {
      SLUICE_PUBLIC_URL: "https://hub.example",
      SLUICE_SECRET_CLIENT_SECRET: "hush_client_secret",
    };
    const shop = ["shop=tea-house.myshopify.com", "locationId=1", "clientId=client-1"];
    const settings = shop.flatMap((field) => ["--set", field]);
    const added = [
      "connections",
      "add",
      "--connector",
      "shopify",
      "--name",
      "Tea",
      "--secret",
      "clientSecret",
    ];
    await json([...added, ...settings], env);
    const way = await json(["connections", "authorize", "Tea"], env);
    expect(way.redirectUrl).toBe("https://hub.example/authorizations/callback");
    const address = new URL(way.address);
    expect(address.host).toBe("tea-house.myshopify.com");
    expect(address.searchParams.get("redirect_uri")).toBe(way.redirectUrl);
    const printed = await run(["connections", "authorize", "Tea"], env);
    expect(printed.stdout).toMatch(/^https:\/\/tea-house/);
    expect(printed.stderr).toContain("https://hub.example/authorizations/callback");
    await run([...add, "--set", "baseUrl=http://127.0.0.1:9"]);
    expect(await run(["connections", "authorize", "Shop"])).toMatchObject({ code: 1, stdout: "" });
  });

  it("a wrong name, settings that do not fit and a missing secret are told, and nothing is kept", async () => {
    const { run, json } = await testCli();
    expect((await run(["connections", "test", "Shop"])).stderr).toBe(
      'sluice: There is no connection "Shop"; there are: "manual".\n',
    );
    const wrong = await run([...add, "--set", "baseUrl=shop.example", "--set", "burst=many", "--set", "x=1"]);
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    expect(wrong.stderr).toContain("settings.baseUrl: must be an http or https address");
    expect(wrong.stderr).toContain("settings.burst: ");
    expect(wrong.stderr).toContain('Unrecognized key: "x"');
    expect(wrong.stderr).toContain("sluice connectors generic");
    const url = ["--set", "baseUrl=https://shop.example"];
    expect((await run([...add, ...url, "--secret", "apiToken"])).stderr).toContain(
      "The secret apiToken is missing: set the variable SLUICE_SECRET_API_TOKEN",
    );
    const bad = await run([...add, ...url, "--secret", "webhookSecret=hunter2"]);
    expect(bad.stderr).toContain("secrets.webhookSecret: must be whsec_");
    expect(bad.stderr).not.toContain("hunter2");
    expect((await run([...add, "--set", "baseUrl"])).stderr).toBe(
      'sluice: --set "baseUrl" is no pair; write --set name=value.\n',
    );
    expect((await json(["connections"])).items).toEqual([]);
  });
});

describe("connectors", () => {
  it("are listed with what they can do and what they ask for", async () => {
    const { run, json } = await testCli();
    expect((await json(["connectors"])).items.map(({ id }: { id: string }) => id)).toContain("generic");
    const { settings, secrets } = await json(["connectors", "generic"]);
    const required = (fields: { name: string; isRequired: boolean }[]) =>
      fields.filter(({ isRequired }) => isRequired).map(({ name }) => name);
    expect([required(settings), required(secrets)]).toEqual([["baseUrl"], []]);
    const unknown = await run(["connectors", "myspace"]);
    expect(unknown.stderr).toMatch(/^sluice: There is no connector "myspace"; there are: .*generic.*\.\n/);
  });
});

describe("errors", () => {
  it("as JSON for machines", async () => {
    const { run } = await testCli();
    const { code, stdout, stderr } = await run(["connections", "test", "Shop", "--json"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "not_found",
        message: 'There is no connection "Shop"; there are: "manual".',
        details: {},
      },
    });
  });

  it("that nobody expected: one line and where to see more, a stack only when asked for", async () => {
    const { run, db } = await testCli();
    await db.close();
    const plain = await run(["merchants"]);
    expect(plain.code).toBe(1);
    expect(plain.stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^sluice: Something unexpected happened: /),
      "        This should not happen. Run the command again with --verbose for the details.",
    ]);
    expect((await run(["merchants", "--verbose"])).stderr).toContain("\n    at ");
    expect((await run(["merchants"], { LC_ALL: "zh_CN.UTF-8" })).stderr).toContain("请加 --verbose 重新运行");
  });
});
