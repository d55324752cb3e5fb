import { describe, expect, it } from "vitest";
import { importsOf, type SourceFile, sourceFiles } from "./support/source-files.ts";

/**
 * Who may import whom. A file belongs to the first layer that fits its path; a layer may import itself and what it
 * names. Packages are named too: what is not in the list of a layer is not for it.
 */
interface Layer {
  name: string;
  files: RegExp;
  /** Paths from the root of the project. */
  may: readonly RegExp[];
  packages: readonly RegExp[];
}

const model = /^src\/core\/(model|money)\//;
const outside = /^src\/core\/(clock|errors|ids|runtime)\.ts$/;
const contract = /^src\/connectors\/(contract|rooms)\.ts$/;
const toolkit = /^src\/connectors\/toolkit\//;
const crypto = /^node:(crypto|buffer)$/;

const layers: readonly Layer[] = [
  {
    name: "roots",
    files: /^src\/(http\/(node|worker|system)\.ts$|(cli|config|hub)\.ts$|(cli|demo)\/)/,
    may: [/^src\//, /package\.json$/],
    packages: [/./],
  },
  { name: "core/model and core/money", files: model, may: [model, outside], packages: [/^zod$/] },
  {
    name: "decisions",
    files:
      /^src\/core\/((inventory|escrow)\/(?!read)|live\/(?!read|store|intake|prepare)|orders\/(?!read|buyer)|engine\/(decide|draft|rows|order-rows|commands))/,
    may: [
      model,
      outside,
      /^src\/core\/(inventory|live|escrow|orders|events|engine|ledger)\/(?!.*(load|store|write|read))/,
    ],
    packages: [/^zod$/, crypto],
  },
  {
    name: "core/db",
    files: /^src\/core\/db\//,
    may: [/^src\/core\//],
    packages: [/^(drizzle-orm|postgres|@electric-sql)\b/, /^zod$/, /^node:/],
  },
  {
    name: "core",
    files: /^src\/core\//,
    may: [/^src\/core\//],
    packages: [/^drizzle-orm\b/, /^zod$/, /^uuid$/, crypto],
  },
  { name: "connectors/contract", files: contract, may: [contract, model, outside], packages: [/^zod$/] },
  {
    name: "connectors/registry",
    files: /^src\/connectors\/registry\.ts$/,
    may: [/^src\/connectors\//],
    packages: [],
  },
  { name: "connectors/toolkit", files: toolkit, may: [toolkit, contract, model, outside], packages: [/./] },
  {
    // A simulated shop: the other side of the wire, so it serves HTTP.
    name: "connectors/sandbox",
    files: /^src\/connectors\/sandbox\//,
    may: [/^src\/connectors\/sandbox\//, contract, toolkit, model, outside],
    packages: [/^(hono|zod|standardwebhooks)\b/, crypto],
  },
  {
    name: "connectors/<platform>",
    files: /^src\/connectors\/[\w-]+\//,
    may: [contract, toolkit, model, outside],
    packages: [/./],
  },
  {
    name: "sync",
    files: /^src\/sync\//,
    may: [/^src\/(core|sync)\//, contract, toolkit],
    packages: [/^(zod|p-retry|node-cron)$/, crypto],
  },
  {
    name: "http",
    files: /^src\/http\//,
    may: [
      /^src\/core\//,
      /^src\/http\/(?!node\.ts|worker\.ts|system\.ts)/,
      /^src\/sync\/contract\.ts$/,
      contract,
      toolkit,
    ],
    packages: [/^(hono|@hono\/zod-openapi|prom-client|zod)\b/, crypto],
  },
];

/** Drivers, frameworks and the file system stay out of a platform's folder. */
const neverInConnectors =
  /^(drizzle-orm|postgres|@electric-sql|hono|@hono|pino|prom-client|node:(fs|http|net|child_process|worker_threads))\b/;

function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layer = layers.find(({ files: pattern }) => pattern.test(file.path));
    if (!layer) return [`${file.path} belongs to no layer`];
    return importsOf(file)
      .filter(({ target }) => !isAllowed(layer, file.path, target))
      .map(({ target }) => `${file.path} (${layer.name}) imports ${target}`);
  });
}

function isAllowed(layer: Layer, path: string, target: string): boolean {
  if (!target.startsWith("src/") && !target.endsWith(".json")) {
    const isConnector = /^connectors\/(<platform>|toolkit)$/.test(layer.name);
    return (
      layer.packages.some((pattern) => pattern.test(target)) &&
      !(isConnector && neverInConnectors.test(target))
    );
  }
  if (layer.name === "connectors/<platform>" && folderOf(target) === folderOf(path)) return true;
  return layer.may.some((pattern) => pattern.test(target));
}

const folderOf = (path: string): string => path.split("/").slice(0, 3).join("/");

describe("layers", () => {
  it("imports go in the agreed direction only", () => {
    expect(violations(sourceFiles("src"))).toEqual([]);
  });

  it.each([
    [
      "the model reads a table",
      "src/core/model/order.ts",
      'import { orders } from "../db/schema/orders.ts";',
    ],
    ["the model takes a driver", "src/core/money/money.ts", 'import { sql } from "drizzle-orm";'],
    [
      "a decision reads the database",
      "src/core/inventory/allocate.ts",
      'import type { Sql } from "../db/database.ts";',
    ],
    [
      "core knows a connector",
      "src/core/orders/read.ts",
      'import { registry } from "../../connectors/registry.ts";',
    ],
    ["core knows sync", "src/core/engine/engine.ts", 'export { createSync } from "../../sync/sync.ts";'],
    [
      "a platform reads the database",
      "src/connectors/generic/map.ts",
      'import { openDatabase } from "../../core/db/open.ts";',
    ],
    [
      "a platform knows its sibling",
      "src/connectors/generic/map.ts",
      'import { price } from "../shopify/map.ts";',
    ],
    ["a platform opens files", "src/connectors/file/index.ts", 'import { readFileSync } from "node:fs";'],
    [
      "sync knows a platform",
      "src/sync/pull.ts",
      'const it = await import("../connectors/generic/index.ts");',
    ],
    ["sync knows http", "src/sync/sync.ts", 'import { problemOf } from "../http/problem.ts";'],
    ["http knows a platform", "src/http/routes/orders.ts", 'import "../../connectors/generic/index.ts";'],
    ["http reaches into sync", "src/http/app.ts", 'import {\n  createSync,\n} from "../sync/sync.ts";'],
    ["the app needs Node", "src/http/app.ts", 'import { readFile } from "node:fs/promises";'],
    [
      "a route takes the real clock",
      "src/http/routes/orders.ts",
      'import { systemRuntime } from "../system.ts";',
    ],
    ["a file of no layer", "src/helpers.ts", ""],
  ])("catches: %s", (_, path, text) => {
    expect(violations([{ path, text }])).toHaveLength(1);
  });

  it("lets the agreed imports pass", () => {
    const text = [
      'import { z } from "zod";',
      'import type { Connector } from "../../connectors/contract.ts";',
      'import type { Sync } from "../../sync/contract.ts";',
      'import { listOrders } from "../../core/orders/read.ts";',
    ].join("\n");
    expect(violations([{ path: "src/http/routes/orders.ts", text }])).toEqual([]);
  });
});

describe("files", () => {
  const mostLines = 300;

  it(`have at most ${mostLines} lines`, () => {
    const long = sourceFiles("src")
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > mostLines);
    expect(long).toEqual([]);
  });
});
