import { createHash } from "node:crypto";

/** Document numbers of stock changes that an import makes. They follow from the file alone, so a repeat is recognised. */

/** The longest reference the engine takes. */
const maxLength = 200;

export function referenceOf(scope: string, document: string): string {
  const reference = `import:${scope}:${document}`;
  return reference.length <= maxLength ? reference : `import:sha256:${digestOf(reference)}`;
}

/** Enough of a SHA-256 to tell any two files of one merchant apart. */
export const digestOf = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\n");
  return hash.digest("hex").slice(0, 32);
};
