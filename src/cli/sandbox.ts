import { type Command, InvalidArgumentError } from "commander";
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

const whole = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high)
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  return value;
};

export function addSandbox(program: Command, context: CliContext): void {
  program
    .command("sandbox")
    .description("serve a simulated shop with shoppers, and connect it to a hub")
    .option("--port <port>", "where the shop listens; 0 for any free port", whole(0, 65_535), 8790)
    .option("--name <name>", "name of the shop", "Sandbox shop")
    .option("--products <count>", "how many products it sells", whole(1, 10_000), 8)
    .option("--seed <number>", "the same seed gives the same shoppers", whole(0, 4_294_967_295), 1)
    .option("--pace <count>", "what shoppers do per minute; half of it is buying", whole(0, 60_000), 30)
    .option("--hub <url>", "connect it to this running hub: makes SKUs, stock, connection and listings there")
    .option("--key <key>", "an owner's API key of that hub; or the variable SLUICE_API_KEY")
    .action(async (options: SandboxArguments) =>
      (await import("./run-sandbox.ts")).runSandbox(context, options),
    );
}
