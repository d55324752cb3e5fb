import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Database } from "../../../src/core/db/database.ts";
import { type ExportFormat, exportJournals } from "../../../src/core/ledger/export/export-journals.ts";

/** The programs that judge the exported books, each with the file format it reads. */

interface Checker {
  program: string;
  format: ExportFormat;
  extension: string;
  commandFor(path: string): readonly string[];
  install: string;
}

const checkers: readonly Checker[] = [
  {
    program: "hledger",
    format: "hledger",
    extension: "journal",
    commandFor: (path) => ["-f", path, "check", "-s"],
    install: "apt install hledger, brew install hledger, or https://hledger.org/install",
  },
  {
    program: "bean-check",
    format: "beancount",
    extension: "beancount",
    commandFor: (path) => [path],
    install: "apt install beancount, or pipx install beancount",
  },
  {
    program: "ledger",
    format: "ledger",
    extension: "ledger",
    commandFor: (path) => ["--pedantic", "-f", path, "bal"],
    install: "apt install ledger, brew install ledger, or https://ledger-cli.org/download.html",
  },
];

export interface Verdict {
  name: string;
  ok: boolean;
  message: string;
}

/** Exports the books for each checker into `directory` and lets it judge. A checker that is not installed fails. */
export async function checkExports(db: Database, merchantId: string, directory: string): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const checker of checkers) {
    const path = join(directory, `books.${checker.extension}`);
    await pipeline(
      Readable.from(exportJournals(db, merchantId, { format: checker.format })),
      createWriteStream(path),
    );
    verdicts.push(judge(checker, path));
  }
  return verdicts;
}

function judge(checker: Checker, path: string): Verdict {
  const args = checker.commandFor(path);
  const name = [
    checker.program,
    ...args.map((arg) => (arg === path ? `books.${checker.extension}` : arg)),
  ].join(" ");
  const run = spawnSync(checker.program, [...args], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (run.error) return { name, ok: false, message: `is not installed (${checker.install})` };
  const said = run.stderr.trim().split("\n").slice(0, 5).join("\n");
  return {
    name,
    ok: run.status === 0,
    message: run.status === 0 ? "accepted" : `exit ${run.status}: ${said}`,
  };
}
