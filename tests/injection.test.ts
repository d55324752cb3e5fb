import { describe, expect, it } from "vitest";
import { codeOf, type SourceFile, sourceFiles } from "./support/source-files.ts";

/**
 * Time, chance, ids, timers and the network come from `Runtime`, so that tests and the simulator decide them. Only the
 * files that build a process from the real machine may reach for it.
 */
const mayTouchTheMachine = new Set([
  "src/http/system.ts",
  "src/http/node.ts",
  "src/http/worker.ts",
  "src/cli.ts",
]);

/** What is forbidden -> what to use instead. */
const forbidden: readonly [RegExp, string][] = [
  [/\bDate\s*\.\s*now\b/, "clock.nowMs()"],
  [/\bnew\s+Date\s*(\(\s*\)|(?!\s*[\w(]))/, "nowInstant(clock)"],
  [/(?<![\w.])(?<!\bnew\s+)Date\s*\(\s*\)/, "nowInstant(clock)"],
  [/\bperformance\s*\.\s*now\b|\bhrtime\b/, "clock.nowMs()"],
  [
    /\bMath\s*\.\s*random\b|\bgetRandomValues\b|\brandom(Bytes|Int|UUID|FillSync|Fill)\b/,
    "random.bytes() or ids.next()",
  ],
  [/\bglobalThis\s*\.\s*fetch\b/, "runtime.fetch"],
  [/\bnew\s+WebSocket\b|\bglobalThis\s*\.\s*WebSocket\b/, "sockets.open()"],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, "timers.sleep() or timers.soon()"],
];

/** A bare call is the global one, unless the file took a `fetch` from its surroundings. */
const bareFetch = /(?:\b(?:await|return)|=>|[=(,?:|&])\s*fetch\s*\(/;
const ownFetch = /[{,]\s*fetch\s*[,}]|\bfetch\s*:\s*Fetch\b/;

const rulesFor = (code: string): typeof forbidden =>
  ownFetch.test(code) ? forbidden : [...forbidden, [bareFetch, "runtime.fetch"]];

function violations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !mayTouchTheMachine.has(path))
    .flatMap(({ path, text }) => {
      const code = codeOf(text);
      const rules = rulesFor(code);
      return code
        .split("\n")
        .flatMap((line, index) =>
          rules
            .filter(([pattern]) => pattern.test(line))
            .map(([, instead]) => `${path}:${index + 1} use ${instead}: ${line.trim()}`),
        );
    });
}

describe("injection", () => {
  it("product code takes clock, chance, timers and network from outside", () => {
    expect(violations(sourceFiles("src"))).toEqual([]);
  });

  it.each([
    "const now = Date.now();",
    "const now = new Date();",
    "const now = new Date().toISOString();",
    "const now = new Date;",
    "const text = Date();",
    "const started = performance.now();",
    "const started = process.hrtime.bigint();",
    "const pick = Math.random();",
    "const id = crypto.randomUUID();",
    'import { randomBytes } from "node:crypto";',
    "crypto.getRandomValues(bytes);",
    "const answer = await fetch(url);",
    "const answer = await globalThis.fetch(url);",
    "setTimeout(work, 5);",
    "await new Promise((resolve) => setImmediate(resolve));",
    "const timer = globalThis.setInterval(work, 5);",
    "queueMicrotask(work);",
    "const socket = new WebSocket(url);",
    "const Socket = globalThis.WebSocket;",
  ])("catches: %s", (text) => {
    expect(violations([{ path: "src/core/planted.ts", text }])).toHaveLength(1);
  });

  it.each([
    "const at = new Date(epochMs).toISOString();",
    "const page = await context.fetch(url);",
    "const page = await orders.fetch(ids, call);",
    "const { fetch } = context;\nconst page = await fetch(url);",
    "export interface Orders {\n  fetch(ids: readonly string[]): Promise<Page>;\n}",
    "// Date.now() would make tests depend on the day.",
    'const hint = "do not call fetch() here";',
    "await timers.sleep(5);",
    "const socket = await context.sockets.open(url, { signal });",
  ])("lets pass: %s", (text) => {
    expect(violations([{ path: "src/core/planted.ts", text }])).toEqual([]);
  });

  it("leaves the composition roots alone", () => {
    expect(violations([{ path: "src/http/system.ts", text: "const now = Date.now();" }])).toEqual([]);
  });
});
