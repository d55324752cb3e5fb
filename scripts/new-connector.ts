/**
 * `npm run new:connector -- name`: writes the folder of a new connector, a fake platform with its subject beside the tests, a
 * folder for fixtures, and its line in `src/connectors/platforms.ts`. What it writes type-checks and fails the conformance suite
 * until it is filled in. Writes nothing where any of it is there already. Reads SLUICE_ROOT: where the project is, if not here.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { filesOf } from "./new-connector/templates.ts";

const root = process.env.SLUICE_ROOT ?? join(import.meta.dirname, "..");
const [name = ""] = process.argv.slice(2);

const camel = (text: string): string => text.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length < 2 || name.length > 31)
  fail("Give a name of lower-case letters, digits and hyphens: npm run new:connector -- my-platform");

const files = filesOf(name, camel(name));
const taken = Object.keys(files).filter((path) => existsSync(join(root, path)));
if (taken.length > 0) fail(`There is something already at ${taken.join(", ")}; nothing was written.`);

const list = join(root, "src/connectors/platforms.ts");
const lines = readFileSync(list, "utf8").trimEnd().split("\n");
const [comment = "", ...exports] = lines;
const line = `export { ${camel(name)} } from "./${name}/index.ts";`;

for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
writeFileSync(list, `${[comment, ...[...exports, line].sort()].join("\n")}\n`);
console.log(
  `Wrote ${Object.keys(files).length} files and the line in src/connectors/platforms.ts. Read docs/connectors.md; then:\n` +
    `  npx vitest run tests/connectors/conformance.test.ts -t "${name} keeps"\n` +
    `  npx vitest run tests/connectors/check.test.ts -t "connection of ${name}"\n` +
    "and when it is filled in, for the tables in the READMEs: node scripts/docs-check.ts --write",
);
