import {
  atMost,
  byId,
  cell,
  clock,
  fill,
  heading,
  inLanguage,
  livelyCell,
  make,
  money,
  number,
  row,
  sentence,
  shopNames,
  sum,
  table,
  tag,
} from "./draw.js";
import { text } from "./texts.js";

/** One function per card of the page; each draws its card anew from a snapshot of the hub. */

export function drawStock(hub) {
  const { stock, states, demo } = hub;
  const shops = states.filter((state) => hub.listings.some((one) => one.connection === state.connection));
  const names = shopNames(hub);
  const figures = new Map((demo?.shops ?? []).map((shop) => [shop.connection, shop.figures]));
  const note = text(demo ? "stockNote" : "stockNoteShops");
  if (stock.length === 0) return fill("stock", text("stock"), "", sentence(text("noStock")));
  // Rare, and something to do when it is there.
  const isInDoubt = stock.some((level) => level.inDoubt > 0);
  const groups = row(
    heading("", "blank", isInDoubt ? 6 : 5),
    ...shops.map(({ connection }) => heading(names.get(connection), "shop", demo ? 2 : 1)),
  );
  const columns = row(
    heading(text("sku")),
    heading(text("onHand"), "number"),
    heading(text("reserved"), "number"),
    heading(text("heldBack"), "number"),
    ...(isInDoubt ? [heading(text("stockInDoubt"), "number")] : []),
    heading(text("free"), "number"),
    ...shops.flatMap(() => [
      heading(text("published"), "number edge"),
      ...(demo ? [heading(text("own"), "number")] : []),
    ]),
  );
  const listingOf = new Map(hub.listings.map((one) => [`${one.connection} ${one.sku}`, one]));
  const rows = stock.map((level) => {
    const key = `${level.sku} ${level.location}`;
    return row(
      cell(
        make(
          "div",
          {},
          make("span", { className: "strong" }, level.sku),
          level.location === "MAIN" ? null : make("span", { className: "quiet" }, ` ${level.location}`),
          make("span", { className: "name" }, inLanguage(hub.names.get(level.sku) ?? "")),
        ),
      ),
      livelyCell(`${key} onHand`, level.onHand, "number"),
      livelyCell(`${key} reserved`, level.reserved, "number"),
      livelyCell(`${key} heldBack`, level.heldBack, "number quiet"),
      ...(isInDoubt ? [livelyCell(`${key} inDoubt`, level.inDoubt, "number quiet")] : []),
      livelyCell(`${key} available`, level.available, `number strong${level.available <= 0 ? " none" : ""}`),
      ...shops.flatMap(({ connection }) =>
        shopCells(
          key,
          connection,
          listingOf.get(`${connection} ${level.sku}`),
          demo ? figures.get(connection) : null,
        ),
      ),
    );
  });
  return fill("stock", text("stock"), note, table([groups, columns], rows));
}

function shopCells(key, connection, listing, figures) {
  if (!listing) return [cell("", "edge"), ...(figures ? [cell("")] : [])];
  const published = listing.publishedQuantity;
  const own = figures?.[listing.sku];
  return [
    livelyCell(
      `${key} ${connection} published`,
      published ?? "…",
      `number edge${published === null ? " behind" : ""}`,
    ),
    ...(figures
      ? [
          livelyCell(
            `${key} ${connection} own`,
            own ?? "",
            `number${own === published ? " quiet" : " behind"}`,
          ),
        ]
      : []),
  ];
}

const statusKinds = {
  paid: "good",
  shipped: "good",
  completed: "good",
  pending_payment: "watch",
  refunding: "watch",
};
const shownOrders = 14;

export function drawOrders(hub) {
  if (hub.orders.length === 0) return fill("orders", text("orders"), "", sentence(text("noOrders")));
  const names = shopNames(hub);
  const rows = hub.orders
    .slice(0, shownOrders)
    .map((order) =>
      row(
        cell(clock(new Date(order.receivedAt)), "quiet"),
        cell(names.get(order.connection) ?? "", "wrap"),
        cell(order.externalId, "quiet"),
        cell(statusOf(order)),
        cell(money(order.totalMinor, order.currency), "number"),
      ),
    );
  const columns = row(
    heading(text("time")),
    heading(text("shop")),
    heading(text("order")),
    heading(text("status")),
    heading(text("total"), "number"),
  );
  return fill("orders", text("orders"), text("ordersNote"), table([columns], rows));
}

const statusOf = (order) =>
  make(
    "span",
    {},
    tag(text(order.status), statusKinds[order.status] ?? ""),
    order.shortfall > 0 ? tag(text("short", { count: number(order.shortfall) }), "bad") : null,
    order.unmapped > 0 ? tag(text("unmapped"), "bad") : null,
    order.heldReason === null ? null : tag(text("held"), "bad"),
  );

