import type { FailureKind } from "../contract.ts";

/**
 * A platform's codes sorted into the contract's kinds: one table per connector, in its `codes.ts`. What is not in the table is
 * `otherwise`: for a question `invalid`, since an unknown word is a refusal; a write that may have been done says so itself.
 */
export type CodeTable = Readonly<Record<string, FailureKind>>;

/** Own keys only: a code named "constructor" is no entry. */
export const kindOfCode = (
  table: CodeTable,
  code: string | number,
  otherwise: FailureKind = "invalid",
): FailureKind => {
  const found = Object.hasOwn(table, String(code)) ? table[String(code)] : undefined;
  return found ?? otherwise;
};
