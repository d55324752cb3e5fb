import { InvalidArgumentError } from "commander";
import { SluiceError } from "../core/errors.ts";
import { isUuid } from "../core/ids.ts";

/** Throws `invalid_request`, saying where the ids are listed. */
export function requireUuid(text: string, what: string, listedBy: string): void {
  if (isUuid(text)) return;
  throw new SluiceError(
    "invalid_request",
    `"${text}" is not the id of a ${what}; see them with: ${listedBy}`,
  );
}

/** `name=value` pairs as they were given, each once. Throws `invalid_request`. */
export function readPairs(pairs: readonly string[], option: string): Map<string, string> {
  const read = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new SluiceError("invalid_request", `${option} "${pair}" is no pair; write ${option} name=value.`);
    }
    const name = pair.slice(0, at);
    if (read.has(name))
      throw new SluiceError("invalid_request", `${option} ${name} is given twice; give it once.`);
    read.set(name, pair.slice(at + 1));
  }
  return read;
}

/** Reads the value of an option. */
export const wholeBetween = (low: number, high: number) => (text: string) => {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
};

/** For options that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
