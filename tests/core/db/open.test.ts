import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "../../../src/core/db/lock-file.ts";
import { migrate } from "../../../src/core/db/migrate.ts";
import { openDatabase } from "../../../src/core/db/open.ts";

describe("the embedded database's directory", () => {
  let directory: string;
  let lock: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sluice-test-"));
    lock = join(directory, "sluice.lock");
    return () => rmSync(directory, { recursive: true, force: true });
  });
  afterEach(() => {});

  it("is locked while open, says what it promises, keeps its data and is free after closing", async () => {
    const notices: string[] = [];
    const options = {
      databaseUrl: "",
      dataDir: join(directory, "new", "data"),
      onNotice: (text: string) => notices.push(text),
    };
    const first = await openDatabase(options);
    expect(first.kind).toBe("pglite");
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/survives a killed process.*promises nothing when the power fails/);
    await migrate(first);
    await expect(openDatabase(options)).rejects.toMatchObject({
      code: "database_locked",
      message: expect.stringContaining(`in use by process ${process.pid} on this machine`),
      details: { pid: process.pid, host: hostname() },
    });
    await first.close();
    const second = await openDatabase(options);
    expect(await migrate(second)).toStrictEqual({ applied: [] });
    await second.close();
  });

  it("opens after a process was killed: what it had committed is there", async () => {
    const root = new URL("../../../src/core/db/", import.meta.url).href;
    const script = `
      const { openPglite } = await import("${root}pglite.ts");
      const db = await openPglite({ directory: ${JSON.stringify(directory)} });
      await db.query("create table kept (n int)");
      await db.query("insert into kept values (1)");
      console.log("committed");
      await db.transaction(async (tx) => {
        await tx.query("insert into kept values (2)");
        await new Promise(() => setInterval(() => {}, 1000));
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const db = await openDatabase({ dataDir: directory });
    expect(await db.query("select n from kept")).toStrictEqual([{ n: 1 }]);
    await db.close();
  });

  it("names the process on this machine that holds it", () => {
    const release = lockDirectory(directory);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(() => lockDirectory(directory)).toThrow(`kill ${process.pid}`);
    release();
    lockDirectory(directory)();
  });

  it("is taken over from a process that died", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    writeFileSync(lock, JSON.stringify({ pid: child.pid, host: hostname(), started: "1" }));
    const release = lockDirectory(directory);
    expect(JSON.parse(readFileSync(lock, "utf8")).pid).toBe(process.pid);
    release();
  });

  it.skipIf(process.platform !== "linux")(
    "is taken over when the process id now belongs to another process",
    () => {
      writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), started: "1" }));
      lockDirectory(directory)();
    },
  );

  it.each(["", "{", "[]", '{"pid":"x"}'])("is taken over from a lock file that says nothing: %j", (text) => {
    writeFileSync(lock, text);
    lockDirectory(directory)();
  });

  it("is not taken from a process on another machine, which cannot be asked", () => {
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "elsewhere", started: null }));
    expect(() => lockDirectory(directory)).toThrow(
      `process 1 on elsewhere. Stop it there first; if that machine is gone for good, delete ${lock}`,
    );
    expect(JSON.parse(readFileSync(lock, "utf8")).host).toBe("elsewhere");
  });

  it("leaves the lock of whoever took over alone", () => {
    const release = lockDirectory(directory);
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "elsewhere", started: null }));
    release();
    expect(JSON.parse(readFileSync(lock, "utf8")).host).toBe("elsewhere");
  });
});
