import type { ErrorCode } from "../errors.ts";
import type { Refusal } from "./commands.ts";

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
