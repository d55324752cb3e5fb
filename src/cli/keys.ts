import { type Command, Option } from "commander";
import type { KeyRole } from "../core/keys.ts";
import { answer, type CliContext } from "./context.ts";
import { chooseMerchant } from "./merchant.ts";
import { tableOf } from "./table.ts";

/** As in `core/keys.ts`, written out so that asking for help loads no database code. */
const roles = [
  "owner",
  "operator",
  "warehouse",
  "finance",
  "read-only",
] as const satisfies readonly KeyRole[];

const merchantOption: [string, string] = [
  "--merchant <code>",
  "code of the merchant, where there are several",
];

/** Who did it, in the audit log. */
export const cliActor = "cli";

export function addKeys(program: Command, context: CliContext): void {
  const keys = program.command("keys").description("API keys: make, list, revoke");
  keys
    .command("create")
    .description("make an API key and print it; it cannot be shown again")
    .addOption(new Option("--role <role>", "what the key may do").choices([...roles]).makeOptionMandatory())
    .option("--name <name>", "what it is for", "command line")
    .option(...merchantOption)
    .action((options: { role: KeyRole; name: string; merchant?: string }) => createOne(context, options));
  keys
    .command("list")
    .description("list keys, revoked ones too")
    .option(...merchantOption)
    .action((options: { merchant?: string }) => listAll(context, options.merchant));
  keys
    .command("revoke")
    .description("end a key; running hubs refuse it within 5 seconds")
    .argument("<id>", "as shown by `keys list`")
    .option(...merchantOption)
    .action((id: string, options: { merchant?: string }) => revokeOne(context, id, options.merchant));
}

async function createOne(
  context: CliContext,
  { role, name, merchant: code }: { role: KeyRole; name: string; merchant?: string },
): Promise<void> {
  const [{ audit }, { inTransaction }, { createKey }] = await parts();
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const made = await inTransaction(core.db, async (tx) => {
      const key = await createKey(tx, core.runtime, merchant.id, { name, role });
      const detail = { name, role };
      await audit(tx, core.runtime, merchant.id, {
        actor: cliActor,
        action: "key.create",
        subject: key.id,
        detail,
      });
      return key;
    });
    const shown = { id: made.id, merchant: merchant.code, name, role, key: made.token };
    answer(context, shown, () => context.io.print(made.token));
  });
}

const parts = () =>
  Promise.all([import("../core/audit.ts"), import("../core/db/transaction.ts"), import("../core/keys.ts")]);

async function listAll(context: CliContext, code: string | undefined): Promise<void> {
  const { listKeys } = await import("../core/keys.ts");
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const items = (await listKeys(core.db, merchant.id)).map(({ merchantId: _, ...key }) => key);
    answer(context, { items }, () => {
      const rows = items.map(({ id, role, name, createdAt, revokedAt }) => [
        id,
        role,
        name,
        createdAt,
        revokedAt,
      ]);
      for (const line of tableOf(["ID", "ROLE", "NAME", "CREATED", "REVOKED"], rows)) context.io.print(line);
    });
  });
}

async function revokeOne(context: CliContext, id: string, code: string | undefined): Promise<void> {
  const [{ audit }, { inTransaction }, { revokeKey }] = await parts();
  const { requireUuid } = await import("./arguments.ts");
  requireUuid(id, "key", "sluice keys list");
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const revoked = await inTransaction(core.db, async (tx) => {
      const key = await revokeKey(tx, core.runtime, merchant.id, id);
      await audit(tx, core.runtime, merchant.id, { actor: cliActor, action: "key.revoke", subject: id });
      return key;
    });
    const { merchantId: _, ...shown } = revoked;
    answer(context, shown, () => context.io.print(`revoked ${id}`));
  });
}
