import type { Command } from "commander";
import { wholeBetween } from "./arguments.ts";
import type { CliContext } from "./context.ts";

export interface SandboxArguments {
  port: number;
  name: string;
  products: number;
  seed: number;
  pace: number;
  hub?: string;
  key?: string;
}

export function addSandbox(program: Command, context: CliContext): void {
  program
    .command("sandbox")
    .description("serve a simulated shop with shoppers, and connect it to a hub")
    .option("--port <port>", "where the shop listens; 0 for any free port", wholeBetween(0, 65_535), 8790)
    .option("--name <name>", "name of the shop", "Sandbox shop")
    .option("--products <count>", "how many products it sells", wholeBetween(1, 10_000), 8)
    .option("--seed <number>", "the same seed gives the same shoppers", wholeBetween(0, 4_294_967_295), 1)
    .option(
      "--pace <count>",
      "what shoppers do per minute; half of it is buying",
      wholeBetween(0, 60_000),
      30,
    )
    .option("--hub <url>", "connect it to this running hub: makes SKUs, stock, connection and listings there")
    .option("--key <key>", "an owner's API key of that hub; or the variable SLUICE_API_KEY")
    .action(async (options: SandboxArguments) =>
      (await import("./run-sandbox.ts")).runSandbox(context, options),
    );
}
