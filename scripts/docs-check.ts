/**
 * Checks that the documentation tells of what there is, and of nothing else: routes in docs/api.md (made from the
 * OpenAPI document), commands in docs/cli.md, connectors in the READMEs (made from their manifests), npm scripts and commands
 * in README.md and all other pages, and links between pages. Exit code 1 and one line per problem. With --write the tables
 * are made anew. Reads no variables; safe to run at any time.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { registry } from "../src/connectors/registry.ts";
import { createApp } from "../src/http/app.ts";
import type { AppParts } from "../src/http/parts.ts";
import { openApiDocument } from "../src/http/routes/reference.ts";
import { type ApiDocument, apiProblems, routeTables, withTables } from "./docs/api-table.ts";
import { type CommandLike, commandPaths, commandProblems, scriptProblems } from "./docs/commands.ts";
import { connectorProblems, connectorTable, withConnectors } from "./docs/connector-table.ts";
import { linkProblems } from "./docs/links.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** A part of which only what is given is needed; whatever else is used says so. */
const untouched = <Part extends object>(name: string, given: Partial<Part> = {}): Part =>
  new Proxy(given as Part, {
    get: (target, member) => {
      // The last two are asked for when routes are made, to see whether they are there.
      if (member in target || member === "queueLength" || member === "counters")
        return Reflect.get(target, member);
      throw new Error(`${name}.${String(member)} was used where only routes or commands are made.`);
    },
  });

/** The routes need none of their parts before the first request. */
function apiDocument(): ApiDocument {
  const options = { publicUrl: "http://localhost:8080", version: "docs" };
  const parts: AppParts = {
    db: untouched("db"),
    engine: untouched("engine"),
    sync: untouched("sync"),
    vault: untouched("vault"),
    runtime: {
      clock: untouched("clock"),
      timers: untouched("timers"),
      random: untouched("random"),
      ids: untouched("ids"),
      fetch: fetch,
    },
    connectors: new Map(),
    log: untouched("log"),
    options,
    readPageFile: async () => null,
  };
  return openApiDocument(createApp(parts), options) as unknown as ApiDocument;
}

/** Commands are defined without being given anything to work with. */
async function program(): Promise<CommandLike> {
  const { createProgram } = await import("../src/cli/program.ts");
  return createProgram(untouched<CliContext>("context", { version: "docs", io: untouched("io") }));
}

/** Pages people read: README.md and everything below docs, decision records aside (they tell of the past). */
const pages = (): string[] => [
  ...["README.md", "README.zh-CN.md", "CONTRIBUTING.md"].filter((file) => existsSync(join(root, file))),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.startsWith("decisions"))
    .map((name) => `docs/${name}`),
];

const readmes: [file: string, table: string][] = [
  ["README.md", connectorTable(registry.values(), "en")],
  ["README.zh-CN.md", connectorTable(registry.values(), "zh")],
];

async function main(): Promise<void> {
  const document = apiDocument();
  if (process.argv.includes("--write")) {
    writeFileSync(join(root, "docs/api.md"), withTables(read("docs/api.md"), routeTables(document)));
    for (const [file, table] of readmes)
      writeFileSync(join(root, file), withConnectors(file, read(file), table));
  }
  const paths = commandPaths(await program());
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const files = pages();
  const problems = [
    ...["README.md", "docs/api.md", "docs/cli.md"]
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is missing`),
    ...apiProblems(read("docs/api.md"), document),
    ...readmes.flatMap(([file, table]) => connectorProblems(file, read(file), table)),
    ...files.flatMap((file) => [
      ...commandProblems(file, read(file), paths, file === "docs/cli.md"),
      ...scriptProblems(file, read(file), scripts),
      ...linkProblems(file, read(file), (path) => existsSync(join(root, path))),
    ]),
  ];
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0 ? `Documentation fits: ${files.length} pages.` : `${problems.length} problems.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

await main();
