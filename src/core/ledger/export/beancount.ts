import { entryId, ruleKey } from "../entry.ts";
import { oneLine } from "../one-line.ts";
import { beancountNames } from "./plain-names.ts";
import { decimalText, exponentOf } from "./text.ts";
import { eachLine, remembered, tagsOf, type Writer, type WriterOptions } from "./writer.ts";

/** Before anything that can happen here; an account must be open on the day it is used. */
const openedOn = "1900-01-01";

/** A string of Beancount: quotes and backslashes are escaped. */
const text = (value: string): string => `"${oneLine(value).replace(/["\\]/g, "\\$&")}"`;

/** Beancount journal. Passes `bean-check` (seen with 2.3.5). Tags and links are ASCII only, so ids go into metadata. */
export function beancountWriter({ baseCurrency, accounts }: WriterOptions): Writer {
  const names = beancountNames(accounts);
  const tagOf = remembered((rule) => ruleKey(rule).replace(/[^A-Za-z0-9-]/g, "-"));
  const base = exponentOf(baseCurrency);
  return {
    head: [
      `option "operating_currency" "${baseCurrency}"`,
      ...[...new Set(names.values())].map((name) => `${openedOn} open ${name}`),
      "",
      "",
    ].join("\n"),
    write(entry, out) {
      const { currency } = entry;
      const exponent = exponentOf(currency);
      const foreign = currency !== baseCurrency;
      out.push(
        `${entry.date} * ${text(entry.narration)} #${tagOf(entry.rule)} ^${entryId(entry.number)}\n  event: ${text(ruleKey(entry.rule))}\n`,
      );
      for (const [name, value] of tagsOf(entry)) out.push(`  ${name}: ${text(value)}\n`);
      eachLine(entry.lines, (isDebit, amount, baseAmount, account) => {
        const price =
          foreign && baseAmount !== "" ? ` @@ ${decimalText(baseAmount, base)} ${baseCurrency}` : "";
        out.push(
          `  ${names.get(account) ?? ""}  ${isDebit ? "" : "-"}${decimalText(amount, exponent)} ${currency}${price}\n`,
        );
      });
      out.push("\n");
    },
  };
}
