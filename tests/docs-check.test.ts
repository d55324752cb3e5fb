import { describe, expect, it } from "vitest";
import {
  type ApiDocument,
  apiProblems,
  beginMark,
  endMark,
  routeTables,
  withTables,
} from "../scripts/docs/api-table.ts";
import { type CommandLike, commandPaths, commandProblems, scriptProblems } from "../scripts/docs/commands.ts";
import {
  connectorProblems,
  connectorsBegin,
  connectorsEnd,
  connectorTable,
  withConnectors,
} from "../scripts/docs/connector-table.ts";
import { linkProblems } from "../scripts/docs/links.ts";
import { generic } from "../src/connectors/generic/index.ts";

/** The check of the documentation catches what it is there for. */

const operation = {
  tags: ["SKU"],
  summary: "List SKUs",
  description: "Roles: owner, operator.",
  parameters: [{ name: "limit", in: "query", required: false }],
  responses: {
    "200": { description: "A page" },
    "404": { description: "code: not_found" },
    "401": { description: "code: unauthorized" },
  },
};
const document: ApiDocument = {
  paths: {
    "/v1/skus": { get: operation },
    "/healthz": { get: { tags: ["service"], responses: { "200": {} } } },
  },
};

describe("routes", () => {
  const page = `# API\n${beginMark}\n${endMark}\nafter\n`;

  it("are told in one row each, with roles, input, answers and refusals of their own", () => {
    expect(routeTables(document)).toContain(
      "| `GET /v1/skus` | List SKUs | owner, operator | `?limit?` | 200 | 404 not_found |",
    );
    expect(routeTables(document)).toContain("| `GET /healthz` |  | no key |  | 200 |  |");
  });

  it("fit once they are written, and what stands around them stays", () => {
    const written = withTables(page, routeTables(document));
    expect(apiProblems(written, document)).toEqual([]);
    expect(withTables(written, routeTables(document))).toBe(written);
    expect(written).toMatch(/^# API\n[\s\S]*\nafter\n$/);
    expect(() => withTables("# API", "")).toThrow("has lost its marks");
  });

  it("are missed when one is not told, is gone, or has changed", () => {
    const written = withTables(page, routeTables(document));
    const more: ApiDocument = { paths: { ...document.paths, "/v1/new": { post: operation } } };
    expect(apiProblems(written, more)).toEqual(["docs/api.md does not tell of POST /v1/new"]);
    const { "/healthz": _, ...fewer } = document.paths;
    expect(apiProblems(written, { paths: fewer })).toEqual([
      "docs/api.md tells of GET /healthz, which does not exist",
    ]);
    const changed = { ...operation, description: "Roles: owner." };
    expect(apiProblems(written, { paths: { ...document.paths, "/v1/skus": { get: changed } } })).toEqual([
      "docs/api.md is out of date about GET /v1/skus",
    ]);
  });
});

describe("commands", () => {
  const command = (name: string, commands: CommandLike[] = []): CommandLike => ({
    name: () => name,
    commands,
  });
  const program = command("sluice", [
    command("start"),
    command("keys", [command("create"), command("revoke")]),
    command("help"),
  ]);
  const paths = commandPaths(program);

  it("are found at the ends of the tree", () => {
    expect(paths).toEqual(["start", "keys create", "keys revoke"]);
  });

  it("fit when each is told in code, in any of its spellings", () => {
    const text =
      "## `sluice start`\n\n```sh\nnpm run -s sluice -- keys create --role owner\nnode src/cli.ts keys revoke ID\n```\n`sluice keys`";
    expect(commandProblems("docs/cli.md", text, paths, true)).toEqual([]);
  });

  it("are missed when one is not told or does not exist; prose is not code", () => {
    const text = "Let sluice dance. `sluice start now`, `sluice keys create`, `sluice dance`";
    expect(commandProblems("docs/cli.md", text, paths, true)).toEqual([
      'docs/cli.md does not tell of the command "keys revoke"',
      'docs/cli.md names the command "dance", which does not exist',
    ]);
    expect(commandProblems("README.md", "`sluice start`", paths, false)).toEqual([]);
  });
});

describe("npm scripts", () => {
  it("must be in package.json", () => {
    const text = "Run `npm test`, `npm run -s sluice -- start`, `npm run check` and `npm run gone`.";
    expect(scriptProblems("README.md", text, { test: "", sluice: "", check: "" })).toEqual([
      'README.md names the npm script "gone", which package.json does not have',
    ]);
  });
});

describe("connectors", () => {
  const table = connectorTable([generic], "en");

  it("are told in one row each, made from the manifest", () => {
    expect(table.split("\n").at(-1)).toBe(
      "| [Generic shop](docs/generic-protocol.md) (`generic`) | ✓ | ✓ | set, delta, compareAndSet | ✓ | ✓ | ✓ |  |  | 2026-11-22 |",
    );
    expect(connectorTable([generic], "zh")).toContain("| [通用协议](docs/generic-protocol.md) (`generic`) |");
  });

  it("fit once they are written; a page out of date or without marks is told", () => {
    const page = `# Sluice\n${connectorsBegin}\nold\n${connectorsEnd}\nafter\n`;
    const written = withConnectors("README.md", page, table);
    expect(connectorProblems("README.md", written, table)).toEqual([]);
    expect(written).toMatch(/^# Sluice\n[\s\S]*\nafter\n$/);
    expect(connectorProblems("README.md", page, table)).toEqual([
      "README.md is out of date about connectors; run: node scripts/docs-check.ts --write",
    ]);
    expect(() => connectorProblems("README.md", "# Sluice", table)).toThrow("has lost its marks");
  });
});

describe("links", () => {
  it("to files that are not there are told; addresses, places and code are not", () => {
    const text =
      "[a](cli.md) [b](gone.md#part) [c](https://example.com/x.md) [d](#here) `[e](code.md)` [f](../README.md)";
    const exists = (path: string) => ["docs/cli.md", "README.md"].includes(path);
    expect(linkProblems("docs/page.md", text, exists)).toEqual([
      "docs/page.md links to docs/gone.md, which does not exist",
    ]);
  });
});
