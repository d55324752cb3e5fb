ALTER TABLE "listings" ADD COLUMN "managed_by" text;--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_managed_by" CHECK (managed_by is null or managed_by = 'platform');