/** Installs a real Medusa 2 server. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstallOptions, installPackages } from "../server/packages.ts";

/** Medusa pins every package of its own to the same exact version, so these three lines fix the whole server. */
export const medusaVersion = "2.21.2";

const packages = {
  what: `Medusa ${medusaVersion} (about 1,100 packages, 700 MB)`,
  name: "sluice-e2e-medusa",
  dependencies: {
    "@medusajs/cli": medusaVersion,
    "@medusajs/framework": medusaVersion,
    "@medusajs/medusa": medusaVersion,
  },
};

/**
 * No admin UI, and no Redis: without `redisUrl` the event bus, cache, locking and workflow engine are Medusa's
 * in-process ones. TLS is off because Medusa is only ever pointed at a database on the same machine.
 */
const medusaConfig = `const { defineConfig } = require("@medusajs/framework/utils");

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: {
      storeCors: "",
      adminCors: "",
      authCors: "",
      jwtSecret: process.env.JWT_SECRET,
      cookieSecret: process.env.COOKIE_SECRET,
    },
  },
});
`;

/** Leaves a directory Medusa can run in. */
export async function installMedusa(options: InstallOptions): Promise<void> {
  await mkdir(options.directory, { recursive: true });
  await writeFile(join(options.directory, "medusa-config.js"), medusaConfig);
  await installPackages(packages, options);
}
