/** Installs a real Vendure 3 server, with the bridge of docs/vendure.md compiled as a Vendure project compiles its plugins. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installBridge } from "../bridge.ts";
import { type InstallOptions, installPackages } from "../server/packages.ts";
import { hostEnvironment, run } from "../server/processes.ts";

export const vendureVersion = "3.7.3";

const packages = {
  what: `Vendure ${vendureVersion} (about 440 packages, 160 MB)`,
  name: "sluice-e2e-vendure",
  dependencies: {
    "@types/node": "24.19.2",
    "@vendure/core": vendureVersion,
    pg: "8.16.3",
    typescript: "5.9.3",
  },
};

/**
 * Server and worker in one process, as small shops run it. Jobs are kept in the database, so the bridge's deliveries survive a
 * restart. The payment handler is Vendure's own dummy: it settles at once or authorises, as the payment method says.
 */
const serverSource = `const { bootstrap, DefaultJobQueuePlugin, DefaultLogger, dummyPaymentHandler, JobQueueService, LogLevel } = require("@vendure/core");
const { SluiceBridge } = require("./dist/sluice-bridge.js");

bootstrap({
  apiOptions: { hostname: "127.0.0.1", port: Number(process.env.PORT), adminApiPath: "admin-api", shopApiPath: "shop-api", cors: false },
  authOptions: {
    tokenMethod: ["bearer", "api-key"],
    superadminCredentials: { identifier: process.env.SUPERADMIN, password: process.env.SUPERADMIN_PASSWORD },
  },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  // Tables are made at the start: the database is a new one every time.
  dbConnectionOptions: { type: "postgres", url: process.env.DATABASE_URL, synchronize: true },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [DefaultJobQueuePlugin.init({}), SluiceBridge],
})
  .then((app) => app.get(JobQueueService).start())
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
`;

const compilerOptions = {
  target: "es2022",
  module: "commonjs",
  moduleResolution: "node10",
  strict: true,
  strictPropertyInitialization: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
  skipLibCheck: true,
  types: ["node"],
  rootDir: "src",
  outDir: "dist",
};

/** Leaves a directory Vendure can run in: `node server.js`. */
export async function installVendure(options: InstallOptions): Promise<void> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  await installPackages(packages, options);
  await installBridge(directory, "vendure.md", "src/sluice-bridge.ts");
  await writeFile(join(directory, "server.js"), serverSource);
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  await run({
    what: "compiling the bridge of docs/vendure.md",
    command: process.execPath,
    args: [join(directory, "node_modules", "typescript", "bin", "tsc"), "-p", directory],
    directory,
    environment: hostEnvironment(),
    log: options.log,
    timeoutMs: 120_000,
    onProgress: options.onProgress,
  });
}
