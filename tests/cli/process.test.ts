import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockDirectory } from "../../src/core/db/lock-file.ts";
import { newDirectory, patient, run } from "./processes.ts";

/** The command line as a process of its own: what depends on the environment, the data directory and the exit code. */
describe("the embedded database", () => {
  it(
    "the first command makes a key that only its owner may read, and prints what was asked for alone",
    patient,
    async () => {
      const cwd = newDirectory();
      const made = await run(["keys", "create", "--role", "owner"], { cwd });
      expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^slk_[A-Za-z0-9_-]{43}\n$/) });
      const keyFile = join(cwd, "data", "sluice.key");
      expect(made.stderr).toContain(keyFile);
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      expect(statSync(join(cwd, "data")).mode & 0o777).toBe(0o700);

      const doctor = await run(["doctor"], { cwd });
      expect(doctor).toMatchObject({ code: 0, stderr: "" });

      const other = await run(["keys", "list"], { cwd, env: { SLUICE_KEY: "cd".repeat(32) } });
      expect(other).toMatchObject({ code: 1, stdout: "" });
      expect(other.stderr).toContain("SLUICE_KEY does not fit this database");

      rmSync(keyFile);
      const lost = await run(["keys", "list"], { cwd });
      expect(lost).toMatchObject({ code: 1, stdout: "" });
      expect(lost.stderr).toContain(
        `${keyFile} is missing and SLUICE_KEY is not set. Restore the file from a backup`,
      );
    },
  );

  it("a directory that somebody has is refused, naming the process", patient, async () => {
    const cwd = newDirectory();
    const data = join(cwd, "data");
    mkdirSync(data);
    onTestFinished(lockDirectory(data));
    const { code, stderr, stdout } = await run(["keys", "create", "--role", "owner"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${data} is in use by process ${process.pid} on this machine.`);
    expect(stderr).toContain("or use its HTTP API");
  });
});

describe("configuration", () => {
  it("a wrong value is named with what is expected", patient, async () => {
    expect(await run(["start"], { cwd: newDirectory(), env: { PORT: "80a" } })).toEqual({
      code: 1,
      stdout: "",
      stderr:
        'sluice: PORT is "80a", but must be a whole number from 0 to 65535.\n        All variables are described in docs/operations.md.\n',
    });
  });

  it("PostgreSQL needs a key, and must be there", patient, async () => {
    const cwd = newDirectory();
    const DATABASE_URL = "postgres://u:hunter2@127.0.0.1:1/none";
    const noKey = await run(["start"], { cwd, env: { DATABASE_URL } });
    expect(noKey).toMatchObject({ code: 1, stdout: "" });
    expect(noKey.stderr).toContain("SLUICE_KEY is not set");
    expect(noKey.stderr).toContain("openssl rand -base64 32");
    const gone = await run(["keys", "list"], { cwd, env: { DATABASE_URL, SLUICE_KEY: "ab".repeat(32) } });
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/^sluice: PostgreSQL cannot be used: .*DATABASE_URL/);
    expect(gone.stderr).not.toContain("    at ");
    expect(gone.stderr).not.toContain("hunter2");
  });
});
