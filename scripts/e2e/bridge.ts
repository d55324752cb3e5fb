import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Puts the bridge of a shop's documentation page into its project, so that what people copy is what was tried. Only its two
 * settings come from a file instead of the environment: the hub's address is known after the shop has started.
 */

const settingsFile = "sluice-bridge.json";

export const bridgeSecret = `whsec_${randomBytes(32).toString("base64")}`;

const prelude = [
  'import { readFileSync } from "node:fs";',
  `const sluiceSettings = () => JSON.parse(readFileSync("${settingsFile}", "utf8"));`,
];

/** `page` is a file of docs/, `file` a path in the shop's project. */
export async function installBridge(directory: string, page: string, file: string): Promise<void> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(text)?.[1];
  if (code === undefined) throw new Error(`docs/${page} holds no bridge`);
  const source = code
    .replace("process.env.SLUICE_WEBHOOK_URL", "sluiceSettings().url")
    .replace("process.env.SLUICE_WEBHOOK_SECRET", "sluiceSettings().secret");
  await mkdir(dirname(join(directory, file)), { recursive: true });
  await writeFile(join(directory, file), [...prelude, source].join("\n"));
  await pointBridge(directory, null);
}

/** Null: nowhere, as when the hub cannot be reached. */
export const pointBridge = (directory: string, url: string | null): Promise<void> =>
  writeFile(
    join(directory, settingsFile),
    JSON.stringify({ url: url ?? "http://127.0.0.1:9/", secret: bridgeSecret }),
  );
