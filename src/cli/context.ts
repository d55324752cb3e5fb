import type { Runtime } from "../core/runtime.ts";
import type { Language } from "../http/messages.ts";
import type { Core } from "../hub.ts";
import type { RunningSync } from "../sync/sync.ts";

/** What a command may use of the machine. `src/cli.ts` makes it from the process; the relay from the other side. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** Relative paths count from here. */
  cwd: string;
  runtime: Runtime;
  io: Io;
  /** Names this process in leases. */
  holder: string;
  /** Aborted when the process is asked to end. From the first call on, being asked no longer ends it at once. */
  stopSignal(): AbortSignal;
}

export interface Io {
  /** A line on standard output: what was asked for. */
  print(line: string): void;
  /** Bytes on standard output; resolves when they may be followed by more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** A line on standard error: what a person should know besides. */
  note(line: string): void;
  /** Shows how far long work has come, where a person looks on. */
  progress(label: string): Progress;
  /** Asks a person for a secret, unseen; undefined when nobody is there. */
  ask(question: string): Promise<string | undefined>;
}

export interface Progress {
  tell(done: number, total: number): void;
  end(): void;
}

/** A core; inside a hub at work also its sync layer and the address it is reached at. */
export type OpenedCore = Core & { sync?: RunningSync; publicUrl?: string };

export interface RunOptions {
  /** Opens the hub's data; left out, from the configuration of the surroundings. */
  withCore?: CliContext["withCore"];
  isRelayed?: boolean;
  /** Secrets that were found where the command was called. */
  secrets?: Readonly<Record<string, string>>;
}

/** Runs one command line and answers its exit code. Never throws. */
export type RunCommand = (
  argv: readonly string[],
  surroundings: Surroundings,
  options?: RunOptions,
) => Promise<number>;

/** One run of the CLI. */
export interface CliContext extends Surroundings {
  language: Language;
  /** The release, from package.json. */
  version: string;
  isJson: boolean;
  isVerbose: boolean;
  /** Set to 1 by a command that worked but found what should not be. */
  exitCode: number;
  /**
   * Opens the hub's data, lends it to `work` and closes it. A command must not change anything before: where a running
   * hub has the embedded database, the whole command is run again over there.
   */
  withCore<Result>(work: (core: OpenedCore) => Promise<Result>): Promise<Result>;
  /** Runs another command line: a hub at work does so for commands that need its data. */
  run: RunCommand;
  /** True when the command runs inside a hub at work. */
  isRelayed: boolean;
  /** A secret by the name of its field: from SLUICE_SECRET_<FIELD>, or from the person at the terminal. */
  secret(field: string): Promise<string | undefined>;
  /** Secrets found so far; a hub at work is told them with the command. */
  secrets: Record<string, string>;
}

/** The result of a command: for a machine one JSON document, for a person what `tell` prints. */
export function answer(context: CliContext, value: unknown, tell: () => void): void {
  if (context.isJson) context.io.print(JSON.stringify(value));
  else tell();
}
