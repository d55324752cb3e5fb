import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockDirectory } from "../../src/core/db/lock-file.ts";
import { newDirectory, patient, run, runJson } from "./support.ts";

const keyPattern = /^slk_[A-Za-z0-9_-]{43}\n$/;

describe("keys", () => {
  it(
    "the first one: only the key on standard output, the new master key readable by its owner only",
    patient,
    async () => {
      const cwd = newDirectory();
      const made = await run(["keys", "create", "--role", "owner"], { cwd });
      expect(made.stdout).toMatch(keyPattern);
      expect(made.code).toBe(0);
      const keyFile = join(cwd, "data", "sluice.key");
      expect(made.stderr).toContain(keyFile);
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);

      const again = await run(["keys", "create", "--role", "warehouse", "--name", "handhelds"], { cwd });
      expect(again.stdout).toMatch(keyPattern);
      expect(again.stderr).toBe("");

      const { items } = await runJson<{ items: Record<string, unknown>[] }>(["keys", "list"], { cwd });
      expect(items.map(({ role, name, revokedAt }) => [role, name, revokedAt])).toEqual([
        ["owner", "command line", null],
        ["warehouse", "handhelds", null],
      ]);
      const id = String(items[1]?.id);
      expect(await run(["keys", "revoke", id], { cwd })).toMatchObject({
        code: 0,
        stdout: `revoked ${id}\n`,
      });
      const after = await runJson<{ items: { revokedAt: string | null }[] }>(["keys", "list"], { cwd });
      expect(after.items.map(({ revokedAt }) => revokedAt !== null)).toEqual([false, true]);
    },
  );

  it("of several merchants one must be named", patient, async () => {
    const cwd = newDirectory();
    const merchant = ["--name", "Shop of A", "--currency", "JPY", "--time-zone", "Asia/Tokyo"];
    expect(await run(["merchants", "create", "--code", "a", ...merchant], { cwd })).toMatchObject({
      code: 0,
    });
    expect(await run(["merchants", "create", "--code", "b", "--name", "B"], { cwd })).toMatchObject({
      code: 0,
    });
    const { items } = await runJson<{ items: Record<string, unknown>[] }>(["merchants"], { cwd });
    expect(items.map(({ code, baseCurrency, timeZone }) => [code, baseCurrency, timeZone])).toEqual([
      ["a", "JPY", "Asia/Tokyo"],
      ["b", "CNY", "Asia/Shanghai"],
    ]);
    expect(await run(["keys", "create", "--role", "owner"], { cwd })).toEqual({
      code: 1,
      stdout: "",
      stderr: "sluice: There are several merchants; name one with --merchant: a, b.\n",
    });
    const made = await run(["keys", "create", "--role", "owner", "--merchant", "b"], { cwd });
    expect(made.stdout).toMatch(keyPattern);
    expect((await runJson<{ items: unknown[] }>(["keys", "list", "--merchant", "a"], { cwd })).items).toEqual(
      [],
    );
  });
});

