/** Makes a shop server's or a hub's database anew: dropped with whatever is connected to it, then created empty. */

import postgres from "postgres";

/**
 * `databaseUrl` names a database whose name must begin with "sluice_e2e_" (so that a slip of the pen cannot drop another
 * one); its user must be allowed to create databases. Waits for nobody: open connections to it are ended.
 */
export async function recreateDatabase(databaseUrl: string): Promise<void> {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  if (!/^sluice_e2e_[a-z0-9_]+$/.test(name)) {
    throw new Error(
      `the database "${name}" would be dropped and created again, which is done only to a name in lower case that begins with "sluice_e2e_"; give another DATABASE URL`,
    );
  }
  const maintenanceUrl = new URL(databaseUrl);
  maintenanceUrl.pathname = "/postgres";
  const sql = postgres(maintenanceUrl.href, { max: 1, onnotice: () => undefined });
  try {
    await sql`drop database if exists ${sql(name)} with (force)`;
    await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
