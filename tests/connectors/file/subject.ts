import { file } from "../../../src/connectors/file/index.ts";
import type { Subject } from "../subject.ts";

/** Files have no platform behind them: nothing is called, nothing calls. */
export const subject: Subject = {
  connector: file,
  settings: {},
  secrets: {},
  networked: false,
  start: () => ({ fetch: () => Promise.reject(new Error("A file makes no calls.")), listings: [] }),
};
