import type { AccountType } from "../chart.ts";
import { oneLine } from "../one-line.ts";
import { decimalText, exponentOf } from "./text.ts";
import type { AccountParts, ExportAccount } from "./writer.ts";

/** Account names in the plain-text formats: the code first, so that the books sort as people expect. */

/** "1122.01 应收账款-平台待结算". `setAccount` takes only what is safe here; what got in another way is made safe. */
export const accountName = ({ code, name }: Pick<AccountParts, "code" | "name">): string =>
  oneLine(`${code} ${name}`).replace(/[;:()[\]{}|"]/g, "-");

const roots: Record<AccountType, string> = {
  asset: "Assets",
  liability: "Liabilities",
  equity: "Equity",
  income: "Income",
  expense: "Expenses",
};

/**
 * Beancount names by account key: "Assets:1122-01-应收账款-平台待结算". A component holds letters, digits and hyphens only, so
 * two accounts may come out alike; later ones then get a number.
 */
export function beancountNames(accounts: readonly ExportAccount[]): Map<string, string> {
  const taken = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { key, code, name, type } of accounts) {
    const identity = `${type} ${code} ${name}`;
    const component = `${code}-${name}`.replace(/[^\p{L}\p{Nd}]+/gu, "-").replace(/^-+|-+$/g, "");
    const plain = `${roots[type]}:${/^[A-Z0-9]/.test(component) ? component : `X${component}`}`;
    let candidate = plain;
    for (let count = 2; (taken.get(candidate) ?? identity) !== identity; count += 1)
      candidate = `${plain}-${count}`;
    taken.set(candidate, identity);
    names.set(key, candidate);
  }
  return names;
}

/** "1000.00": shows a format how many decimals a currency has. hledger wants the point even where none follow. */
export const sampleAmount = (currency: string): string => {
  const exponent = exponentOf(currency);
  return exponent === 0 ? "1000." : decimalText(`1000${"0".repeat(exponent)}`, exponent);
};
