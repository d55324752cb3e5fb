import type {
  Account,
  Call,
  Failure,
  FailureKind,
  Manifest,
  OpenContext,
  Orders,
  PullPage,
  Rooms,
  Stock,
  Webhooks,
} from "../../src/connectors/contract.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { Platform, Subject } from "./subject.ts";

/** Ways to spoil a good subject, so that each check of the suite can be shown to notice. */

/** Id of a check -> what is wrong -> the subject that is spoiled so. One file of `broken/` for each of `checks/`. */
export type Broken = Record<string, Record<string, () => Subject>>;

export const withAccount = (
  subject: Subject,
  spoil: (account: Account, context: OpenContext) => Account,
): Subject => ({
  ...subject,
  connector: { ...subject.connector, open: (context) => spoil(subject.connector.open(context), context) },
});

export const withContext = (subject: Subject, spoil: (context: OpenContext) => OpenContext): Subject => ({
  ...subject,
  connector: { ...subject.connector, open: (context) => subject.connector.open(spoil(context)) },
});

export const withManifest = (subject: Subject, spoil: (manifest: Manifest) => Manifest): Subject => ({
  ...subject,
  connector: { ...subject.connector, manifest: spoil(subject.connector.manifest) },
});

export const withPlatform = (subject: Subject, spoil: (platform: Platform) => Platform): Subject => ({
  ...subject,
  start: async (runtime) => spoil(await subject.start(runtime)),
});

export const withOrders = (subject: Subject, spoil: (orders: Orders) => Partial<Orders>): Subject =>
  withAccount(subject, (account) =>
    account.orders ? { ...account, orders: { ...account.orders, ...spoil(account.orders) } } : account,
  );

/** `spoil` gets every page that came well. */
export const withPages = (subject: Subject, spoil: (page: PullPage) => PullPage): Subject =>
  withOrders(subject, (orders) => ({
    async pull(request, call) {
      const result = await orders.pull(request, call);
      return result.ok ? { ok: true, value: spoil(result.value) } : result;
    },
  }));

export const withEachOrder = (subject: Subject, spoil: (order: OrderSnapshot) => OrderSnapshot): Subject =>
  withPages(subject, (page) => ({ ...page, orders: page.orders.map(spoil) }));

export const withStock = (subject: Subject, spoil: (stock: Stock) => Partial<Stock>): Subject =>
  withAccount(subject, (account) =>
    account.stock ? { ...account, stock: { ...account.stock, ...spoil(account.stock) } } : account,
  );

export const withWebhooks = (
  subject: Subject,
  spoil: (webhooks: Webhooks, context: OpenContext) => Partial<Webhooks>,
): Subject =>
  withAccount(subject, (account, context) =>
    account.webhooks
      ? { ...account, webhooks: { ...account.webhooks, ...spoil(account.webhooks, context) } }
      : account,
  );

export const withRooms = (subject: Subject, spoil: (rooms: Rooms) => Partial<Rooms>): Subject =>
  withAccount(subject, (account) =>
    account.rooms ? { ...account, rooms: { ...account.rooms, ...spoil(account.rooms) } } : account,
  );

/** `spoil` gets the call every operation is made with. */
export const withCalls = (subject: Subject, spoil: (call: Call) => Call): Subject =>
  withAccount(subject, (account) => wrapAll(account, { call: spoil, failure: (failure) => failure }));

/** `spoil` gets every failure of every operation. */
export const withFailures = (
  subject: Subject,
  spoil: (failure: Failure, context: OpenContext, operation: "asks" | "writes") => Failure,
): Subject =>
  withAccount(subject, (account, context) =>
    wrapAll(account, {
      call: (call) => call,
      failure: (failure, operation) => spoil(failure, context, operation),
    }),
  );

/** Failures of one kind are told as another. */
export const withKind = (subject: Subject, from: FailureKind, to: FailureKind): Subject =>
  withFailures(subject, (failure) => (failure.kind === from ? { ...failure, kind: to } : failure));

interface Wrapping {
  call: (call: Call) => Call;
  failure: (failure: Failure, operation: "asks" | "writes") => Failure;
}

function wrapAll(account: Account, { call, failure }: Wrapping): Account {
  const asked = <Outcome extends { ok: true } | Failure>(outcome: Outcome): Outcome | Failure =>
    outcome.ok ? outcome : failure(outcome, "asks");
  const written = <Outcome extends { ok: true } | Failure>(outcome: Outcome): Outcome | Failure =>
    outcome.ok ? outcome : failure(outcome, "writes");
  const { orders, stock, fulfilments, listings } = account;
  const wrapped: Account = { ...account, check: async (limits) => asked(await account.check(call(limits))) };
  if (orders) {
    wrapped.orders = {
      pull: async (request, limits) => asked(await orders.pull(request, call(limits))),
      fetch: async (ids, limits) => asked(await orders.fetch(ids, call(limits))),
      list: async (window, limits) => asked(await orders.list(window, call(limits))),
    };
  }
  if (stock) {
    const read = stock.read?.bind(stock);
    wrapped.stock = {
      push: async (writes, limits) => (await stock.push(writes, call(limits))).map(written),
      ...(read ? { read: async (refs, limits) => (await read(refs, call(limits))).map(asked) } : {}),
    };
  }
  if (fulfilments)
    wrapped.fulfilments = {
      push: async (parcel, limits) => written(await fulfilments.push(parcel, call(limits))),
    };
  if (listings)
    wrapped.listings = { pull: async (request, limits) => asked(await listings.pull(request, call(limits))) };
  return wrapped;
}
