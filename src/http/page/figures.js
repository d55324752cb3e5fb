import { atMost, byId, duration, make, money, number, sum } from "./draw.js";
import { text } from "./texts.js";

/** The tiles at the top: what one looks at first. */
export function drawFigures(hub, behind) {
  const available = sum(hub.stock.map((level) => level.available));
  const reserved = sum(hub.stock.map((level) => level.reserved));
  const short = sum(hub.orders.map((order) => order.shortfall));
  const base = hub.merchant?.baseCurrency ?? "CNY";
  const debit = sum(hub.books.map((account) => account.baseDebitMinor ?? 0));
  const credit = sum(hub.books.map((account) => account.baseCreditMinor ?? 0));
  const isBalanced = debit === credit;
  const lag = hub.demo?.lag;
  byId("figures").replaceChildren(
    figure(text("ordersPerMinute"), number(ordersPerMinute(hub)), soldNote(hub)),
    figure(text("available"), number(available), text("availableNote", { reserved: number(reserved) })),
    ...(lag
      ? [
          figure(
            text("lag"),
            duration(lag.medianMs),
            text("lagNote", { pushes: number(lag.pushes), worst: duration(lag.worstMs) }),
          ),
        ]
      : []),
    behind.count === 0
      ? figure(text("behind"), "0", text("allPublished"), "good")
      : figure(
          text("behind"),
          number(behind.count),
          text("behindNote", { seconds: Math.round(behind.seconds) }),
          behind.seconds > 15 ? "watch" : "",
        ),
    figure(
      text("shortfall"),
      number(short),
      text("shortfallNote", { count: number(hub.orders.length) }),
      short > 0 ? "watch" : "good",
    ),
    figure(text("openTasks"), atMost(hub.tasks.length, 100), "", hub.tasks.length > 0 ? "watch" : "good"),
    figure(
      text("booksState"),
      text(isBalanced ? "balanced" : "unbalanced"),
      text("booksNote", { debit: money(debit, base) }),
      isBalanced ? "good" : "bad",
    ),
  );
}

const soldNote = ({ demo }) =>
  demo ? text("ordersTotal", { count: number(sum(demo.shops.map((shop) => shop.orders))) }) : "";

const figure = (label, value, note, kind = "") =>
  make(
    "div",
    { className: `figure ${kind}` },
    make("span", {}, label),
    make("b", {}, value),
    make("small", {}, note),
  );

/** Of the orders listed: those of the last minute, or when all are younger, their rate. */
function ordersPerMinute({ orders, at }) {
  const ages = orders.map((order) => at - new Date(order.receivedAt));
  const young = ages.filter((age) => age <= 60_000);
  if (young.length < ages.length || young.length < 2) return young.length;
  return Math.round((young.length * 60_000) / Math.max(...young));
}
