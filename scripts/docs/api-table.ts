/** The route tables of docs/api.md, made from the OpenAPI document. */

interface Schema {
  properties?: Record<string, unknown>;
  required?: string[];
  $ref?: string;
}

interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  requestBody?: { required?: boolean; content?: Record<string, { schema?: Schema }> };
  parameters?: { name: string; in: string; required?: boolean }[];
  responses?: Record<string, { description?: string }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
}

export const beginMark = "<!-- routes: made by scripts/docs-check.ts --write -->";
export const endMark = "<!-- end of routes -->";

/** One heading and table per tag, in the order in which the document first names them. */
export function routeTables(document: ApiDocument): string {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags?.[0] ?? "other",
      row: rowOf(method, path, operation),
    })),
  );
  const byTag = Map.groupBy(rows, ({ tag }) => tag);
  return [...byTag]
    .map(([tag, group]) =>
      tableOf(
        tag,
        group.map(({ row }) => row),
      ),
    )
    .join("\n\n");
}

const tableOf = (tag: string, rows: readonly string[]): string =>
  [
    `### ${tag}`,
    "",
    "| route | what it does | roles | takes | answers | refuses with |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");

function rowOf(method: string, path: string, operation: Operation): string {
  const roles = /Roles: (.*)\.$/.exec(operation.description ?? "")?.[1] ?? "no key";
  const responses = Object.entries(operation.responses ?? {});
  const answers = responses.filter(([status]) => status < "400").map(([status]) => status);
  const refusals = responses.flatMap(([status, { description = "" }]) => {
    const codes = codesOf(description).filter((code) => !everywhere.has(code));
    return status >= "400" && codes.length > 0 ? [`${status} ${codes.join(", ")}`] : [];
  });
  const cells = [
    `\`${method.toUpperCase()} ${path}\``,
    operation.summary ?? "",
    roles === allRoles ? "all" : roles,
    takes(operation),
    answers.join(", "),
    refusals.join("; "),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const allRoles = "owner, operator, warehouse, finance, read-only";

/** Told once above the tables, not in every row. */
const everywhere = new Set([
  "unauthorized",
  "forbidden",
  "internal",
  "overloaded",
  "request_timeout",
  "invalid_request",
  "malformed_json",
  "duplicate_key",
  "number_out_of_range",
  "body_too_large",
  "unsupported_media_type",
  "idempotency_mismatch",
  "idempotency_in_progress",
]);

const codesOf = (description: string): string[] =>
  /code: ([a-z_, ]+)/.exec(description)?.[1]?.trim().split(", ") ?? [];

function takes(operation: Operation): string {
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === "query")
    .map(({ name, required }) => (required ? name : `${name}?`));
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  const body = Object.keys(schema?.properties ?? {}).map((name) =>
    schema?.required?.includes(name) ? name : `${name}?`,
  );
  const optional = operation.requestBody?.required === false ? ", or nothing" : "";
  return [
    query.length > 0 ? `\`?${query.join("&")}\`` : "",
    body.length > 0 ? `\`{${body.join(", ")}}\`${optional}` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The page with fresh tables between its marks. Throws when the marks are gone. */
export function withTables(page: string, tables: string): string {
  const begin = page.indexOf(beginMark);
  const end = page.indexOf(endMark);
  if (begin === -1 || end < begin)
    throw new Error(`docs/api.md has lost its marks ${beginMark} and ${endMark}; put them back.`);
  return `${page.slice(0, begin + beginMark.length)}\n\n${tables}\n\n${page.slice(end)}`;
}

/** What is wrong with the page: routes that are missing, that do not exist, or whose row is out of date. */
export function apiProblems(page: string, document: ApiDocument): string[] {
  const wanted = rowsOf(routeTables(document));
  const told = rowsOf(page);
  const missing = [...wanted.keys()].filter((route) => !told.has(route));
  const gone = [...told.keys()].filter((route) => !wanted.has(route));
  const stale = [...wanted]
    .filter(([route, row]) => told.has(route) && told.get(route) !== row)
    .map(([route]) => route);
  return [
    ...missing.map((route) => `docs/api.md does not tell of ${route}`),
    ...gone.map((route) => `docs/api.md tells of ${route}, which does not exist`),
    ...stale.map((route) => `docs/api.md is out of date about ${route}`),
  ];
}

/** Route -> its row, of every table row that begins with one. */
const rowsOf = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/^\| `([A-Z]+ \/\S*)` .*$/gm)].map(([row, route = ""]): [string, string] => [
      route,
      row,
    ]),
  );
