/**
 * Prints how many tests passed and failed, from the JSON that vitest wrote. A test file that could not be
 * loaded counts as one failure: it has no tests to count, and leaving it out would look like success.
 *
 * Usage: node .ci/closing-line.ts test-results/vitest.json
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const Results = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

const path = process.argv[2];
if (!path) throw new Error("usage: node .ci/closing-line.ts <vitest results as JSON>");

const results = Results.parse(JSON.parse(readFileSync(path, "utf8")));
const brokenFiles = results.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
).length;
const failed = results.numFailedTests + brokenFiles;
const skipped = results.numPendingTests + results.numTodoTests;

console.log(`${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
if (failed > 0 || results.numPassedTests === 0) process.exitCode = 1;
