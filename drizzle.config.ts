import { defineConfig } from "drizzle-kit";

/** `npm run schema:generate` compares src/core/db/schema with drizzle/meta and writes the next migration. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/core/db/schema/index.ts",
  out: "./drizzle",
  strict: true,
});
