import { type Clock, type Instant, nowInstant } from "../clock.ts";
import type { Database, Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import { accountingDates, type Period, periodOf, periodPattern } from "./calendar.ts";
import { loadBooks, lockBooks } from "./store.ts";

/**
 * Closing a month shuts it and all months before it: events that fall into them are booked on the first day after, with
 * their own date among the entry's dimensions. Both calls wait for a posting under way and are safe to repeat.
 */

export interface ClosedPeriod {
  period: Period;
  closedAt: Instant;
}

/** Throws `invalid_request` for anything but a month, `conflict` for a month that has not begun. */
export async function closePeriod(
  db: Sql | Database,
  merchantId: string,
  period: Period,
  clock: Clock,
): Promise<ClosedPeriod> {
  const now = nowInstant(clock);
  assertPeriod(period);
  return inTransaction(db, async (tx) => {
    await lockBooks(tx, merchantId, now);
    const { timeZone } = await loadBooks(tx, merchantId);
    if (period > periodOf(accountingDates(timeZone)(now))) {
      throw new SluiceError("conflict", `Period ${period} has not begun; close it when it is over.`);
    }
    await tx.query(
      "insert into periods (merchant_id, period, closed_at) values ($1, $2, $3) on conflict do nothing",
      [merchantId, period, now],
    );
    const closed = await listPeriods(tx, merchantId);
    return closed.find((row) => row.period === period) ?? { period, closedAt: now };
  });
}

/** Opens a month again. Throws `conflict` while a later month is closed: that one comes first. */
export async function reopenPeriod(
  db: Sql | Database,
  merchantId: string,
  period: Period,
  clock: Clock,
): Promise<void> {
  assertPeriod(period);
  await inTransaction(db, async (tx) => {
    await lockBooks(tx, merchantId, nowInstant(clock));
    const later = (await listPeriods(tx, merchantId)).find((row) => row.period > period);
    if (later) {
      throw new SluiceError(
        "conflict",
        `Period ${later.period} is closed and comes after ${period}; open ${later.period} first.`,
      );
    }
    await tx.query("delete from periods where merchant_id = $1 and period = $2", [merchantId, period]);
  });
}

/** Closed periods, the latest first. */
export const listPeriods = (sql: Sql, merchantId: string): Promise<ClosedPeriod[]> =>
  sql.query<ClosedPeriod>(
    `select period, closed_at as "closedAt" from periods where merchant_id = $1 order by period desc`,
    [merchantId],
  );

function assertPeriod(period: string): void {
  if (periodPattern.test(period)) return;
  throw new SluiceError("invalid_request", `"${period}" is not a period; write it like 2026-11.`);
}
