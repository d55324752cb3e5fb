import { HttpError, type Issue } from "./problem.ts";

/** As many wrong parameters are named, each with so many characters: an answer stays small whatever was sent. */
const mostNamed = 20;
const longestName = 100;

/**
 * What is wrong with the names in a query string, or nothing. A filter that is misspelled would otherwise answer with
 * an unfiltered list, and of a parameter that stands twice only one could count.
 */
export function wrongParameters(
  given: Readonly<Record<string, readonly string[]>>,
  allowed: readonly string[],
): HttpError | undefined {
  const names = Object.keys(given);
  const unknown = names.filter((name) => !allowed.includes(name));
  const repeated = names.filter((name) => allowed.includes(name) && (given[name] ?? []).length > 1);
  if (unknown.length === 0 && repeated.length === 0) return undefined;
  const takes = allowed.join(", ");
  const issues = [
    ...unknown.map((name) => issueOf(name, takes === "" ? "is unknown" : `is unknown; allowed: ${takes}`)),
    ...repeated.map((name) => issueOf(name, "stands more than once; send it once")),
  ].slice(0, mostNamed);
  const values = { names: quoted(unknown.length > 0 ? unknown : repeated), allowed: takes };
  return new HttpError("invalid_request", sentenceFor(unknown, allowed), { values, details: { issues } });
}

function sentenceFor(unknown: readonly string[], allowed: readonly string[]) {
  if (unknown.length === 0) return "query_repeated";
  return allowed.length === 0 ? "query_not_taken" : "query_unknown";
}

const issueOf = (name: string, message: string): Issue => ({
  in: "query",
  path: shortened(name),
  code: "invalid_request",
  message,
});

const quoted = (names: readonly string[]): string =>
  names
    .slice(0, mostNamed)
    .map((name) => `"${shortened(name)}"`)
    .join(", ");

const shortened = (name: string): string =>
  name.length > longestName ? `${name.slice(0, longestName)}…` : name;
