import { isSluiceError } from "../../core/errors.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Failure, FailureKind, Json, PullPage, Result } from "../contract.ts";

/** Reads orders one by one, so that one that cannot be had or understood does not hold up those behind it. */

export type Rows = Pick<PullPage, "orders" | "rejected">;

/** What came of one order: itself, why it could not be understood, or nothing that would be an order of ours. */
export type ReadOne =
  | { kind: "order"; order: OrderSnapshot; raw?: Json }
  | { kind: "rejected"; externalId: string; reason: string; raw: Json }
  | { kind: "none" };

export interface Reading<Item> {
  /**
   * `listed`: the platform has just named them, so each must end among the orders or the rejected. `asked`: an id may be nobody's
   * and is left out then; asked for alone, the refusal is the answer.
   */
  origin: "listed" | "asked";
  /** What a person is told of one that could not be read. */
  nameOf(item: Item): { externalId: string; raw: Json };
  /** May call the platform, and may throw: that is a bug, and this order's alone. */
  read(item: Item): Promise<Result<ReadOne>>;
}

/** Refusals of one order. All others are about the account, the platform or the moment. */
const ownKinds: ReadonlySet<FailureKind> = new Set(["invalid", "not_found", "conflict"]);

export const isOwnRefusal = ({ kind }: Failure): boolean => ownKinds.has(kind);

/**
 * For a question about part of an order (its refunds, its lines): refused, the order is there and cannot be read. So it is where the
 * application lacks the permission: those that need it wait for a person, and no other order does.
 */
export const refused = (externalId: string, raw: Json, failure: Failure): Result<ReadOne> =>
  isOwnRefusal(failure) || failure.kind === "unsupported"
    ? { ok: true, value: { kind: "rejected", externalId, reason: failure.message, raw } }
    : failure;

/**
 * Every item in turn. An order that is refused or not understood is rejected with its id; any other failure ends the page, which
 * is read again. An answer that cannot be read is the platform's trouble while no other could be read, else that order's.
 */
export async function readEach<Item>(
  items: readonly Item[],
  { origin, nameOf, read }: Reading<Item>,
): Promise<Result<Rows>> {
  const page: Rows = { orders: [], rejected: [] };
  const unread: { item: Item; failure: Failure }[] = [];
  let isAnswered = false;
  for (const item of items) {
    const one = await withoutThrowing(nameOf(item), () => read(item));
    if (one.ok) {
      isAnswered = true;
      put(page, one.value);
    } else if (one.kind === "malformed") unread.push({ item, failure: one });
    else if (!isOwnRefusal(one)) return one;
    else if (origin === "asked" && one.kind === "not_found") continue;
    else if (origin === "asked" && items.length === 1) return one;
    else page.rejected.push({ ...nameOf(item), reason: one.message });
  }
  const [first] = unread;
  if (first && !isAnswered) return first.failure;
  for (const { item, failure } of unread) page.rejected.push({ ...nameOf(item), reason: failure.message });
  return { ok: true, value: page };
}

function put(page: Rows, one: ReadOne): void {
  if (one.kind === "order") page.orders.push(one.order);
  if (one.kind !== "rejected") return;
  const { externalId, reason, raw } = one;
  page.rejected.push({ externalId, reason, raw });
}

async function withoutThrowing(
  named: { externalId: string; raw: Json },
  read: () => Promise<Result<ReadOne>>,
): Promise<Result<ReadOne>> {
  try {
    return await read();
  } catch (error) {
    return { ok: true, value: { kind: "rejected", ...named, reason: reasonOfThrow(error) } };
  }
}

export interface Together<Item, Row> {
  rows: Row[];
  /** Those refused for their own sake. */
  refusals: Map<Item, Failure>;
}

/** One question about several. One of them may spoil it for all: then each is asked for by itself. */
export async function askTogether<Item, Row>(
  items: readonly Item[],
  ask: (items: readonly Item[]) => Promise<Result<Row[]>>,
): Promise<Result<Together<Item, Row>>> {
  if (items.length === 0) return { ok: true, value: { rows: [], refusals: new Map() } };
  const all = await ask(items);
  if (all.ok) return { ok: true, value: { rows: all.value, refusals: new Map() } };
  if (!isOwnRefusal(all)) return all;
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0)
    return { ok: true, value: { rows: [], refusals: new Map([[only, all]]) } };
  const apart: Together<Item, Row> = { rows: [], refusals: new Map() };
  for (const item of items) {
    const one = await ask([item]);
    if (one.ok) apart.rows.push(...one.value);
    else if (isOwnRefusal(one)) apart.refusals.set(item, one);
    else return one;
  }
  return { ok: true, value: apart };
}

/** Why reading an order threw: our own refusals say it; anything else is a bug, whose message could quote the order. */
export const reasonOfThrow = (error: unknown): string =>
  isSluiceError(error)
    ? error.message
    : `The connector failed on this order (${error instanceof Error ? error.name : typeof error}); this is a bug in it.`;
