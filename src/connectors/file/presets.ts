import { SluiceError } from "../../core/errors.ts";
import type { OrderStatus } from "../../core/model/order.ts";

/** Named conventions: how the files of one source are to be understood beyond the names of their columns. */

export interface Conventions {
  mapping?: Readonly<Record<string, string>>;
  currency?: string;
  timeZone?: string;
  /** Status of orders in files without a status column. */
  status?: OrderStatus;
  /** Rows are documents of their day: an order stands as of the latest time they name. */
  isDated?: boolean;
  /** Order numbers that begin so are returns, with negative quantities. */
  cancellationPrefix?: string;
  /** Codes that are no goods. Their SKUs, where a line must keep one, are virtual. */
  services?: ReadonlyMap<string, "freight" | "discount" | "service">;
  /** Rows at price zero and without a buyer are about stock when negative, without text, or with one of these texts. */
  stockTexts?: ReadonlySet<string>;
}

/**
 * The UCI data set Online Retail (Daqing Chen, 2015, CC BY 4.0): invoices of a British gift wholesaler, 2010-12-01 to
 * 2011-12-09. Invoice numbers with C are cancellations; rows at price zero without a customer are the warehouse's notes.
 */
const onlineRetail: Conventions = {
  currency: "GBP",
  timeZone: "Europe/London",
  status: "completed",
  isDated: true,
  cancellationPrefix: "C",
  services: new Map([
    ["POST", "freight"],
    ["DOT", "freight"],
    ["C2", "freight"],
    ["D", "discount"],
    ["M", "service"],
    ["S", "service"],
    ["AMAZONFEE", "service"],
    ["BANK CHARGES", "service"],
    ["CRUK", "service"],
  ]),
  stockTexts: new Set([
    "check",
    "checked",
    "damaged",
    "damages",
    "found",
    "lost",
    "missing",
    "on cargo order",
    "adjustment",
  ]),
};

const presets: Record<string, Conventions> = { "online-retail": onlineRetail };

export const presetNames = Object.keys(presets);

export function conventionsOf(preset: string | undefined): Conventions {
  if (preset === undefined) return {};
  const conventions = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (conventions) return conventions;
  throw new SluiceError(
    "invalid_request",
    `There is no preset "${preset}"; the presets are: ${presetNames.join(", ")}.`,
  );
}
