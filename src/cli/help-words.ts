import type { CliContext } from "./context.ts";
import { helpInChinese } from "./help-chinese.ts";

/** Help in the reader's language; who reads is asked only when help is shown. */
export const wordsOf =
  (context: Pick<CliContext, "language">) =>
  (english: string): string =>
    (context.language === "zh" ? helpInChinese[english] : undefined) ?? english;
