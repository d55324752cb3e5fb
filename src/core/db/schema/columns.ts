import { bigint, customType, uuid } from "drizzle-orm/pg-core";
import { toInstant } from "../../clock.ts";

/** Column kinds shared by all tables. No column has a default that asks the database for the time or for randomness. */

/** A UTC instant, milliseconds, read and written as ISO 8601 text. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => "timestamp(3) with time zone",
  fromDriver: (value) => toInstant(value),
});

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

export const merchantId = () => uuid("merchant_id").notNull();

/** A whole number up to 2^53: minor units, quantities, sequence numbers. */
export const whole = (name: string) => bigint(name, { mode: "number" });
