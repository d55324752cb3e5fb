import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { messageOf, SluiceError } from "../core/errors.ts";
import type { ExportFormat, ExportOptions } from "../core/ledger/export/export-journals.ts";
import type { CliContext, OpenedCore } from "./context.ts";
import { chooseMerchant } from "./merchant.ts";

/** As in `core/ledger/export`, written out so that asking for help loads no database code. */
const formats = ["jsonl", "csv", "hledger", "ledger", "beancount"] as const satisfies readonly ExportFormat[];

interface JournalOptions {
  format: ExportFormat;
  from?: string;
  to?: string;
  after?: number;
  bom?: boolean;
  out?: string;
  merchant?: string;
}

export function addExport(program: Command, context: CliContext): void {
  const exports = program.command("export").description("write what the hub holds to files");
  exports
    .command("journals")
    .description("the journal, streamed to standard output or a file")
    .addOption(new Option("--format <format>", "what reads it").choices([...formats]).default("jsonl"))
    .option("--from <date>", "first accounting date, YYYY-MM-DD")
    .option("--to <date>", "last accounting date")
    .option("--after <number>", "only entries with a higher number", readNumber)
    .option("--bom", "CSV for Excel: byte order mark, codes and long ids as text")
    .option("--out <file>", "write there; the file appears when it is whole")
    .option("--merchant <code>", "code of the merchant, where there are several")
    .action((options: JournalOptions) => exportAll(context, options));
}

function readNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a number such as 1200.");
  return Number(text);
}

async function exportAll(context: CliContext, options: JournalOptions): Promise<void> {
  const { exportJournals } = await import("../core/ledger/export/export-journals.ts");
  const { format, from, to, after, bom, out, merchant: code } = options;
  const wanted: ExportOptions = {
    format,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(after === undefined ? {} : { after }),
    ...(bom === undefined ? {} : { bom }),
  };
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    await bookAll(core, merchant.id);
    const chunks = exportJournals(core.db, merchant.id, wanted);
    if (out === undefined) {
      for await (const chunk of chunks) await context.io.write(chunk);
      return;
    }
    const path = resolve(context.cwd, out);
    const bytes = await writeWhole(path, chunks);
    if (context.isJson) context.io.print(JSON.stringify({ file: path, format, bytes }));
    else context.io.note(`wrote ${path} (${bytes} bytes)`);
  });
}

/** Books what no hub at work has booked yet, such as an import just now: an export must not lag behind it. */
async function bookAll(core: OpenedCore, merchantId: string): Promise<void> {
  const { postJournals } = await import("../sync/jobs/post-journals.ts");
  while (!(await postJournals(core, merchantId)).caughtUp);
}

/** Under another name until it is whole: half a journal must never pass for all of it. */
async function writeWhole(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${path}.part`;
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.from(counted()), createWriteStream(part));
    await rename(part, path);
    return bytes;
  } catch (cause) {
    await rm(part, { force: true });
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      "invalid_request",
      `Cannot write ${path}: ${messageOf(cause)}. Choose another --out.`,
      { cause },
    );
  }
}
