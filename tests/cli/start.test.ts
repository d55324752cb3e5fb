import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ask, newDirectory, patient, run, runJson, start } from "./support.ts";

describe("start", () => {
  it("makes a merchant and a key the first time, answers, and ends when asked", patient, async () => {
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
    const ended = await hub.stop();
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ended.stdout.split("\n").at(-1) ?? "")).toEqual({ event: "stopped" });
    for (const left of ["sluice.lock", "sluice.sock"])
      expect(existsSync(join(cwd, "data", left))).toBe(false);

    const second = await start(["start", "--port", "0"], { cwd });
    expect(second.first).toMatchObject({ first: null, migrations: [] });
    expect((await ask(`${second.first.url}/v1/merchant`, first.key)).status).toBe(200);
    expect((await second.stop()).code).toBe(0);
  });

  it("serves a page that asks for a key and runs nothing from elsewhere", patient, async () => {
    const hub = await start(["start", "--port", "0"], { cwd: newDirectory() });
    const page = await fetch(`${hub.first.url}/`);
    const html = await page.text();
    expect(html).toContain('<meta name="sluice-key" content="">');
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    const files = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(files.length).toBeGreaterThan(2);
    for (const path of [
      ...files,
      "/page/hub.js",
      "/page/draw.js",
      "/page/panels.js",
      "/page/figures.js",
      "/page/texts.js",
    ])
      expect([path, (await fetch(`${hub.first.url}${path}`)).status]).toEqual([path, 200]);
    expect((await fetch(`${hub.first.url}/page/..%2Fnode.ts`)).status).toBe(404);
    expect((await fetch(`${hub.first.url}/demo/state`)).status).toBe(404);
    await hub.stop();
  });

  it("runs commands for the embedded database it has open", patient, async () => {
    const cwd = newDirectory();
    const hub = await start(["start", "--port", "0"], { cwd });
    const made = await run(["keys", "create", "--role", "read-only"], { cwd });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^slk_[A-Za-z0-9_-]{43}\n$/);
    expect((await ask(`${hub.first.url}/v1/merchant`, made.stdout.trim())).status).toBe(200);
    const connection = await runJson<{ webhookUrl: string; id: string }>(
      [
        "connections",
        "add",
        "--connector",
        "generic",
        "--name",
        "Shop",
        "--set",
        "baseUrl=http://127.0.0.1:9",
      ],
      { cwd },
    );
    expect(connection.webhookUrl).toBe(`${hub.first.url}/webhooks/${connection.id}`);
    expect(await run(["doctor"], { cwd, env: { LC_ALL: "zh_CN.UTF-8" } })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/全部 \d+ 项检查通过。\n$/),
    });
    expect(await run(["connections", "test", "Nobody"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no connection "Nobody"'),
    });
    const second = await run(["start", "--port", "0"], { cwd });
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is in use by process ${hub.pid} on this machine`),
    });
    await hub.stop();
  });

  it("refuses an address that is taken", patient, async () => {
    const hub = await start(["start", "--port", "0"], { cwd: newDirectory() });
    const { port } = new URL(hub.first.url);
    const other = newDirectory();
    const second = await run(["start", "--port", port], { cwd: other });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Cannot listen on 127.0.0.1:${port}: something else listens there.`);
    await hub.stop();
  });

  it("survives being killed: the next start goes on with the same data", patient, async () => {
    const cwd = newDirectory();
    const hub = await start(["start", "--port", "0"], { cwd });
    const { key } = hub.first.first;
    process.kill(hub.pid, "SIGKILL");
    await hub.stop();
    // A socket and a lock were left behind; neither is in the way.
    expect(existsSync(join(cwd, "data", "sluice.sock"))).toBe(true);
    const second = await start(["start", "--port", "0"], { cwd });
    expect((await ask(`${second.first.url}/v1/merchant`, key)).status).toBe(200);
    await second.stop();
  });
});

describe("sandbox", () => {
  it("connects itself to a hub, and its orders arrive there", patient, async () => {
    const cwd = newDirectory();
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

  it("says what it needs to connect", patient, async () => {
    const cwd = newDirectory();
    const noKey = await run(["sandbox", "--port", "0", "--hub", "http://127.0.0.1:9"], { cwd });
    expect(noKey).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("give --key, or set SLUICE_API_KEY"),
    });
    const noHub = await run(["sandbox", "--port", "0", "--hub", "http://127.0.0.1:9", "--key", "slk_x"], {
      cwd,
    });
    expect(noHub).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("No hub answers at http://127.0.0.1:9"),
    });
  });
});
