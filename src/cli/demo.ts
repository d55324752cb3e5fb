import type { Command } from "commander";
import { wholeBetween } from "./arguments.ts";
import type { CliContext } from "./context.ts";

export interface DemoArguments {
  keep?: boolean;
  port?: string;
  seed: number;
}

export function addDemo(program: Command, context: CliContext): void {
  program
    .command("demo")
    .description("a hub with three simulated shops, shoppers and a warehouse, to look at on a page")
    .option("--keep", "go on with the data of the last demo instead of starting fresh")
    .option("--port <port>", "instead of PORT; 0 for any free one")
    .option("--seed <number>", "the same seed gives the same shoppers", wholeBetween(0, 4_294_967_295), 1)
    .action(async (options: DemoArguments) => (await import("./run-demo.ts")).runDemo(context, options));
}
