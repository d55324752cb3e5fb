import type { Command } from "commander";
import type { CliContext } from "./context.ts";

interface StartOptions {
  port?: string;
  host?: string;
}

export function addStart(program: Command, context: CliContext): void {
  program
    .command("start")
    .description("run the hub: HTTP API, webhooks, polls, pushes and books; stops on Ctrl+C")
    .option("--port <port>", "instead of PORT; 0 for any free one")
    .option("--host <host>", "instead of HOST")
    .action(async ({ port, host }: StartOptions) => {
      const { runHub } = await import("./run-hub.ts");
      const env = { ...context.env, ...(port ? { PORT: port } : {}), ...(host ? { HOST: host } : {}) };
      await runHub({ ...context, env });
    });
}
