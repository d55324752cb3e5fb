ALTER TABLE "live_orders" DROP CONSTRAINT "live_orders_merchant_id_order_id_pk";--> statement-breakpoint
ALTER TABLE "live_orders" ADD CONSTRAINT "live_orders_merchant_id_order_id_session_id_pk" PRIMARY KEY("merchant_id","order_id","session_id");--> statement-breakpoint
ALTER TABLE "live_items" ADD COLUMN "components" jsonb;--> statement-breakpoint
ALTER TABLE "live_orders" ADD COLUMN "lines" jsonb;--> statement-breakpoint
ALTER TABLE "live_orders" ADD COLUMN "units" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "live_sessions" ADD COLUMN "past_comments" jsonb;