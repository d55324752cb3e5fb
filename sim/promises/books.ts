import { refundedOf } from "../../src/connectors/sandbox/pricing.ts";
import type { Evidence } from "./evidence.ts";
import { pairs } from "./orders.ts";
import type { Promised } from "./promised.ts";

/** The books, added up outside the database. */
export const bookPromises: readonly Promised[] = [
  {
    name: "entries balance and are numbered without gaps",
    broken: ({ journal }) => {
      const entries = Map.groupBy(journal, ({ number }) => number);
      const numbers = [...entries.keys()];
      const gaps = numbers.flatMap((number, index) =>
        number === index + 1 ? [] : [`entry ${index + 1} is followed by ${number}`],
      );
      const unbalanced = [...entries].flatMap(([number, lines]) =>
        sumOf(lines) === 0 ? [] : [`entry ${number} does not balance`],
      );
      return [...gaps.slice(0, 1), ...unbalanced];
    },
  },
  {
    name: "the inventory account is the stock's value",
    broken: ({ journal, stock, tasks }) => {
      if (tasks.some(({ kind, status }) => kind.includes("posting") && status === "open")) return [];
      const booked = sumOf(journal.filter(({ role }) => role === "inventory"));
      const worth = stock.reduce((sum, { valueMinor }) => sum + valueMinor, 0);
      return booked === worth ? [] : [`the account says ${booked}, the stock is worth ${worth}`];
    },
  },
  {
    name: "the platform account is the money of the orders",
    broken: (evidence) => {
      const sums = new Map<string, number>();
      for (const line of evidence.journal) {
        if (line.orderId === null || !cashRoles.has(line.role)) continue;
        sums.set(line.orderId, (sums.get(line.orderId) ?? 0) + signed(line));
      }
      const dues = moneyDue(evidence);
      return evidence.orders.flatMap((order) => {
        const due = order.isBooked ? (dues.get(order.id) ?? 0) : 0;
        const booked = sums.get(order.id) ?? 0;
        return due === booked
          ? []
          : [`order ${order.externalId} (${order.status}): ${due} due, ${booked} booked`];
      });
    },
  },
  {
    name: "events are numbered without gaps",
    broken: ({ eventSeqs: { count, first, last, told } }) =>
      count === last && last === told && (count === 0 || first === 1)
        ? []
        : [`${count} events from ${first} to ${last}, the merchant says ${told}`],
  },
  {
    name: "the doctor finds nothing",
    broken: ({ doctor }) =>
      doctor.checks.flatMap(({ ok, name, rows }) => (ok ? [] : [`${name} ${JSON.stringify(rows[0])}`])),
  },
];

/** What each order's buyer owes or has paid in the end, as shops and callers know it. */
function moneyDue(evidence: Evidence): Map<string, number> {
  const dues = new Map<string, number>();
  for (const { told, found } of pairs(evidence)) {
    const isClosed = told.status === "cancelled" || told.status === "refunded";
    const [order] = found;
    if (order) dues.set(order.id, isClosed ? 0 : told.totalMinor - refundedOf(told));
  }
  for (const known of evidence.world.truth.manualOrders.values()) {
    const refunded = [...known.refunds.values()].reduce((sum, amount) => sum + amount, 0);
    dues.set(known.orderId, known.isCancelled ? 0 : known.totalMinor - refunded);
  }
  return dues;
}

type Line = Evidence["journal"][number];

const cashRoles: ReadonlySet<string> = new Set(["ar_platform"]);

const signed = ({ side, amountMinor }: Line): number => (side === "debit" ? amountMinor : -amountMinor);
const sumOf = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + signed(line), 0);
