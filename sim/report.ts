import type { RunOptions } from "./plan.ts";
import type { RunResult } from "./run.ts";
import { neverSeen } from "./seen.ts";
import { replayCommand, type Shrunk } from "./shrink.ts";

/** Everything a person needs to understand a run that broke a promise. */
export function describeFailure(options: RunOptions, result: RunResult): string {
  const broken = result.broken.slice(0, 8).map(({ promise, detail }) => `  ${promise}: ${detail}`);
  return [
    `Seed ${options.seed} breaks ${result.broken.length === 1 ? "a promise" : `${result.broken.length} promises`}:`,
    ...broken,
    `features: ${result.features.join(", ") || "none"}`,
    `faults: ${result.faults.join(", ") || "none"}`,
    "last steps:",
    ...result.lastSteps.map((step) => `  ${step}`),
    `again: ${replayCommand(options)}`,
  ].join("\n");
}

export const describeShrunk = ({ options, result, tries }: Shrunk): string =>
  `\nShrunk in ${tries} runs to ${options.operations} operations.\n${describeFailure(options, result)}`;

export interface Summary {
  seeds: number;
  operations: number;
  failed: number[];
  seconds: number;
  /** Of the processes' own work, whatever else the machine does. */
  cpuSeconds: number;
  /** By that work. */
  operationsPerSecond: number;
  secondsPerSeed: { median: number; longest: number };
  statements: number;
  orders: number;
  virtualDays: number;
  /** How often each fault was seen, over all seeds. */
  faults: Record<string, number>;
  /** Faults that never happened; a large run with one of these proves too little. */
  neverSeen: string[];
}

/** What is kept of a seed for the summary. */
export type Kept = Pick<
  RunResult,
  "seed" | "operations" | "broken" | "seen" | "statements" | "orders" | "virtualMs"
> & {
  seconds: number;
  cpuSeconds: number;
};

/** `seconds`: how long all of it took, in however many processes. */
export function summarise(kept: readonly Kept[], seconds: number): Summary {
  const times = kept.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const sum = (of: (one: Kept) => number) => kept.reduce((total, one) => total + of(one), 0);
  const faults: Record<string, number> = {};
  for (const { seen } of kept)
    for (const [name, count] of Object.entries(seen)) faults[name] = (faults[name] ?? 0) + count;
  const cpuSeconds = sum((one) => one.cpuSeconds);
  const operations = sum((one) => one.operations);
  return {
    seeds: kept.length,
    operations,
    failed: kept.filter(({ broken }) => broken.length > 0).map(({ seed }) => seed),
    seconds: round(seconds),
    cpuSeconds: round(cpuSeconds),
    operationsPerSecond: Math.round(operations / Math.max(cpuSeconds, 0.001)),
    secondsPerSeed: { median: round(times[times.length >> 1] ?? 0), longest: round(times.at(-1) ?? 0) },
    statements: sum((one) => one.statements),
    orders: sum((one) => one.orders),
    virtualDays: round(sum((one) => one.virtualMs) / 86_400_000),
    faults: Object.fromEntries(Object.entries(faults).sort(([a], [b]) => (a < b ? -1 : 1))),
    neverSeen: neverSeen(kept),
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;
