import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Migration } from "./migrate.ts";

export const migrationsDirectory = fileURLToPath(new URL("../../../drizzle/", import.meta.url));

/** The migrations of this release, in order of application. */
export async function readMigrations(directory: string = migrationsDirectory): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".sql")).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -".sql".length),
      text: await readFile(`${directory}/${file}`, "utf8"),
    })),
  );
}
