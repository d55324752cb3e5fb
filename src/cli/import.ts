import { type Command, Option } from "commander";
import type { ImportKind } from "../core/model/file-import.ts";
import { orderStatuses } from "../core/model/order.ts";
import { adjustmentReasons } from "../core/model/stock.ts";
import { collect } from "./arguments.ts";
import type { CliContext } from "./context.ts";
import { wordsOf } from "./help-words.ts";

export interface ImportArguments {
  map?: string[];
  preset?: string;
  sheet?: string;
  currency?: string;
  timeZone?: string;
  dateOrder?: "dmy" | "mdy";
  status?: (typeof orderStatuses)[number];
  asOf?: string;
  connection?: string;
  reason?: (typeof adjustmentReasons)[number];
  reference?: string;
  zeroMissing?: boolean;
  createSkus?: boolean;
  dryRun?: boolean;
  rejected?: string;
  merchant?: string;
}

const rejectedNote = "Exit code 1 when rows were rejected; they stand in FILE.rejected.csv with the reason.";

/** `import orders|stock|skus FILE`. */
export function addImport(program: Command, context: CliContext): void {
  const imports = program
    .command("import")
    .description(
      "take orders, stock or SKUs from a CSV or XLSX file; running it again changes nothing twice",
    );
  const orders = command(imports, context, "orders", "orders, as facts: what is missing becomes a shortfall");
  orders
    .option("--currency <code>", "currency of amounts, where no column says it; the merchant's when left out")
    .addOption(
      new Option("--status <status>", "status of orders, where no column says it").choices([
        ...orderStatuses,
      ]),
    )
    .option(
      "--as-of <time>",
      "when the file was true, for orders without a time of their last change; now when left out",
    )
    .option("--connection <name>", "connection the orders belong to; made when there is none", "file");
  const stock = command(imports, context, "stock", "counts or changes of stock");
  stock
    .addOption(
      new Option("--reason <reason>", "why stock changes, where no column says it").choices([
        ...adjustmentReasons,
      ]),
    )
    .option(
      "--reference <text>",
      "names this import, so that the same file can be posted again under another",
    )
    .option("--zero-missing", "count SKUs that the file does not name as zero; refused with any bad row");
  const skus = command(imports, context, "skus", "SKUs: new ones are made, known ones changed");
  for (const each of [orders, stock]) {
    each.option("--create-skus", "make SKUs the file names and the hub does not know");
  }
  for (const each of [orders, stock, skus]) {
    each
      .option("--dry-run", "read and judge every row, write nothing")
      .option("--rejected <file>", "where rejected rows go; FILE.rejected.csv when left out")
      .option("--merchant <code>", "code of the merchant, where there are several");
  }
}

function command(imports: Command, context: CliContext, kind: ImportKind, description: string): Command {
  return imports
    .command(kind)
    .description(description)
    .argument("<file>", "CSV (UTF-8 or GB18030) or XLSX")
    .option("--map <field=header>", "column of a field, where the usual names do not fit", collect)
    .option("--preset <name>", "a named set of conventions, such as online-retail")
    .option("--sheet <name>", "sheet of a workbook; the first visible one when left out")
    .option("--time-zone <zone>", "zone of times written without one; the merchant's when left out")
    .addOption(new Option("--date-order <order>", "how to read 03/04/2026").choices(["dmy", "mdy"]))
    .addHelpText("after", () => `\n${wordsOf(context)(rejectedNote)}`)
    .action(async (file: string, options: ImportArguments) =>
      (await import("./import-file.ts")).importFile(context, kind, file, options),
    );
}
