import type { Command } from "commander";
import { collect } from "./arguments.ts";
import type { NewConnection } from "./connection-actions.ts";
import type { CliContext } from "./context.ts";

const merchantOption: [string, string] = [
  "--merchant <code>",
  "code of the merchant, where there are several",
];

interface ForMerchant {
  merchant?: string;
}

/** `connectors` and `connections`. */
export function addConnections(program: Command, context: CliContext): void {
  program
    .command("connectors")
    .description("platforms that can be connected; with an id, what that one asks for")
    .argument("[id]", "id of a connector")
    .action(async (id?: string) => (await import("./connectors.ts")).showConnectors(context, id));

  const connections = program.command("connections").description("accounts on platforms: list, add, test, …");
  connections
    .command("list", { isDefault: true })
    .description("list connections and how they are doing")
    .option(...merchantOption)
    .action(async (options: ForMerchant) => (await actions()).listAll(context, options.merchant));
  connections
    .command("add")
    .description("connect an account; prints its webhook address")
    .requiredOption("--connector <id>", "which platform; see `connectors`")
    .requiredOption("--name <name>", "yours to choose; no two connections share one")
    .option("--set <field=value>", "a setting; may be given several times", collect)
    .option(
      "--secret <field[=value]>",
      "a secret; without a value it is read from the variable SLUICE_SECRET_<FIELD> or asked for",
      collect,
    )
    .option(...merchantOption)
    .action(async (options: NewConnection) => (await actions()).addOne(context, options));
  for (const [name, description] of [
    ["test", "make one cheap call that proves address and credentials"],
    ["sync", "pull orders and push what is owed, now"],
    ["map", "map the platform's items to SKUs with exactly the same code"],
    ["authorize", "print the address at which a person grants the hub access to the account"],
    ["pause", "stop pulling and pushing; deliveries are refused meanwhile"],
    ["resume", "go on"],
    ["remove", "end it: its secrets are wiped; its orders stay, its listings are kept for its return"],
  ] as const) {
    const command = connections
      .command(name)
      .description(description)
      .argument("<connection>", "name or id")
      .option(...merchantOption)
      .action(async (connection: string, options: ForMerchant & { force?: boolean }) =>
        (await actions()).onOne(context, name, connection, options),
      );
    if (name === "remove") command.option("--force", "also with open orders, which then stay open here");
  }
}

const actions = () => import("./connection-actions.ts");
