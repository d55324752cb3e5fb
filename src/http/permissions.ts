import { type KeyRole, keyRoles } from "../core/keys.ts";
import { HttpError } from "./problem.ts";

const everyone = keyRoles;

/** Who may do what: the whole of it. A route names one of these keys. */
const table = {
  "catalogue.read": everyone,
  "catalogue.write": ["owner", "operator"],
  "stock.read": everyone,
  "stock.write": ["owner", "operator", "warehouse"],
  "reservations.read": everyone,
  "reservations.write": ["owner", "operator"],
  "live.read": everyone,
  "live.write": ["owner", "operator"],
  "orders.read": everyone,
  "orders.write": ["owner", "operator"],
  "shipments.write": ["owner", "operator", "warehouse"],
  "refunds.write": ["owner", "operator", "finance"],
  "connections.read": everyone,
  "connections.write": ["owner"],
  "connections.run": ["owner", "operator"],
  "journals.read": ["owner", "finance", "read-only"],
  "books.write": ["owner", "finance"],
  "events.read": everyone,
  "tasks.read": everyone,
  "tasks.write": ["owner", "operator", "warehouse", "finance"],
  "settings.read": everyone,
  "settings.write": ["owner"],
  "keys.write": ["owner"],
  "audit.read": ["owner"],
} as const satisfies Record<string, readonly KeyRole[]>;

export type Permission = keyof typeof table;

export const rolesFor = (permission: Permission): readonly KeyRole[] => table[permission];

export function requirePermission(role: KeyRole, permission: Permission): void {
  const allowed = rolesFor(permission);
  if (!allowed.includes(role)) {
    throw new HttpError("forbidden", "role_refused", { values: { role, allowed: allowed.join(", ") } });
  }
}

/** Buyers' names and addresses are for those who sell and ship. */
export const seesBuyers = (role: KeyRole): boolean =>
  role === "owner" || role === "operator" || role === "warehouse";
