import { SluiceError } from "../../core/errors.ts";
import { parseMinor } from "../../core/money/money.ts";

/**
 * Minor units from what a platform writes in major units: "19.90", 19.9 or "1,234.50" are three platforms' ways.
 * A JSON number is read through its shortest text, so 19.9 is 1990 fen and never 1989.9999. Grouping commas are not
 * guessed at: they are refused, as `parseMinor` refuses everything but a plain decimal.
 */
export const minorOf = (amount: string | number, currency: string): number =>
  parseMinor(typeof amount === "number" ? decimalText(amount) : amount, currency);

/** The shortest decimal text of a number, without exponent. Throws `number_out_of_range` where a double cannot be trusted. */
export function decimalText(amount: number): string {
  const text = String(amount);
  // Beyond 15 significant digits the shortest text may no longer be what the platform meant.
  const digits = text.replace(/^-/, "").replace(".", "").replace(/^0+/, "");
  if (!/^-?\d+(\.\d+)?$/.test(text) || digits.length > 15) {
    throw new SluiceError(
      "number_out_of_range",
      `The amount ${text} is not exact as a number; ask for it as text.`,
    );
  }
  return text;
}