describe("what cannot work says so in a line or two, and what to do", () => {
  it("a wrong value in the environment", patient, async () => {
    const cwd = newDirectory();
    expect(await run(["start"], { cwd, env: { PORT: "80a" } })).toEqual({
      code: 1,
      stdout: "",
      stderr:
        'sluice: PORT is "80a", but must be a whole number from 0 to 65535.\n        All variables are described in docs/operations.md.\n',
    });
  });

  it("PostgreSQL without a key", patient, async () => {
    const cwd = newDirectory();
    const env = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
    const { code, stderr } = await run(["start"], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toContain("SLUICE_KEY is not set");
    expect(stderr).toContain("openssl rand -base64 32");
  });

  it("PostgreSQL that is not there; as JSON, the same for a machine", patient, async () => {
    const cwd = newDirectory();
    const env = { DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/none", SLUICE_KEY: "ab".repeat(32) };
    const told = await run(["keys", "list"], { cwd, env });
    expect(told.code).toBe(1);
    expect(told.stderr).toMatch(/^sluice: PostgreSQL cannot be used: .*DATABASE_URL/);
    expect(told.stderr).not.toContain("    at ");
    expect(told.stderr).not.toContain("hunter2");
    const machine = await run(["keys", "list", "--json"], { cwd, env });
    expect(machine.stdout).toBe("");
    expect(JSON.parse(machine.stderr)).toMatchObject({ error: { code: "unavailable" } });
  });

  it("a key that is no key, and a key that is lost", patient, async () => {
    const cwd = newDirectory();
    const wrong = await run(["keys", "list"], { cwd, env: { SLUICE_KEY: "short" } });
    expect(wrong.stderr).toContain("SLUICE_KEY must be 32 random bytes in base64 or hex.");
    expect((await run(["keys", "create", "--role", "owner"], { cwd })).code).toBe(0);
    const other = await run(["keys", "list"], { cwd, env: { SLUICE_KEY: "cd".repeat(32) } });
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toContain("SLUICE_KEY does not fit this database");
    rmSync(join(cwd, "data", "sluice.key"));
    const lost = await run(["keys", "list"], { cwd });
    expect(lost).toMatchObject({ code: 1 });
    expect(lost.stderr).toContain(
      "sluice.key is missing and SLUICE_KEY is not set. Restore the file from a backup",
    );
  });

  it("a data directory that somebody has, named with its process", patient, async () => {
    const cwd = newDirectory();
    const data = join(cwd, "data");
    mkdirSync(data);
    onTestFinished(lockDirectory(data));
    const { code, stderr, stdout } = await run(["keys", "create", "--role", "owner"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${data} is in use by process ${process.pid} on this machine.`);
    expect(stderr).toContain("or use its HTTP API");
  });

  it("a command or an option that does not exist: exit code 2", patient, async () => {
    const cwd = newDirectory();
    expect(await run(["dance"], { cwd })).toMatchObject({ code: 2, stdout: "" });
    const { code, stderr } = await run(["keys", "create", "--role", "king"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("Allowed choices are owner, operator, warehouse, finance, read-only.");
  });

  it(
    "a connection that nobody has, settings that do not fit, a secret that is missing",
    patient,
    async () => {
      const cwd = newDirectory();
      const missing = await run(["connections", "test", "Shop"], { cwd });
      expect(missing.stderr).toBe('sluice: There is no connection "Shop"; there are: "manual".\n');
      const add = ["connections", "add", "--connector", "generic", "--name", "Shop"];
      const wrong = await run([...add, "--set", "baseUrl=shop.example", "--set", "burst=many"], { cwd });
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain("settings.baseUrl: must be an http or https address");
      expect(wrong.stderr).toContain("settings.burst: ");
      expect(wrong.stderr).toContain("sluice connectors generic");
      const secret = await run([...add, "--set", "baseUrl=https://shop.example", "--secret", "apiToken"], {
        cwd,
      });
      expect(secret.stderr).toContain(
        "The secret apiToken is missing: set the variable SLUICE_SECRET_API_TOKEN",
      );
      const { items } = await runJson<{ items: unknown[] }>(["connections"], { cwd });
      expect(items).toEqual([]);
    },
  );
});

describe("connections", () => {
  it(
    "are added with settings of every type and a secret from the environment, paused, resumed, removed",
    patient,
    async () => {
      const cwd = newDirectory();
      const fields = [
        "baseUrl=http://127.0.0.1:9",
        "burst=7",
        "orderWatermark=false",
        "stockWrites=set,delta",
      ];
      const made = await runJson<{ id: string; webhookUrl: string }>(
        [
          ...["connections", "add", "--connector", "generic", "--name", "Shop", "--secret", "webhookSecret"],
          ...fields.flatMap((field) => ["--set", field]),
        ],
        {
          cwd,
          env: {
            SLUICE_SECRET_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            SLUICE_PUBLIC_URL: "https://hub.example",
          },
        },
      );
      expect(made.webhookUrl).toBe(`https://hub.example/webhooks/${made.id}`);
      const status = async () =>
        (await runJson<{ items: { name: string; status: string }[] }>(["connections"], { cwd })).items.map(
          (one) => `${one.name} ${one.status}`,
        );
      expect(await status()).toEqual(["Shop active"]);
      const failed = await run(["connections", "test", "Shop"], { cwd });
      expect(failed).toMatchObject({ code: 1 });
      expect(failed.stdout).toContain('"Shop" does not work:');
      expect(await run(["connections", "pause", "Shop"], { cwd })).toMatchObject({
        stdout: '"Shop" is paused\n',
      });
      expect(await status()).toEqual(["Shop paused"]);
      expect((await run(["connections", "resume", made.id], { cwd })).code).toBe(0);
      expect((await run(["connections", "remove", "Shop"], { cwd })).code).toBe(0);
      expect(await status()).toEqual([]);
    },
  );
});

describe("connectors", () => {
  it("are listed without any database, with the fields they ask for", patient, async () => {
    const cwd = newDirectory();
    writeFileSync(join(cwd, "data"), "a file where the directory would be");
    const { items } = await runJson<{ items: { id: string }[] }>(["connectors"], { cwd });
    expect(items.map(({ id }) => id)).toContain("generic");
    const generic = await runJson<{ settings: { name: string; isRequired: boolean }[] }>(
      ["connectors", "generic"],
      { cwd },
    );
    expect(generic.settings.filter(({ isRequired }) => isRequired).map(({ name }) => name)).toEqual([
      "baseUrl",
    ]);
  });
});
