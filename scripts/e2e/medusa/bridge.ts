import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts the subscriber of docs/medusa.md into the Medusa project, so that what people copy is what was tried. Only its two
 * settings come from a file instead of the environment: the hub's address is known after Medusa has started.
 */

const settingsFile = "sluice-bridge.json";

export const bridgeSecret = `whsec_${randomBytes(32).toString("base64")}`;

export async function installBridge(medusaDirectory: string): Promise<void> {
  const page = await readFile(new URL("../../../docs/medusa.md", import.meta.url), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(page)?.[1];
  if (code === undefined) throw new Error("docs/medusa.md holds no subscriber");
  const file = [
    'import { readFileSync } from "node:fs";',
    `const setting = (name) => JSON.parse(readFileSync("${settingsFile}", "utf8"))[name];`,
    code
      .replace("process.env.SLUICE_WEBHOOK_URL", 'setting("url")')
      .replace("process.env.SLUICE_WEBHOOK_SECRET", 'setting("secret")'),
  ].join("\n");
  const folder = join(medusaDirectory, "src", "subscribers");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "sluice-bridge.js"), file);
  await pointBridge(medusaDirectory, null);
}

/** Null: nowhere, as when the hub cannot be reached. */
export const pointBridge = (medusaDirectory: string, url: string | null): Promise<void> =>
  writeFile(
    join(medusaDirectory, settingsFile),
    JSON.stringify({ url: url ?? "http://127.0.0.1:9/", secret: bridgeSecret }),
  );
