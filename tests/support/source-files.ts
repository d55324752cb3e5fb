import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** A source file, with its path from the root of the project: `src/core/clock.ts`. */
export interface SourceFile {
  path: string;
  text: string;
}

const root = join(import.meta.dirname, "..", "..");

/** Every TypeScript file below `directory` of the project. */
export function sourceFiles(directory: string): SourceFile[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(directory, name))
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

export interface Import {
  /** A path from the root of the project, or the name of a package or Node module. */
  target: string;
  /** Only types are taken: nothing of it is there at run time. */
  typeOnly: boolean;
}

const importPattern =
  /\b(import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"\s*\)/g;

/** What a file imports or exports again; relative paths are resolved. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(importPattern)].map(([, , type, fixed, lazy]) => {
    const named = fixed ?? lazy ?? "";
    const target = named.startsWith(".") ? posix.join(posix.dirname(file.path), named) : named;
    return { target, typeOnly: type !== undefined };
  });
}

/** The text without comments and without what stands inside strings, so that only code is searched. */
export const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, (matched) =>
    matched.startsWith("/") ? matched.replace(/[^\n]/g, "") : '""',
  );
