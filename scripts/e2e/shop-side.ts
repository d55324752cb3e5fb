/** A real shop as the round trip sees it: what it shows, and what its shoppers and its staff do. */
export interface ShopSide {
  /** "Medusa". */
  name: string;
  /** A shopper buys through the public API; without `isPaid` the payment is only authorised. Answers the order's id. */
  buy(lines: Record<string, number>, isPaid: boolean): Promise<string>;
  /** The staff takes the money of an order that was only authorised. */
  takeMoney(orderId: string): Promise<void>;
  /** By SKU, at the shop's one location. */
  stock(): Promise<Record<string, ShopStock>>;
  orders(): Promise<ShopOrder[]>;
  /** The staff packs and ships the whole order. */
  ship(orderId: string): Promise<void>;
  /** One unit of the order's first line comes back whole and is put on the shelf. */
  takeBack(orderId: string): Promise<void>;
  refund(orderId: string, amountMinor: number): Promise<void>;
  /** The staff cancels the whole order, freight included, and pays everything back. */
  cancel(orderId: string): Promise<void>;
  /** Lets the shop's bridge reach the hub, or not. */
  bridge(isOpen: boolean): Promise<void>;
  /** Topics of the bridge's deliveries about an order that is paid at once, one delivery each. */
  topics: string[];
  /** Where shops differ: what the hub shows of an order that came back, and of one that was paid and cancelled. */
  expected: { statusOfReturned: string; cancelled: { refundedMinor: number; totalMinor: number } };
}

export interface ShopStock {
  stocked: number;
  reserved: number;
  /** What the shop may still sell. */
  sells: number;
}

export interface ShopOrder {
  id: string;
  isCancelled: boolean;
  lines: { sku: string; quantity: number; packed: number }[];
  /** Not cancelled. */
  parcels: { id: string; units: number[]; isShipped: boolean; number: string | null }[];
}

/** What every shop of a round trip sells, in EUR with VAT of 21 %, freight 4.90. */
export const goods = [
  { sku: "MUG-BLU-350", title: "Stoneware mug", priceMinor: 2500, stock: 7 },
  { sku: "TEA-GRN-100", title: "Green tea", priceMinor: 1999, stock: 0 },
  { sku: "BAG-1", title: "Bag", priceMinor: 500, stock: 500 },
] as const;
