import type { TestRuntime } from "../../../support/runtime.ts";

/** A shop on Taobao: its own trades and stock. Ids as text, since they are beyond 2^53; amounts fen. */

export interface FakeSku {
  sku_id: string;
  outer_id: string;
  name: string;
  price: number;
  quantity: number;
}

export interface FakeItem {
  num_iid: string;
  title: string;
  outer_id: string;
  onSale: boolean;
  /** 1 takes units off when they are ordered, 2 when they are paid. */
  sub_stock: 1 | 2;
  /** At least one; an item without SKUs has one with the empty id. */
  skus: FakeSku[];
}

export interface FakeLine {
  oid: string;
  item: FakeItem;
  sku: FakeSku;
  num: number;
  /** What the buyer pays for it. */
  share: number;
  status: string;
  refund: null | { id: string; fee: number; status: string; goodsBack: boolean; modifiedMs: number };
  consignMs: number | null;
  waybill: string;
  company: string;
}

export interface FakeTrade {
  tid: string;
  type: string;
  status: string;
  createdMs: number;
  modifiedMs: number;
  /** When the row came into the database that is asked; it can lie behind `modifiedMs`. */
  enteredMs: number;
  paidMs: number | null;
  /** What was paid; refunds lower it. */
  payment: number;
  postFee: number;
  memo: string;
  lines: FakeLine[];
}

export class FakeTaobao {
  readonly items = new Map<string, FakeItem>();
  readonly trades = new Map<string, FakeTrade>();
  /** Trades that are listed and whose detail is refused. */
  readonly withheld = new Set<string>();
  /** How far rows come in behind their time. */
  lagMs = 0;
  private ids = 2_260_011_223_344_556_000n;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, items: readonly FakeItem[]) {
    this.runtime = runtime;
    for (const item of items) this.items.set(item.num_iid, structuredClone(item));
  }

  nextId(): string {
    this.ids += 1n;
    return String(this.ids);
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  trade(tid: string): FakeTrade {
    const trade = this.trades.get(tid);
    if (!trade) throw new Error(`no trade ${tid}`);
    return trade;
  }

  sku(num_iid: string, sku_id = ""): FakeSku | undefined {
    return this.items.get(num_iid)?.skus.find((sku) => sku.sku_id === sku_id);
  }

  /** A buyer orders, one line per entry; one line has the trade's own id. */
  place(wanted: readonly { num_iid: string; sku_id?: string; num: number }[]): FakeTrade {
    const tid = this.nextId();
    const lines = wanted.map(({ num_iid, sku_id, num }): FakeLine => {
      const item = this.items.get(num_iid);
      const sku = this.sku(num_iid, sku_id);
      if (!item || !sku) throw new Error(`no SKU ${num_iid} ${sku_id}`);
      if (item.sub_stock === 1) sku.quantity -= num;
      const share = sku.price * num;
      const oid = wanted.length === 1 ? tid : this.nextId();
      const status = "WAIT_BUYER_PAY";
      return { oid, item, sku, num, share, status, refund: null, consignMs: null, waybill: "", company: "" };
    });
    const now = this.now();
    const trade: FakeTrade = {
      tid,
      type: "fixed",
      status: "WAIT_BUYER_PAY",
      createdMs: now,
      modifiedMs: now,
      enteredMs: now + this.lagMs,
      paidMs: null,
      payment: lines.reduce((sum, line) => sum + line.share, 800),
      postFee: 800,
      memo: "",
      lines,
    };
    this.trades.set(tid, trade);
    return trade;
  }

  changed(trade: FakeTrade): void {
    trade.modifiedMs = this.now();
    trade.enteredMs = trade.modifiedMs + this.lagMs;
  }

  private setStatus(trade: FakeTrade, status: string): void {
    trade.status = status;
    for (const line of trade.lines) if (!line.status.startsWith("TRADE_CLOSED")) line.status = status;
    this.changed(trade);
  }

  pay(tid: string): void {
    const trade = this.trade(tid);
    for (const { item, sku, num } of trade.lines) if (item.sub_stock === 2) sku.quantity -= num;
    trade.paidMs = this.now();
    this.setStatus(trade, "WAIT_SELLER_SEND_GOODS");
  }

  /** Closed before it was paid. */
  close(tid: string): void {
    const trade = this.trade(tid);
    for (const { item, sku, num } of trade.lines) if (item.sub_stock === 1) sku.quantity += num;
    this.setStatus(trade, "TRADE_CLOSED_BY_TAOBAO");
  }

  touch(tid: string): void {
    const trade = this.trade(tid);
    trade.memo = `seen at ${this.now()}`;
    this.changed(trade);
  }

  /** Money goes back for a line; the whole of it closes the line and puts its units back. */
  refund(tid: string, oid: string, fee: number, goodsBack = false): void {
    const trade = this.trade(tid);
    const line = trade.lines.find((one) => one.oid === oid);
    if (!line) throw new Error(`no line ${oid}`);
    line.refund = { id: this.nextId(), fee, status: "SUCCESS", goodsBack, modifiedMs: this.now() };
    trade.payment -= fee;
    if (fee >= line.share) {
      line.status = "TRADE_CLOSED";
      line.sku.quantity += line.num;
    }
    if (trade.lines.every((one) => one.status === "TRADE_CLOSED")) trade.status = "TRADE_CLOSED";
    this.changed(trade);
  }

  /** False when it is not waiting for that. No lines named: all that are left. */
  ship(tid: string, oids: readonly string[] | null, waybill: string, company: string): boolean {
    const trade = this.trade(tid);
    const open = trade.lines.filter((line) => line.status === "WAIT_SELLER_SEND_GOODS");
    const sent = oids === null ? open : open.filter((line) => oids.includes(line.oid));
    if (sent.length === 0 || (oids !== null && sent.length < oids.length)) return false;
    for (const line of sent)
      Object.assign(line, { consignMs: this.now(), waybill, company, status: "WAIT_BUYER_CONFIRM_GOODS" });
    const isAll = open.length === sent.length;
    trade.status = isAll ? "WAIT_BUYER_CONFIRM_GOODS" : "SELLER_CONSIGNED_PART";
    this.changed(trade);
    return true;
  }
}
