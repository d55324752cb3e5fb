import type { Files } from "../../../src/connectors/contract.ts";
import { file as fileConnector } from "../../../src/connectors/file/index.ts";
import {
  type FileOptions,
  type FileOptionsInput,
  type FileSource,
  fileOptionsSchema,
} from "../../../src/core/model/file-import.ts";
import { testRuntime } from "../../support/runtime.ts";

export function openFiles(): Files {
  const { fetch, clock, timers, random } = testRuntime();
  const account = fileConnector.open({ settings: {}, secrets: {}, fetch, clock, timers, random });
  if (!account.files) throw new Error("The file connector must offer files.");
  return account.files;
}

export const csv = (...lines: string[]): FileSource => ({
  name: "test.csv",
  bytes: new TextEncoder().encode(`${lines.join("\n")}\n`),
});

export const options = (given: Partial<FileOptionsInput> = {}): FileOptions =>
  fileOptionsSchema.parse({
    currency: "CNY",
    timeZone: "Asia/Shanghai",
    asOf: "2026-11-23T08:00:00.000Z",
    ...given,
  });
