/** Variants, inventory items, levels and reservations of the fake Medusa. */

export interface FakeVariant {
  id: string;
  sku: string;
  title: string;
  price: number;
  managed: boolean;
  /** Inventory items and how many of each are in one unit; more than one, or more than one of it, is a kit. */
  parts: { inventoryItemId: string; required: number }[];
}

export interface Level {
  inventoryItemId: string;
  locationId: string;
  stocked: number;
  reserved: number;
}

export type Inventory = ReturnType<typeof createInventory>;

export function createInventory(locationId: string) {
  const variants = new Map<string, FakeVariant>();
  const levels = new Map<string, Level>();
  /** Units of a line that are still reserved, by line id. */
  const reserved = new Map<string, { variant: FakeVariant; quantity: number }>();
  const keyOf = (inventoryItemId: string, location: string) => `${inventoryItemId} ${location}`;
  const level = (inventoryItemId: string, location = locationId) =>
    levels.get(keyOf(inventoryItemId, location));
  const each = (variant: FakeVariant, quantity: number, change: (level: Level, units: number) => void) => {
    for (const { inventoryItemId, required } of variant.parts) {
      const found = level(inventoryItemId);
      if (found) change(found, required * quantity);
    }
  };

  return {
    variants,
    level,
    levelsOf: (inventoryItemId: string) =>
      [...levels.values()].filter((one) => one.inventoryItemId === inventoryItemId),
    reservedFor: (lineId: string): number => reserved.get(lineId)?.quantity ?? 0,

    variant(id: string): FakeVariant {
      const found = variants.get(id);
      if (!found) throw new Error(`no variant ${id}`);
      return found;
    },

    /** A plain variant with an inventory item of its own; `stock: null` leaves it unstocked. */
    add(
      id: string,
      { sku, price, stock }: { sku: string; price: number; stock: number | null },
    ): FakeVariant {
      const inventoryItemId = `iitem_${id}`;
      const variant: FakeVariant = {
        id,
        sku,
        title: sku,
        price,
        managed: true,
        parts: [{ inventoryItemId, required: 1 }],
      };
      variants.set(id, variant);
      if (stock !== null)
        levels.set(keyOf(inventoryItemId, locationId), {
          inventoryItemId,
          locationId,
          stocked: stock,
          reserved: 0,
        });
      return variant;
    },

    addVariant(variant: FakeVariant): void {
      variants.set(variant.id, variant);
    },

    setLevel(inventoryItemId: string, location: string, stocked: number): Level {
      const known = level(inventoryItemId, location);
      const next = known ?? { inventoryItemId, locationId: location, stocked, reserved: 0 };
      next.stocked = stocked;
      levels.set(keyOf(inventoryItemId, location), next);
      return next;
    },

    removeLevel(inventoryItemId: string): void {
      levels.delete(keyOf(inventoryItemId, locationId));
    },

    reserve(variant: FakeVariant, lineId: string, quantity: number): void {
      reserved.set(lineId, { variant, quantity });
      each(variant, quantity, (found, units) => {
        found.reserved += units;
      });
    },

    release(lineId: string): void {
      const held = reserved.get(lineId);
      if (!held) return;
      reserved.delete(lineId);
      each(held.variant, held.quantity, (found, units) => {
        found.reserved -= units;
      });
    },

    /** Takes packed units from the shelf and from the reservation; answers the rows of the fulfilment. */
    consume(
      variant: FakeVariant,
      lineId: string,
      quantity: number,
    ): { inventoryItemId: string; quantity: number }[] {
      const held = reserved.get(lineId);
      if (held) held.quantity -= quantity;
      each(variant, quantity, (found, units) => {
        found.stocked -= units;
        found.reserved -= units;
      });
      return variant.parts.map(({ inventoryItemId, required }) => ({
        inventoryItemId,
        quantity: required * quantity,
      }));
    },

    putBack(variant: FakeVariant, quantity: number): void {
      each(variant, quantity, (found, units) => {
        found.stocked += units;
      });
    },
  };
}
