import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { SluiceError } from "../core/errors.ts";
import type { CliContext } from "./context.ts";

const script = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

export function addBench(program: Command, context: CliContext): void {
  program
    .command("bench")
    .description("measure this machine against the figures in docs/benchmarks.md; prints JSON")
    .argument("[arguments...]", "given on to bench/main.ts")
    .allowUnknownOption()
    .action((given: string[]) => runBench(context, given));
}

/** In a process of its own, so that nothing of this one weighs on the figures. */
async function runBench(context: CliContext, given: readonly string[]): Promise<void> {
  if (!existsSync(script)) {
    throw new SluiceError(
      "unsupported",
      "The benches are not part of this installation; run them from a checkout of the repository.",
    );
  }
  context.exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...given], { cwd: context.cwd, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
