/**
 * A real Vendure 3 server for the end-to-end test: installed from npm into a directory outside the project (once, about a minute),
 * with a database made anew on the given PostgreSQL server, and a small shop set up through its admin API. Listens on loopback only.
 *
 *   const vendure = await startVendure({ directory, databaseUrl, port: 0, onProgress: console.error });
 *   const [mug] = await createProducts(vendure, [{ sku: "MUG", title: "Mug", priceMinor: 2500, stock: 10 }]);
 *   const { orderId } = await placeOrder(vendure, [{ variantId: mug.variantId, quantity: 2 }]);
 *   await vendure.stop();
 *
 * The clock is the machine's and so are the ports: this is test support, nothing of it runs in the hub.
 */

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recreateDatabase } from "./server/database.ts";
import { findPort, host, untilHealthy } from "./server/listening.ts";
import { hostEnvironment, start, stop } from "./server/processes.ts";
import { installVendure } from "./vendure-server/install.ts";
import { type Shop, setUpShop } from "./vendure-server/shop.ts";

export interface VendureServer extends Shop {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  baseUrl: string;
  /** Ends the server process; the installation and the database stay for inspection. Safe to call twice. */
  stop(): Promise<void>;
}

export interface VendureOptions {
  /** Where Vendure is or will be installed; outside the project, kept between runs. */
  directory: string;
  /** The database to make anew, e.g. `postgres://postgres@127.0.0.1:5432/sluice_e2e_vendure`. */
  databaseUrl: string;
  /** 0 takes any free port. */
  port: number;
  onProgress(message: string): void;
}

/** Installs, starts and sets up Vendure. Whatever fails, no process is left behind. */
export async function startVendure(options: VendureOptions): Promise<VendureServer> {
  const { directory, databaseUrl, onProgress } = options;
  const port = await findPort(options.port);
  const log = join(directory, "vendure.log");
  await mkdir(directory, { recursive: true });
  await writeFile(log, "");
  // The database first: a wrong URL should not be found out after minutes of installing.
  onProgress("creating Vendure's database");
  await recreateDatabase(databaseUrl);
  await installVendure({ directory, log, onProgress });
  const superadmin = { username: "superadmin", password: randomBytes(12).toString("hex") };
  const environment: NodeJS.ProcessEnv = {
    ...hostEnvironment(),
    NODE_ENV: "production",
    NO_COLOR: "1",
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    SUPERADMIN: superadmin.username,
    SUPERADMIN_PASSWORD: superadmin.password,
    VENDURE_DISABLE_TELEMETRY: "true",
  };
  onProgress(`starting Vendure on port ${port}`);
  const server = start({
    what: "the Vendure server",
    command: process.execPath,
    args: [join(directory, "server.js")],
    directory,
    environment,
    log,
  });
  const baseUrl = `http://${host}:${port}`;
  const stopServer = (): Promise<void> => stop(server.child, 15_000);
  try {
    await untilHealthy("Vendure", baseUrl, server.exited, log);
    onProgress("setting up the shop");
    const shop = await setUpShop(baseUrl, superadmin, randomBytes(12).toString("hex"));
    onProgress(`Vendure is ready at ${baseUrl}`);
    return { baseUrl, stop: stopServer, ...shop };
  } catch (error) {
    await stopServer();
    throw error;
  }
}
