CREATE TABLE "exposures" (
	"merchant_id" uuid NOT NULL,
	"listing_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"after" bigint DEFAULT 0 NOT NULL,
	"before" bigint DEFAULT 0 NOT NULL,
	"in_flight" bigint DEFAULT 0 NOT NULL,
	"anchor" timestamp(3) with time zone,
	"next_figure" bigint,
	"next_anchor" timestamp(3) with time zone,
	"next_ingested" bigint,
	"next_restored" bigint,
	"surplus" bigint DEFAULT 0 NOT NULL,
	"adopted" boolean DEFAULT false NOT NULL,
	"must_look" boolean DEFAULT false NOT NULL,
	"write_id" text,
	"write_kind" text,
	"write_quantity" bigint,
	"write_expected" bigint,
	"write_state" text,
	"write_since" timestamp(3) with time zone,
	"write_until" timestamp(3) with time zone,
	"write_ingested" bigint,
	"write_restored" bigint,
	"writes" bigint DEFAULT 0 NOT NULL,
	"ingested" bigint DEFAULT 0 NOT NULL,
	"restored" bigint DEFAULT 0 NOT NULL,
	"doubt_until" timestamp(3) with time zone,
	"confirmed" bigint,
	"confirmed_at" timestamp(3) with time zone,
	"hour" integer DEFAULT 0 NOT NULL,
	"sold_now" bigint DEFAULT 0 NOT NULL,
	"sold_before" bigint DEFAULT 0 NOT NULL,
	"deducts" text NOT NULL,
	"restores_unpaid" boolean NOT NULL,
	"restores_paid" boolean NOT NULL,
	"skew_ms" integer NOT NULL,
	"readable" boolean NOT NULL,
	"halt" text,
	"overwrites" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "exposures_merchant_id_listing_id_pk" PRIMARY KEY("merchant_id","listing_id"),
	CONSTRAINT "exposures_in_flight" CHECK (in_flight >= 0 and (write_id is not null or in_flight = 0)),
	CONSTRAINT "exposures_quarantine" CHECK (anchor is not null or before = 0),
	CONSTRAINT "exposures_next" CHECK ((next_figure is null) = (next_anchor is null) and (next_figure is null or anchor is not null)),
	CONSTRAINT "exposures_counts" CHECK (surplus >= 0 and sold_now >= 0 and sold_before >= 0 and writes >= 0 and ingested >= 0),
	CONSTRAINT "exposures_write" CHECK ((write_id is null) = (write_kind is null) and (write_id is null) = (write_state is null) and (write_id is null) = (write_until is null)
        and (write_kind is null or write_kind in ('set','delta','compareAndSet')) and (write_state is null or write_state in ('sending','unknown'))),
	CONSTRAINT "exposures_deducts" CHECK (deducts in ('placed','paid','never')),
	CONSTRAINT "exposures_halt" CHECK (halt is null or halt in ('asked','stopped'))
);
--> statement-breakpoint
CREATE TABLE "sku_allocations" (
	"merchant_id" uuid NOT NULL,
	"sku_id" uuid NOT NULL,
	"state" text DEFAULT 'shared' NOT NULL,
	"since" timestamp(3) with time zone NOT NULL,
	"possible_oversell" bigint DEFAULT 0 NOT NULL,
	"deficit" bigint DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	CONSTRAINT "sku_allocations_merchant_id_sku_id_pk" PRIMARY KEY("merchant_id","sku_id"),
	CONSTRAINT "sku_allocations_state" CHECK (state in ('shared','converging','split')),
	CONSTRAINT "sku_allocations_figures" CHECK (possible_oversell >= 0 and deficit >= 0 and (state = 'split' or deficit = 0) and (state <> 'split' or possible_oversell = 0))
);
--> statement-breakpoint
ALTER TABLE "listings" DROP CONSTRAINT "listings_mode";--> statement-breakpoint
ALTER TABLE "listings" ADD COLUMN "share_minimum" bigint;--> statement-breakpoint
ALTER TABLE "listings" ADD COLUMN "share_maximum" bigint;--> statement-breakpoint
ALTER TABLE "listings" ADD COLUMN "share_fixed" bigint;--> statement-breakpoint
ALTER TABLE "listings" ADD COLUMN "share_percent_bp" integer;--> statement-breakpoint
ALTER TABLE "skus" ADD COLUMN "stock_mode" text;--> statement-breakpoint
ALTER TABLE "exposures" ADD CONSTRAINT "exposures_listing" FOREIGN KEY ("merchant_id","listing_id") REFERENCES "public"."listings"("merchant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sku_allocations" ADD CONSTRAINT "sku_allocations_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sku_allocations" ADD CONSTRAINT "sku_allocations_sku" FOREIGN KEY ("merchant_id","sku_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "exposures_anchored" ON "exposures" USING btree ("merchant_id","connection_id","anchor") WHERE anchor is not null;--> statement-breakpoint
ALTER TABLE "listings" DROP COLUMN "mode";--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_share" CHECK ((share_minimum is null or share_minimum >= 0) and (share_maximum is null or share_maximum >= coalesce(share_minimum, 0))
        and (share_fixed is null or share_fixed >= 0) and (share_percent_bp is null or share_percent_bp between 0 and 10000)
        and (share_fixed is null or share_percent_bp is null));--> statement-breakpoint
ALTER TABLE "skus" ADD CONSTRAINT "skus_stock_mode" CHECK (stock_mode is null or stock_mode in ('shared','split','auto'));