import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ask, newDirectory, patient, run, runJson, start, startBehindShell } from "./processes.ts";

const pageFiles = [
  "page.js",
  "page.css",
  "hub.js",
  "draw.js",
  "figures.js",
  "live.js",
  "panels.js",
  "texts.js",
  "icon.svg",
];

describe("start", () => {
  it(
    "makes a merchant and a key the first time, answers, serves its page, and ends when asked",
    patient,
    async () => {
      const cwd = newDirectory();
      const hub = await start(["start", "--port", "0"], { cwd });
      expect(hub.first).toMatchObject({
        event: "listening",
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        database: "pglite",
        first: { merchant: "main", key: expect.stringMatching(/^slk_/) },
      });
      const { url, first } = hub.first;
      expect((await ask(`${url}/healthz`)).status).toBe(200);
      expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200, body: { database: "pglite" } });
      expect(await ask(`${url}/v1/merchant`, first.key)).toMatchObject({
        status: 200,
        body: { code: "main", baseCurrency: "CNY", timeZone: "Asia/Shanghai" },
      });

      const page = await fetch(`${url}/`);
      expect(await page.text()).toContain('<meta name="sluice-key" content="">');
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
      for (const name of pageFiles)
        expect([name, (await fetch(`${url}/page/${name}`)).status]).toEqual([name, 200]);
      for (const path of ["/page/..%2Fnode.ts", "/page/nothing.js", "/demo/state"])
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);

      const ended = await hub.stop();
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(ended.stdout.split("\n").at(-1) ?? "")).toEqual({ event: "stopped" });
      for (const left of ["sluice.lock", "sluice.sock"])
        expect(existsSync(join(cwd, "data", left))).toBe(false);

      // Killed, it leaves a lock and a socket behind; neither is in the way of the next start.
      const second = await start(["start", "--port", "0"], { cwd });
      expect(second.first).toMatchObject({ first: null, migrations: [] });
      process.kill(second.pid, "SIGKILL");
      await second.stop();
      expect(existsSync(join(cwd, "data", "sluice.sock"))).toBe(true);
      const third = await start(["start", "--port", "0"], { cwd });
      expect((await ask(`${third.first.url}/v1/merchant`, first.key)).status).toBe(200);
      expect((await third.stop()).code).toBe(0);
    },
  );

  it("runs commands for the embedded database it has open", patient, async () => {
    const cwd = newDirectory();
    const hub = await start(["start", "--port", "0"], { cwd });
    const { url } = hub.first;
    const made = await run(["keys", "create", "--role", "read-only"], { cwd });
    expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^slk_[A-Za-z0-9_-]{43}\n$/), stderr: "" });
    expect((await ask(`${url}/v1/merchant`, made.stdout.trim())).status).toBe(200);
    const connection = await runJson<{ webhookUrl: string; id: string }>(
      [
        ...["connections", "add", "--connector", "generic", "--name", "Shop"],
        ...["--set", "baseUrl=http://127.0.0.1:9", "--secret", "webhookSecret"],
      ],
      { cwd, env: { SLUICE_SECRET_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
    );
    expect(connection.webhookUrl).toBe(`${url}/webhooks/${connection.id}`);
    expect(await run(["doctor"], { cwd, env: { LC_ALL: "zh_CN.UTF-8" } })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/全部 \d+ 项检查通过。\n$/),
    });
    expect(await run(["connections", "test", "Nobody"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no connection "Nobody"'),
    });
    expect(await run(["start", "--port", "0"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is in use by process ${hub.pid} on this machine`),
    });
    const { port } = new URL(url);
    expect(await run(["start", "--port", port], { cwd: newDirectory() })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Cannot listen on 127.0.0.1:${port}: something else listens there.`),
    });
    await hub.stop();
  });
});

it.skipIf(process.platform === "win32")(
  "ends when npm and its shell were told to and did not pass it on",
  patient,
  async () => {
    const cwd = newDirectory();
    const { shell, first } = await startBehindShell(["start", "--port", "0"], { cwd });
    expect((await ask(`${first.url}/healthz`)).status).toBe(200);
    process.kill(shell, "SIGTERM");
    const ended = { timeout: 60_000, interval: 50 };
    await vi.waitFor(() => expect(existsSync(join(cwd, "data", "sluice.lock"))).toBe(false), ended);
    await expect(fetch(`${first.url}/healthz`)).rejects.toThrow();
  },
);

describe("sandbox", () => {
  it("connects itself to a hub, and its orders arrive there", patient, async () => {
    const cwd = newDirectory();
    const noHub = ["sandbox", "--port", "0", "--hub", "http://127.0.0.1:9"];
    expect(await run(noHub, { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("give --key, or set SLUICE_API_KEY"),
    });
    expect(await run([...noHub, "--key", "slk_x"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("No hub answers at http://127.0.0.1:9"),
    });

    const hub = await start(["start", "--port", "0"], { cwd });
    const { url, first } = hub.first;
    const shop = await start(
      ["sandbox", "--port", "0", "--products", "3", "--pace", "600", "--hub", url, "--name", "Trial"],
      { cwd, env: { SLUICE_API_KEY: first.key } },
    );
    expect(shop.first).toMatchObject({ event: "listening", name: "Trial", hub: url });
    await vi.waitFor(
      async () => {
        const { body } = await ask(`${url}/v1/orders`, first.key);
        expect(body.items.length).toBeGreaterThan(2);
        expect(body.items[0]).toMatchObject({ shortfall: 0, unmapped: 0 });
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(await run(["connections", "map", "Trial"], { cwd })).toMatchObject({
      code: 0,
      stdout: "3 items: 0 mapped now, 3 before\n",
    });
    expect(await run(["sync"], { cwd })).toMatchObject({ code: 0 });
    expect((await shop.stop()).code).toBe(0);
    expect((await hub.stop()).code).toBe(0);
  });
});
