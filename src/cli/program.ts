import { Command, Help, type HelpConfiguration } from "commander";
import { addAllocations } from "./allocations.ts";
import { addBench } from "./bench.ts";
import { addConnections } from "./connections.ts";
import type { CliContext } from "./context.ts";
import { addDatabase } from "./database.ts";
import { addDemo } from "./demo.ts";
import { addExport } from "./export.ts";
import { wordsOf } from "./help-words.ts";
import { addImport } from "./import.ts";
import { addKeys } from "./keys.ts";
import { addMerchants } from "./merchants.ts";
import { addSandbox } from "./sandbox.ts";
import { addStart } from "./start.ts";
import { addSync } from "./sync.ts";

const groups = [
  addStart,
  addDemo,
  addMerchants,
  addKeys,
  addConnections,
  addImport,
  addSync,
  addAllocations,
  addExport,
  addDatabase,
  addSandbox,
  addBench,
];

const epilogue = "Configuration by environment: see docs/operations.md. All commands: docs/cli.md.";

function helpWords(word: (english: string) => string): HelpConfiguration {
  const plain = new Help();
  /** As commander words it (choices, default value), around another description. */
  const described = <Described extends { description: string }>(one: Described): Described =>
    Object.assign(Object.create(Object.getPrototypeOf(one)), one, { description: word(one.description) });
  return {
    showGlobalOptions: true,
    styleTitle: word,
    commandDescription: (command) => word(command.description()),
    subcommandDescription: (command) => word(command.description()),
    optionDescription: (option) => plain.optionDescription(described(option)),
    argumentDescription: (argument) => plain.argumentDescription(described(argument)),
  };
}

/** All commands. Their definitions are light; what they need is loaded when one runs. */
export function createProgram(context: CliContext): Command {
  const { io } = context;
  const program = new Command("sluice")
    .description("Order and stock hub: one stock pool over many shops, books out.")
    .version(context.version, "-V, --version", "print the release")
    .helpCommand(true)
    .option("--json", "answer with JSON: one document on standard output, errors on standard error")
    .option("--verbose", "with an error, show where it came from")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.print(text.replace(/\n$/, "")),
      writeErr: (text) => io.note(text.replace(/\n$/, "")),
    })
    .configureHelp(helpWords(wordsOf(context)))
    .showHelpAfterError("(add --help to see how it is called)")
    .hook("preAction", (_, command) => {
      const { json, verbose } = command.optsWithGlobals<{ json?: boolean; verbose?: boolean }>();
      context.isJson = json ?? false;
      context.isVerbose = verbose ?? false;
    })
    .addHelpText("after", () => `\n${wordsOf(context)(epilogue)}`);
  for (const add of groups) add(program, context);
  return program;
}
