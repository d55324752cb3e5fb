import type { AccountType } from "../chart.ts";
import { entryId, ruleKey } from "../entry.ts";
import { accountName, sampleAmount } from "./plain-names.ts";
import { decimalText, description, exponentOf, tagValue } from "./text.ts";
import { accountParts, eachLine, remembered, tagsOf, type Writer, type WriterOptions } from "./writer.ts";

const typeLetters: Record<AccountType, string> = {
  asset: "A",
  liability: "L",
  equity: "E",
  income: "R",
  expense: "X",
};

/**
 * hledger journal. Passes `hledger check -s ordereddates` (seen with 1.25): everything is declared, every posting has
 * its amount, a foreign amount stands with its total price ("@@": a unit price would not balance to the cent).
 */
export function hledgerWriter({ baseCurrency, currencies, accounts }: WriterOptions): Writer {
  const nameOf = remembered((key) => accountName(accountParts(key)));
  const base = exponentOf(baseCurrency);
  const types = new Map(accounts.map((account) => [nameOf(account.key), typeLetters[account.type]]));
  return {
    head: [
      "decimal-mark .",
      ...currencies.map((currency) => `commodity ${currency} ${sampleAmount(currency)}`),
      ...[...types].map(([name, letter]) => `account ${name}    ; type:${letter}`),
      "",
      "",
    ].join("\n"),
    write(entry, out) {
      const { currency } = entry;
      const exponent = exponentOf(currency);
      const foreign = currency !== baseCurrency;
      const tags = tagsOf(entry)
        .map(([name, value]) => `, ${name}:${tagValue(value)}`)
        .join("");
      out.push(
        `${entry.date} * (${entryId(entry.number)}) ${description(entry.narration)}  ; event:${ruleKey(entry.rule)}${tags}\n`,
      );
      eachLine(entry.lines, (isDebit, amount, baseAmount, account) => {
        const price =
          foreign && baseAmount !== "" ? ` @@ ${baseCurrency} ${decimalText(baseAmount, base)}` : "";
        out.push(
          `    ${nameOf(account)}    ${currency} ${isDebit ? "" : "-"}${decimalText(amount, exponent)}${price}\n`,
        );
      });
      out.push("\n");
    },
  };
}
