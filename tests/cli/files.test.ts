import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { storedCounts } from "../support/http.ts";
import { type TestCli, testCli } from "./in-process.ts";

/** Files in, books out, and the doctor over all of it. */

const skus = "code,name\nMUG,Mug\nBAG,Bag\n";
const stock = "sku,count,unit cost,reason\nMUG,10,18.50,opening\nBAG,4,12.00,opening\n";

async function withStock(): Promise<TestCli> {
  const cli = await testCli();
  writeFileSync(join(cli.cwd, "skus.csv"), skus);
  writeFileSync(join(cli.cwd, "stock.csv"), stock);
  expect(await cli.run(["import", "skus", "skus.csv"])).toMatchObject({ code: 0, stderr: "" });
  expect(await cli.run(["import", "stock", "stock.csv"])).toMatchObject({ code: 0, stderr: "" });
  return cli;
}

describe("import", () => {
  it("run dry tells everything and writes nothing", async () => {
    const { run, json, cwd, db } = await testCli();
    await json(["keys", "list"]);
    const before = await storedCounts(db);
    writeFileSync(join(cwd, "skus.csv"), `${skus},No code\n`);
    const dry = await run(["import", "skus", "skus.csv", "--dry-run"]);
    expect(dry.code).toBe(1);
    expect(dry.stdout).toContain("skus.csv (UTF-8 CSV): 3 rows, 2 would be taken, 1 rejected\n");
    expect(dry.stdout).toContain("2 SKUs would be made\n");
    expect(dry.stderr).toContain("rejected: line 4: ");
    expect(await storedCounts(db)).toEqual(before);
    expect(await json(["import", "skus", "skus.csv"])).toMatchObject({
      rows: 3,
      imported: 2,
      createdSkus: 2,
      rejectedFile: join(cwd, "skus.csv.rejected.csv"),
    });
  });

  it("keeps rejected rows aside with their reason, and takes the corrected file, once", async () => {
    const { run, cwd } = await withStock();
    const file = join(cwd, "more.csv");
    writeFileSync(file, "sku,delta,reason\nMUG,5,receipt\nCUP,5,receipt\n");
    expect((await run(["import", "stock", "more.csv"])).code).toBe(1);
    const rejected = readFileSync(`${file}.rejected.csv`, "utf8");
    expect(rejected).toBe(
      "\ufeffsku,delta,reason,rejected line,rejected reason\r\nCUP,5,receipt,3,there is no SKU CUP; create it and import again\r\n",
    );
    writeFileSync(`${file}.rejected.csv`, rejected.replace("CUP,", "BAG,"));
    const second = await run(["import", "stock", "more.csv.rejected.csv"]);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("documents: 1 applied\n") });
    expect(existsSync(`${file}.rejected.csv.rejected.csv`)).toBe(false);
    const again = await run(["import", "stock", "more.csv.rejected.csv"]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("documents: 1 duplicate\n") });
  });

  it("takes columns and other places from its options", async () => {
    const { run, json, cwd } = await testCli();
    writeFileSync(join(cwd, "list.csv"), "ref;what\nMUG;Mug\n;none\n");
    const report = await json([
      ...["import", "skus", "list.csv", "--map", "sku=ref", "--map", "name=what"],
      ...["--rejected", "aside.csv"],
    ]);
    expect(report).toMatchObject({ imported: 1, rejectedFile: join(cwd, "aside.csv") });
    expect((await run(["import", "skus", "list.csv", "--map", "ref"])).stderr).toBe(
      'sluice: --map "ref" is no pair; write --map name=value.\n',
    );
  });

  it("says as of when orders are taken that name no time of their last change", async () => {
    const { run, json, cwd } = await withStock();
    writeFileSync(
      join(cwd, "orders.csv"),
      "order id,sku,quantity,unit price,order date\n1,MUG,2,20,2026-11-20\n",
    );
    const sentence = (at: string) =>
      `1 orders name no time of their last change: their state is taken as of ${at}; --as-of gives another\n`;
    const asOf = ["--as-of", "2026-11-21T08:00:00+08:00", "--dry-run"];
    expect((await run(["import", "orders", "orders.csv", ...asOf])).stdout).toContain(
      sentence("2026-11-21T00:00:00.000Z"),
    );
    expect((await run(["import", "orders", "orders.csv"])).stdout).toContain("documents: 1 created\n");
    expect(await json(["import", "orders", "orders.csv"])).toMatchObject({
      outcomes: { duplicate: 1 },
      asOf: { at: expect.stringMatching(/Z$/), orders: 1 },
    });
    expect((await run(["import", "orders", "orders.csv", "--as-of", "yesterday"])).code).toBe(1);
  });

  it("says which file it cannot read", async () => {
    const { run, cwd, db } = await testCli();
    const { code, stderr } = await run(["import", "orders", "none.csv"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot read ${join(cwd, "none.csv")}`);
    expect(await db.query("select 1 from merchants")).toEqual([]);
  });
});

describe("export journals", () => {
  it("gives what was imported just now, to standard output and to a file", async () => {
    const { run, json, cwd } = await withStock();
    const { stdout, code } = await run(["export", "journals"]);
    expect(code).toBe(0);
    const entries = stdout.trimEnd().split("\n");
    expect(entries.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        number: 1,
        currency: "CNY",
        lines: [
          expect.objectContaining({ debit: "233.00", credit: "0.00" }),
          expect.objectContaining({ debit: "0.00", credit: "233.00" }),
        ],
      }),
    ]);
    expect((await run(["export", "journals", "--after", "1"])).stdout).toBe("");
    const written = await json(["export", "journals", "--format", "hledger", "--out", "books.journal"]);
    const journal = readFileSync(join(cwd, "books.journal"), "utf8");
    expect(written).toEqual({
      file: join(cwd, "books.journal"),
      format: "hledger",
      bytes: Buffer.byteLength(journal),
    });
    expect(journal).toContain("233.00");
    expect(existsSync(join(cwd, "books.journal.part"))).toBe(false);
  });

  it("refuses what it cannot use, and leaves no file behind", async () => {
    const { run, cwd } = await withStock();
    const wrong = await run(["export", "journals", "--from", "yesterday", "--out", "books.jsonl"]);
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    expect(wrong.stderr).toContain("must be a date such as 2026-11-01");
    expect(existsSync(join(cwd, "books.jsonl"))).toBe(false);
    const nowhere = await run(["export", "journals", "--out", "no/such/place.jsonl"]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("Choose another --out.") });
  });
});

describe("doctor", () => {
  it("passes on sound data, in the reader's language", async () => {
    const { run } = await withStock();
    const english = await run(["doctor"]);
    expect(english).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nAll \d+ checks passed\.\n$/) });
    const chinese = await run(["doctor"], { LANG: "zh_CN.UTF-8" });
    expect(chinese.stdout).toMatch(/\n全部 \d+ 项检查通过。\n$/);
    const promises = chinese.stdout.split("\n").filter((line) => line.startsWith("ok"));
    expect(promises.filter((line) => !/\p{Script=Han}/u.test(line))).toEqual([]);
  });

  it("fails with the offending rows and exit code 1 when a promise is broken", async () => {
    const { run, db } = await withStock();
    await db.query("update stock_levels set on_hand = on_hand + 3 where on_hand = 4");
    const report = await run(["doctor", "--json"]);
    expect(report.code).toBe(1);
    const { ok, checks } = JSON.parse(report.stdout);
    expect(ok).toBe(false);
    const failed = checks.filter((check: { ok: boolean }) => !check.ok);
    expect(failed.map(({ name }: { name: string }) => name)).toContain("on_hand_is_sum");
    const told = await run(["doctor"]);
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("FAILED  main  On hand and its value are the sums of the movements");
    expect(told.stdout).toMatch(/\non_hand_is_sum \(main\): Broken in 1 places: .*\n {2}sku .*\n {2}BAG /);
  });

  it("has nothing to say about a hub without merchants, or one that is not there", async () => {
    const { run } = await testCli();
    expect(await run(["doctor"])).toMatchObject({
      code: 0,
      stdout: "There is no merchant yet, so there is nothing to check.\n",
    });
    expect(await run(["doctor", "--merchant", "other"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no merchant "other"'),
    });
  });
});
