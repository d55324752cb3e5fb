import type { Command } from "commander";
import { answer, type CliContext } from "./context.ts";
import { tableOf } from "./table.ts";

interface NewMerchant {
  code: string;
  name: string;
  currency: string;
  timeZone: string;
}

export function addMerchants(program: Command, context: CliContext): void {
  const merchants = program.command("merchants").description("merchants of this hub: list, create");
  merchants
    .command("list", { isDefault: true })
    .description("list merchants")
    .action(() => listAll(context));
  merchants
    .command("create")
    .description("make a merchant, with the location MAIN and its own encryption key")
    .requiredOption("--code <code>", "short name, unique on this hub")
    .requiredOption("--name <name>", "full name")
    .option("--currency <code>", "currency of its books, ISO 4217", "CNY")
    .option("--time-zone <zone>", "zone of its accounting days, IANA", "Asia/Shanghai")
    .action((options: NewMerchant) => createOne(context, options));
}

async function listAll(context: CliContext): Promise<void> {
  const { listMerchants } = await import("../core/merchants.ts");
  await context.withCore(async (core) => {
    const items = (await listMerchants(core.db)).map(({ wrappedKey: _, ...merchant }) => merchant);
    answer(context, { items }, () => {
      const rows = items.map(({ code, name, baseCurrency, timeZone, createdAt, id }) => [
        code,
        name,
        baseCurrency,
        timeZone,
        createdAt,
        id,
      ]);
      const headings = ["CODE", "NAME", "CURRENCY", "TIME ZONE", "CREATED", "ID"];
      for (const line of tableOf(headings, rows)) context.io.print(line);
    });
  });
}

async function createOne(context: CliContext, options: NewMerchant): Promise<void> {
  const { createMerchant } = await import("../core/merchants.ts");
  await context.withCore(async (core) => {
    const { code, name, currency, timeZone } = options;
    const input = { code, name, baseCurrency: currency, timeZone };
    const { wrappedKey: _, ...merchant } = await createMerchant(core.db, core, input);
    answer(context, merchant, () => {
      context.io.print(merchant.id);
      context.io.note(
        `made merchant "${code}"; its first key: sluice keys create --role owner --merchant ${code}`,
      );
    });
  });
}
