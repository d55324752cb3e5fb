ALTER TABLE "order_lines" DROP CONSTRAINT "order_lines_numbers";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "tokens" "bytea";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "tokens_version" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "tokens_expire_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "grant_expires_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "terms" jsonb;--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_numbers" CHECK (quantity >= 0 and units_per >= 0 and shipped >= 0 and returned >= 0 and returned <= shipped and cancelled >= 0 and shortfall >= 0);