import { isSluiceError, SluiceError } from "../core/errors.ts";
import type { CliContext, OpenedCore, RunCommand } from "./context.ts";
import { configOf, coreOptionsOf } from "./core.ts";
import { exitCodes, tellFailure } from "./failures.ts";
import { languageOfEnvironment, say } from "./messages.ts";
import { createProgram } from "./program.ts";
import { askHub, HubAtWork, isHubAt } from "./relay-client.ts";
import { secretVariable } from "./secrets.ts";
import { version } from "./version.ts";

export const runCli: RunCommand = async (argv, surroundings, options = {}) => {
  const context: CliContext = {
    ...surroundings,
    language: languageOfEnvironment(surroundings.env),
    version,
    run: runCli,
    // Before the command line is read, so that errors in it are told as asked, too.
    isJson: argv.includes("--json"),
    isVerbose: argv.includes("--verbose"),
    exitCode: 0,
    isRelayed: options.isRelayed ?? false,
    secrets: { ...options.secrets },
    secret: (field) => findSecret(context, field),
    withCore: options.withCore ?? ((work) => withLocalCore(context, work)),
  };
  try {
    if (argv.length === 0) {
      createProgram(context).outputHelp();
      return exitCodes.usage;
    }
    await createProgram(context).parseAsync([...argv], { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof HubAtWork) return askHub(error.dataDir, argv, context);
    return tellFailure(context, error);
  }
};

async function findSecret(context: CliContext, field: string): Promise<string | undefined> {
  const { secrets, env, io, language } = context;
  const value =
    secrets[field] ||
    env[secretVariable(field)] ||
    (await io.ask(say(language, "ask_secret", { name: field })));
  if (value) secrets[field] = value;
  return value || undefined;
}

async function withLocalCore<Result>(
  context: CliContext,
  work: (core: OpenedCore) => Promise<Result>,
): Promise<Result> {
  const config = configOf(context);
  if (config.databaseUrl === undefined && (await isHubAt(config.dataDir)))
    throw new HubAtWork(config.dataDir);
  const { madeIn, ...options } = coreOptionsOf(config, context);
  if (madeIn !== undefined) context.io.note(say(context.language, "key_made", { path: madeIn }));
  const { openCore } = await import("../hub.ts");
  const core = await openCore(options).catch((error: unknown) => {
    throw isSluiceError(error) && error.code === "database_locked" ? withHint(context, error) : error;
  });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

const withHint = ({ language }: CliContext, error: SluiceError): SluiceError =>
  new SluiceError(error.code, `${error.message} ${say(language, "locked_hint")}`, {
    details: error.details,
    cause: error,
  });
