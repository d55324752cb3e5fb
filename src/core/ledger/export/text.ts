import { currencyExponent } from "../../money/currency.ts";
import { oneLine } from "../one-line.ts";

/** Making text and amounts safe for files. What is dangerous differs per format; see the writer of each. */

/** Full-width doubles of characters that end a description, start a comment, or open a date or tag in hledger and Ledger. */
const doubles: Record<string, string> = { ";": "；", "|": "｜", "[": "［", "]": "］", ",": "，" };

/** A description: ";" would start a comment, "|" split payee and note. */
export const description = (text: string): string =>
  oneLine(text).replace(/[;|]/g, (mark) => doubles[mark] ?? mark);

/** A tag's value: a comma ends it in hledger, "[2026…]" is a date in Ledger. */
export const tagValue = (text: string): string =>
  oneLine(text).replace(/[;|[\],]/g, (mark) => doubles[mark] ?? mark);

/** Digits of minor units as a decimal text: ("1999", 2) -> "19.99", ("5", 3) -> "0.005". Works at any size. */
export function decimalText(digits: string, exponent: number): string {
  if (exponent === 0) return digits;
  const padded = digits.length > exponent ? digits : digits.padStart(exponent + 1, "0");
  return `${padded.slice(0, -exponent)}.${padded.slice(-exponent)}`;
}

const exponents = new Map<string, number>();

/** `currencyExponent`, remembered: it is asked for with every entry. */
export function exponentOf(currency: string): number {
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    exponent = currencyExponent(currency);
    exponents.set(currency, exponent);
  }
  return exponent;
}
