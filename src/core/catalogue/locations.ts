import type { z } from "zod";
import { type Instant, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import type { LocationKind, locationInputSchema } from "../model/catalogue.ts";
import { normaliseCode } from "../model/primitives.ts";
import { decodeCursor, type Page, type PageRequest, textPosition, toPage } from "../page.ts";
import type { Runtime } from "../runtime.ts";

export interface Location {
  id: string;
  code: string;
  name: string;
  kind: LocationKind;
  createdAt: Instant;
}

export type LocationInput = z.infer<typeof locationInputSchema>;

/** The stock list writes bundles, which have no place of their own, at this one. */
export const bundlePlace = "*";

/** Throws `already_exists` when the code is taken. */
export async function createLocation(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  input: LocationInput,
): Promise<Location> {
  const code = normaliseCode(input.code);
  if (code === bundlePlace) {
    throw new SluiceError(
      "invalid_request",
      `A location cannot be called "${bundlePlace}": the stock list shows bundles under that name.`,
    );
  }
  const location: Location = {
    id: runtime.ids.next(),
    code,
    name: input.name,
    kind: input.kind,
    createdAt: nowInstant(runtime.clock),
  };
  const inserted = await sql.query(
    `insert into locations (merchant_id, id, code, name, kind, created_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, code) do nothing returning id`,
    [merchantId, location.id, code, location.name, location.kind, location.createdAt],
  );
  if (inserted.length === 0) {
    throw new SluiceError("already_exists", `There is a location "${code}" already; choose another code.`, {
      details: { codes: [code] },
    });
  }
  return location;
}

/** Throws `unknown_location`. */
export async function loadLocation(sql: Sql, merchantId: string, code: string): Promise<Location> {
  const [location] = await sql.query<Location>(`${selectLocation} and code = $2`, [
    merchantId,
    normaliseCode(code),
  ]);
  if (location) return location;
  throw new SluiceError(
    "unknown_location",
    `There is no location "${code}"; create it first or correct the code.`,
    {
      details: { location: code },
    },
  );
}

/** Locations by code. */
export async function listLocations(
  sql: Sql,
  merchantId: string,
  request: PageRequest,
): Promise<Page<Location>> {
  const [after] = request.cursor ? decodeCursor(request.cursor, textPosition) : [""];
  const rows = await sql.query<Location>(`${selectLocation} and code > $2 order by code limit $3`, [
    merchantId,
    after,
    request.limit + 1,
  ]);
  return toPage(rows, request.limit, (last) => [last.code]);
}

const selectLocation = `select id, code, name, kind, created_at as "createdAt" from locations where merchant_id = $1`;
