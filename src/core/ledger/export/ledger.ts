import { entryId, ruleKey } from "../entry.ts";
import { accountName } from "./plain-names.ts";
import { decimalText, description, exponentOf, tagValue } from "./text.ts";
import {
  accountParts,
  eachLine,
  remembered,
  tagNames,
  tagsOf,
  type Writer,
  type WriterOptions,
} from "./writer.ts";

/**
 * Ledger journal. Passes `ledger --pedantic bal` (seen with 3.3.0), which wants accounts, commodities and tags declared.
 */
export function ledgerWriter({ baseCurrency, currencies, accounts }: WriterOptions): Writer {
  const nameOf = remembered((key) => accountName(accountParts(key)));
  const base = exponentOf(baseCurrency);
  const names = new Set(accounts.map((account) => nameOf(account.key)));
  return {
    head: [
      ...currencies.map(
        (currency) =>
          `commodity ${currency}\n    format ${decimalText(`1000${"0".repeat(exponentOf(currency))}`, exponentOf(currency))} ${currency}`,
      ),
      ...[...names].map((name) => `account ${name}`),
      ...tagNames.map((name) => `tag ${name}`),
      "",
      "",
    ].join("\n"),
    write(entry, out) {
      const { currency } = entry;
      const exponent = exponentOf(currency);
      const foreign = currency !== baseCurrency;
      out.push(
        `${entry.date} * (${entryId(entry.number)}) ${description(entry.narration)}\n    ; event: ${ruleKey(entry.rule)}\n`,
      );
      for (const [name, value] of tagsOf(entry)) out.push(`    ; ${name}: ${tagValue(value)}\n`);
      eachLine(entry.lines, (isDebit, amount, baseAmount, account) => {
        const price =
          foreign && baseAmount !== "" ? ` @@ ${decimalText(baseAmount, base)} ${baseCurrency}` : "";
        out.push(
          `    ${nameOf(account)}    ${isDebit ? "" : "-"}${decimalText(amount, exponent)} ${currency}${price}\n`,
        );
      });
      out.push("\n");
    },
  };
}
