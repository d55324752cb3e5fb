import { CommanderError } from "commander";
import { type ErrorCode, isSluiceError, messageOf } from "../core/errors.ts";
import { type Language, titleOf } from "../http/messages.ts";
import type { CliContext } from "./context.ts";
import { nextStepOf, say } from "./messages.ts";

/** Exit codes: 1 the command could not do it or found what should not be, 2 it was called wrongly. */
export const exitCodes = { failed: 1, usage: 2 } as const;

interface Told {
  code: ErrorCode;
  message: string;
  hint?: string;
  details: Record<string, unknown>;
}

/** Tells a failure in a line or two and answers the exit code. A stack is shown on request only. */
export function tellFailure(context: CliContext, error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has told it already; help and version come this way too.
    return error.exitCode === 0 ? 0 : exitCodes.usage;
  }
  const told = toldOf(error, context.language);
  const { io } = context;
  if (context.isJson) io.note(JSON.stringify({ error: told }));
  else {
    io.note(`sluice: ${told.message}`);
    if (told.hint !== undefined) io.note(`        ${told.hint}`);
  }
  if (context.isVerbose) for (const line of detailsOf(error)) io.note(line);
  return exitCodes.failed;
}

function toldOf(error: unknown, language: Language): Told {
  if (!isSluiceError(error)) {
    const message = language === "zh" ? titleOf("internal", language) : "Something unexpected happened";
    return {
      code: "internal",
      message: `${message}: ${firstLineOf(messageOf(error))}`,
      hint: say(language, "verbose_hint"),
      details: {},
    };
  }
  const { code, details } = error;
  // The sentence itself names ids and is in English; its kind is told in the reader's language.
  const message = language === "zh" ? `${titleOf(code, language)}：${error.message}` : error.message;
  const hint = nextStepOf(code, language);
  return { code, message, ...(hint === undefined ? {} : { hint }), details };
}

const firstLineOf = (text: string): string => text.split("\n", 1)[0] ?? "";

function detailsOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    lines.push(...(cause.stack ?? cause.message).split("\n"));
  }
  return lines;
}
