import type { ErrorCode } from "../errors.ts";
import type { Answer, Refusal } from "./commands.ts";

/** An answer, or how to make it once freed units have found their takers: it tells the figures after that. */
export type Decided = Answer | (() => Answer);

/** A refusal as a value: the command changed nothing. */
export const refused = (
  code: ErrorCode,
  message: string,
  details: Record<string, unknown> = {},
): Refusal => ({
  kind: "refused",
  code,
  message,
  details,
});
