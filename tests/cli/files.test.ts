import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPglite } from "../../src/core/db/pglite.ts";
import { newDirectory, patient, run, runJson } from "./support.ts";

/** Files in, books out, and the doctor over all of it. */

const skus = "code,name\nMUG,Mug\nBAG,Bag\n";
const stock = "sku,count,unit cost,reason\nMUG,10,18.50,opening\nBAG,4,12.00,opening\n";

async function withStock(): Promise<string> {
  const cwd = newDirectory();
  writeFileSync(join(cwd, "skus.csv"), skus);
  writeFileSync(join(cwd, "stock.csv"), stock);
  expect(await run(["import", "skus", "skus.csv"], { cwd })).toMatchObject({ code: 0 });
  expect(await run(["import", "stock", "stock.csv"], { cwd })).toMatchObject({ code: 0 });
  return cwd;
}

describe("import", () => {
  it("run dry tells everything and writes nothing", patient, async () => {
    const cwd = newDirectory();
    writeFileSync(join(cwd, "skus.csv"), `${skus}\n,No code\n`);
    const dry = await run(["import", "skus", "skus.csv", "--dry-run"], { cwd });
    expect(dry.code).toBe(1);
    expect(dry.stdout).toContain("skus.csv (UTF-8 CSV): 3 rows, 2 would be taken, 1 rejected");
    expect(dry.stderr).toContain("rejected: line 5: ");
    const sum = await run(["export", "journals"], { cwd });
    expect(sum).toMatchObject({ code: 0, stdout: "" });
    const again = await runJson<{ createdSkus: number }>(["import", "skus", "skus.csv"], { cwd });
    expect(again.createdSkus).toBe(2);
  });

  it("keeps rejected rows aside with their reason, and takes the corrected file", patient, async () => {
    const cwd = await withStock();
    const file = join(cwd, "more.csv");
    writeFileSync(file, "sku,delta,reason\nMUG,5,receipt\nCUP,5,receipt\n");
    const first = await run(["import", "stock", "more.csv"], { cwd });
    expect(first.code).toBe(1);
    const rejected = readFileSync(`${file}.rejected.csv`, "utf8");
    expect(rejected).toBe(
      "\ufeffsku,delta,reason,rejected line,rejected reason\r\nCUP,5,receipt,3,there is no SKU CUP; create it and import again\r\n",
    );
    writeFileSync(`${file}.rejected.csv`, rejected.replace("CUP,", "BAG,"));
    const second = await run(["import", "stock", "more.csv.rejected.csv"], { cwd });
    expect(second).toMatchObject({ code: 0 });
    expect(existsSync(`${file}.rejected.csv.rejected.csv`)).toBe(false);
    // The same file again is the same import.
    expect((await run(["import", "stock", "more.csv.rejected.csv"], { cwd })).stdout).toContain(
      "1 duplicate",
    );
  });

  it("says which file it cannot read", patient, async () => {
    const cwd = newDirectory();
    const { code, stderr } = await run(["import", "orders", "none.csv"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot read ${join(cwd, "none.csv")}`);
    expect(existsSync(join(cwd, "data"))).toBe(false);
  });
});

describe("export journals", () => {
  it("gives the opening stock, to standard output and to a file", patient, async () => {
    const cwd = await withStock();
    const { stdout, code } = await run(["export", "journals"], { cwd });
    expect(code).toBe(0);
    const entries = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { number: number; lines: { side: string; amountMinor: number }[] });
    expect(entries.map(({ number }) => number)).toEqual([1]);
    const sums = (side: string) =>
      entries[0]?.lines
        .filter((line) => line.side === side)
        .reduce((total, { amountMinor }) => total + amountMinor, 0);
    expect([sums("debit"), sums("credit")]).toEqual([23_300, 23_300]);
    const written = await runJson<{ file: string; bytes: number }>(
      ["export", "journals", "--format", "hledger", "--out", "books.journal"],
      { cwd },
    );
    const journal = readFileSync(join(cwd, "books.journal"));
    expect(written).toEqual({ file: join(cwd, "books.journal"), format: "hledger", bytes: journal.length });
    expect(journal.toString()).toContain("233.00 CNY");
    expect(existsSync(join(cwd, "books.journal.part"))).toBe(false);
    const wrong = await run(["export", "journals", "--from", "yesterday"], { cwd });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("must be a date such as 2026-11-01");
  });
});

describe("doctor", () => {
  it("passes on sound data, in the reader's language", patient, async () => {
    const cwd = await withStock();
    const english = await run(["doctor"], { cwd });
    expect(english.code).toBe(0);
    expect(english.stdout).toMatch(/\nAll \d+ checks passed\.\n$/);
    const chinese = await run(["doctor"], { cwd, env: { LANG: "zh_CN.UTF-8" } });
    expect(chinese.stdout).toMatch(/\n全部 \d+ 项检查通过。\n$/);
    const promises = chinese.stdout.split("\n").filter((line) => line.startsWith("ok"));
    expect(promises.filter((line) => !/\p{Script=Han}/u.test(line))).toEqual([]);
  });

  it("fails with the offending rows and exit code 1 when a promise is broken", patient, async () => {
    const cwd = await withStock();
    const db = await openPglite({ directory: join(cwd, "data") });
    await db.query("update stock_levels set on_hand = on_hand + 3 where on_hand = 4");
    await db.close();
    const report = await run(["doctor", "--json"], { cwd });
    expect(report.code).toBe(1);
    const { ok, checks } = JSON.parse(report.stdout) as {
      ok: boolean;
      checks: { name: string; ok: boolean; rows: unknown[] }[];
    };
    expect(ok).toBe(false);
    const failed = checks.filter((check) => !check.ok);
    expect(failed.map(({ name }) => name)).toContain("on_hand_is_sum");
    expect(failed.find(({ name }) => name === "on_hand_is_sum")?.rows).toHaveLength(1);
    const told = await run(["doctor"], { cwd });
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("FAILED  main  On hand and its value are the sums of the movements");
    expect((await run(["doctor", "--merchant", "other"], { cwd })).stderr).toContain(
      'There is no merchant "other"',
    );
  });
});
