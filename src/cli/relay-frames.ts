import { join } from "node:path";
import { z } from "zod";

/**
 * How a command reaches the hub that has the embedded database open: a socket in the data directory, lines of JSON.
 * Whoever may open the socket may read the database's files too, so it asks for nothing more.
 */

/** One line from the command: what to run, and where it was called. */
export const requestSchema = z.object({
  argv: z.array(z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  /** Secrets found there already, by field. */
  secrets: z.record(z.string(), z.string()),
});
export type RelayRequest = z.infer<typeof requestSchema>;

/** Lines from the hub: what the command says, and at last its exit code. */
export const frameSchema = z.union([
  z.object({ print: z.string() }),
  z.object({ chunk: z.base64() }),
  z.object({ note: z.string() }),
  z.object({ progress: z.string(), done: z.number(), total: z.number() }),
  z.object({ progressEnd: z.literal(true) }),
  z.object({ exit: z.number().int() }),
]);
export type RelayFrame = z.infer<typeof frameSchema>;

export const socketOf = (dataDir: string): string => join(dataDir, "sluice.sock");

/** A socket's address is a fixed field of the system: 104 bytes on macOS, 108 on Linux (unix(7)). */
export const isTooLong = (path: string): boolean => Buffer.byteLength(path) > 100;