export function drawPushes(hub, pushes) {
  if (pushes.length === 0) return fill("pushes", text("pushes"), "", sentence(text("noPushes")));
  const names = shopNames(hub);
  const rows = pushes.map(({ at, connection, sku, quantity }) =>
    row(
      cell(clock(new Date(at)), "quiet"),
      cell(names.get(connection) ?? ""),
      cell(sku),
      cell(number(quantity), "number strong"),
    ),
  );
  const columns = row(
    heading(text("time")),
    heading(text("shop")),
    heading(text("sku")),
    heading(text("figure"), "number"),
  );
  return fill("pushes", text("pushes"), text("pushesNote"), table([columns], rows));
}

export function drawShops(hub) {
  byId("shops").hidden = hub.states.length === 0;
  const ofDemo = new Map((hub.demo?.shops ?? []).map((shop) => [shop.connection, shop]));
  const columns = row(
    heading(text("shop")),
    heading(text("status")),
    ...(hub.demo ? [heading(text("sold"), "number"), heading(text("soldOut"), "number")] : []),
    heading(text("waiting"), "number"),
    heading(text("inDoubt"), "number"),
    heading(text("parked"), "number"),
    heading(text("quarantined"), "number"),
  );
  const rows = hub.states.map((state) => {
    const shop = ofDemo.get(state.connection);
    return row(
      cell(inLanguage(state.name), "strong wrap"),
      cell(stateTag(state)),
      ...(hub.demo ? [count(shop?.orders ?? 0), count(shop?.refused ?? 0)] : []),
      count(state.pending),
      count(state.unknown, "behind"),
      count(state.parked, "behind"),
      count(state.quarantined, "behind"),
    );
  });
  fill("shops", text("shops"), "", table([columns], rows));
}

const count = (value, loud = "") => cell(number(value), `number ${value > 0 ? loud : "quiet"}`);

function stateTag({ status, circuit }) {
  if (circuit !== "closed") return tag(text("open"), "watch");
  if (status === "refused") return tag(text("refusedConnection"), "bad");
  return tag(text(status), status === "active" ? "good" : "watch");
}

const shownTasks = 6;

export function drawTasks(hub) {
  if (hub.tasks.length === 0) return fill("tasks", text("tasks"), "", sentence(text("noTasks")));
  const rows = hub.tasks
    .slice(0, shownTasks)
    .map((task) => row(cell(clock(new Date(task.createdAt)), "quiet"), cell(task.message, "wrap")));
  const note = `${text("tasksNote")} (${atMost(hub.tasks.length, 100)})`;
  return fill("tasks", text("tasks"), note, table([], rows));
}

export function drawBooks({ books, merchant }) {
  if (books.length === 0) return fill("books", text("books"), "", sentence(text("noBooks")));
  const base = merchant?.baseCurrency ?? "CNY";
  const amount = (minor, currency) => cell(minor === 0 ? "" : money(minor, currency), "number");
  const rows = books.map((account) =>
    row(
      cell(account.accountCode, "quiet"),
      cell(inLanguage(account.accountName)),
      amount(account.debitMinor, account.currency),
      amount(account.creditMinor, account.currency),
      cell(money(account.debitMinor - account.creditMinor, account.currency), "number strong"),
    ),
  );
  const debit = sum(books.map((account) => account.baseDebitMinor ?? 0));
  const credit = sum(books.map((account) => account.baseCreditMinor ?? 0));
  const columns = row(
    heading(""),
    heading(text("account")),
    heading(text("debit"), "number"),
    heading(text("credit"), "number"),
    heading(text("balance"), "number"),
  );
  const foot = row(
    cell(""),
    cell(text("sum")),
    cell(money(debit, base), "number"),
    cell(money(credit, base), "number"),
    cell(money(debit - credit, base), "number"),
  );
  return fill("books", text("books"), base, table([columns], rows, foot));
}

export function drawMishap({ demo, states }) {
  const { mishap } = demo ?? {};
  const place = byId("mishap");
  place.hidden = !mishap;
  if (!mishap) return;
  const shop = states.find((state) => state.connection === mishap.connection);
  place.textContent = text("mishap", { shop: inLanguage(shop?.name ?? ""), what: text(mishap.kind) });
}

/** What to do on a hub without a shop. */
export function drawFirst({ states }) {
  const place = byId("first");
  place.hidden = states.length > 0;
  if (states.length > 0) return;
  const step = (label, ...commands) =>
    make("li", {}, text(label), ...commands.map((command) => make("code", {}, command)));
  fill(
    "first",
    text("firstTitle"),
    "",
    make(
      "div",
      { className: "inner" },
      make(
        "ol",
        { className: "steps" },
        step(
          "first1",
          "npm run -s sluice -- import skus skus.csv",
          "npm run -s sluice -- import stock stock.csv",
        ),
        step(
          "first2",
          "npm run -s sluice -- connectors",
          'npm run -s sluice -- connections add --connector generic --name "My shop" --set baseUrl=https://…',
        ),
        step("first3", `npm run -s sluice -- sandbox --hub ${location.origin} --key slk_…`),
      ),
    ),
  );
}
