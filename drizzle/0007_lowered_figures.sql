ALTER TABLE "exposures" ADD COLUMN "unprompted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "exposures" ADD COLUMN "lowered" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "exposures" ADD COLUMN "lowered_at" timestamp(3) with time zone;