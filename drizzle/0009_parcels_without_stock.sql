ALTER TABLE "stock_levels" DROP CONSTRAINT "stock_levels_reserved";--> statement-breakpoint
ALTER TABLE "stock_levels" ADD COLUMN "in_doubt" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD COLUMN "known_since" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_reserved" CHECK (reserved >= 0 and held_back >= 0 and in_doubt >= 0);--> statement-breakpoint
-- Since when stock was known before there was a column for it: the last count, else the first document.
UPDATE "stock_levels" s SET "known_since" = m."since" FROM (
  SELECT merchant_id, sku_id, location_id,
    coalesce(max(occurred_at) FILTER (WHERE kind IN ('count', 'opening')), min(occurred_at)) AS "since"
  FROM "movements" WHERE kind NOT IN ('shipment', 'shipment_cancelled', 'return') GROUP BY 1, 2, 3
) m WHERE m.merchant_id = s.merchant_id AND m.sku_id = s.sku_id AND m.location_id = s.location_id;
