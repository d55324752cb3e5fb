ALTER TABLE "holds" DROP CONSTRAINT "holds_merchant_id_merchants_merchant_id_fk";
--> statement-breakpoint
ALTER TABLE "inbox" DROP CONSTRAINT "inbox_connection";
