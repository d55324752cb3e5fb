import { defineConfig } from "vitest/config";

/** Under CI the results are also written as JSON, from which .ci/closing-line.ts counts them. */
const isCi = process.env.CI === "true";

export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
    // A process for each file: PGlite leaves its WebAssembly memory behind, and a fork gives it back.
    pool: "forks",
    maxWorkers: 2,
    // PGlite takes a second or two to start when both cores are busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    // A test left in with `.only` must not hide the others.
    allowOnly: !isCi,
    reporters: isCi ? ["default", ["json", { outputFile: "test-results/vitest.json" }]] : ["default"],
  },
});
