import type { Fetch } from "../core/runtime.ts";

/**
 * What one opened account has sent. A call is let through for one request; a connector may need several for it, and those
 * count against the account's budget as well.
 */
export interface Meter {
  /** Counts every request that goes through it. */
  counting(fetch: Fetch): Fetch;
  /** A call begins that one request was paid for. */
  begin(): void;
  /** A call has ended: requests sent by now that nobody paid for. Each is answered once. */
  end(): number;
}

export function createMeter(): Meter {
  let sent = 0;
  let paid = 0;
  let underWay = 0;
  return {
    counting: (fetch) => (input, init) => {
      sent += 1;
      return fetch(input, init);
    },
    begin() {
      underWay += 1;
      paid += 1;
    },
    end() {
      underWay -= 1;
      const owed = Math.max(0, sent - paid);
      paid += owed;
      // A call that sent nothing lends its request to those beside it, and to none after them.
      if (underWay === 0) paid = sent;
      return owed;
    },
  };
}
