import { entryId } from "../entry.ts";
import { oneLine } from "../one-line.ts";
import { decimalText, exponentOf } from "./text.ts";
import { accountParts, eachLine, remembered, type Writer, type WriterOptions } from "./writer.ts";

/** JSON lines: one entry per line, keys in fixed order, amounts as decimal texts. */
export function jsonlWriter({ baseCurrency }: WriterOptions): Writer {
  const accountOf = remembered((key) => {
    const { role, code, name } = accountParts(key);
    return `"account":${JSON.stringify(code)},"name":${JSON.stringify(oneLine(name))},"role":${JSON.stringify(role)}`;
  });
  const base = { exponent: exponentOf(baseCurrency), text: JSON.stringify(baseCurrency) };
  return {
    head: "",
    write(entry, out) {
      const exponent = exponentOf(entry.currency);
      const zero = decimalText("0", exponent);
      const { number, date, rule, eventSeq, currency, narration, orderId, reversalOf, dimensions } = entry;
      out.push(
        `{"id":"${entryId(number)}","number":${number},"date":"${date}","event":${JSON.stringify(rule)},"eventSeq":${eventSeq},` +
          `"narration":${JSON.stringify(oneLine(narration))},"currency":"${currency}","baseCurrency":${base.text},` +
          `"orderId":${orderId === null ? "null" : `"${orderId}"`},"reversalOf":${reversalOf === null ? "null" : `"${entryId(reversalOf)}"`},` +
          `"dimensions":${JSON.stringify(dimensions)},"lines":[`,
      );
      let separator = "";
      eachLine(entry.lines, (isDebit, amount, baseAmount, account) => {
        const text = decimalText(amount, exponent);
        out.push(
          `${separator}{${accountOf(account)},"debit":"${isDebit ? text : zero}","credit":"${isDebit ? zero : text}",` +
            `"baseAmount":${baseAmount === "" ? "null" : `"${decimalText(baseAmount, base.exponent)}"`}}`,
        );
        separator = ",";
      });
      out.push("]}\n");
    },
  };
}
