CREATE TABLE "claims" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"item_id" uuid NOT NULL,
	"viewer_key" text NOT NULL,
	"comment_no" bigint NOT NULL,
	"quantity" bigint NOT NULL,
	"price_minor" bigint NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"place" bigint,
	"expires_at" timestamp(3) with time zone,
	"order_id" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	"changed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "claims_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "claims_state" CHECK (state in ('held','waitlisted','offered','ordered','expired','cancelled','rejected')),
	CONSTRAINT "claims_quantity" CHECK (quantity > 0)
);
--> statement-breakpoint
CREATE TABLE "live_comments" (
	"merchant_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"no" bigint NOT NULL,
	"viewer_key" text,
	"body" "bytea" NOT NULL,
	"identified" "bytea",
	"sent_at" timestamp(3) with time zone NOT NULL,
	"received_at" timestamp(3) with time zone NOT NULL,
	"outcome" text NOT NULL,
	"reason" text,
	"edited_at" timestamp(3) with time zone,
	CONSTRAINT "live_comments_merchant_id_session_id_external_id_pk" PRIMARY KEY("merchant_id","session_id","external_id"),
	CONSTRAINT "live_comments_outcome" CHECK (outcome in ('claimed','already','refused','cancelled','unclear','nothing','host','late','removed','decided','dismissed'))
);
--> statement-breakpoint
CREATE TABLE "live_items" (
	"merchant_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"position" integer NOT NULL,
	"sku_id" uuid NOT NULL,
	"code" text NOT NULL,
	"code_aliases" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"variant" text,
	"variant_aliases" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"price_minor" bigint NOT NULL,
	"limit_per_buyer" bigint,
	"active" boolean DEFAULT true NOT NULL,
	"planned" bigint NOT NULL,
	"share" bigint DEFAULT 0 NOT NULL,
	"claimed" bigint DEFAULT 0 NOT NULL,
	"sold" bigint DEFAULT 0 NOT NULL,
	"given_back" bigint DEFAULT 0 NOT NULL,
	"waiting" bigint DEFAULT 0 NOT NULL,
	"last_place" bigint DEFAULT 0 NOT NULL,
	"sold_out" boolean DEFAULT false NOT NULL,
	CONSTRAINT "live_items_merchant_id_session_id_id_pk" PRIMARY KEY("merchant_id","session_id","id"),
	CONSTRAINT "live_items_sku_once" UNIQUE("merchant_id","session_id","sku_id"),
	CONSTRAINT "live_items_numbers" CHECK (claimed >= 0 and sold >= 0 and waiting >= 0 and given_back >= 0 and share >= claimed + sold)
);
--> statement-breakpoint
CREATE TABLE "live_orders" (
	"merchant_id" uuid NOT NULL,
	"order_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "live_orders_merchant_id_order_id_pk" PRIMARY KEY("merchant_id","order_id"),
	CONSTRAINT "live_orders_source" CHECK (source in ('claim','field','window'))
);
--> statement-breakpoint
CREATE TABLE "live_sessions" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"room" text NOT NULL,
	"host" text,
	"title" text NOT NULL,
	"scheduled_at" timestamp(3) with time zone,
	"state" text DEFAULT 'planned' NOT NULL,
	"settings" jsonb NOT NULL,
	"currency" text NOT NULL,
	"shown_item_id" uuid,
	"last_comment_no" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "live_sessions_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "live_sessions_state" CHECK (state in ('planned','on_air','ended'))
);
--> statement-breakpoint
ALTER TABLE "reservations" DROP CONSTRAINT "reservations_holder";--> statement-breakpoint
ALTER TABLE "live_items" ADD CONSTRAINT "live_items_session" FOREIGN KEY ("merchant_id","session_id") REFERENCES "public"."live_sessions"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "live_items" ADD CONSTRAINT "live_items_sku" FOREIGN KEY ("merchant_id","sku_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "live_sessions" ADD CONSTRAINT "live_sessions_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "claims_by_session" ON "claims" USING btree ("merchant_id","session_id","id") WHERE id > '00000000-0000-0000-0000-000000000000';--> statement-breakpoint
CREATE INDEX "claims_by_viewer" ON "claims" USING btree ("merchant_id","session_id","viewer_key");--> statement-breakpoint
CREATE UNIQUE INDEX "claims_place" ON "claims" USING btree ("merchant_id","item_id","place") WHERE place is not null;--> statement-breakpoint
CREATE INDEX "claims_waiting" ON "claims" USING btree ("merchant_id","item_id","place") WHERE state = 'waitlisted';--> statement-breakpoint
CREATE UNIQUE INDEX "claims_open_once" ON "claims" USING btree ("merchant_id","item_id","viewer_key") WHERE state in ('held','offered','waitlisted');--> statement-breakpoint
CREATE INDEX "claims_expiring" ON "claims" USING btree ("merchant_id","expires_at") WHERE state in ('held','offered');--> statement-breakpoint
CREATE UNIQUE INDEX "live_comments_no" ON "live_comments" USING btree ("merchant_id","session_id","no") WHERE no > 0;--> statement-breakpoint
CREATE INDEX "live_comments_by_viewer" ON "live_comments" USING btree ("merchant_id","session_id","viewer_key","received_at") WHERE viewer_key is not null;--> statement-breakpoint
CREATE INDEX "live_comments_unclear" ON "live_comments" USING btree ("merchant_id","session_id","no") WHERE outcome = 'unclear';--> statement-breakpoint
CREATE INDEX "live_orders_by_session" ON "live_orders" USING btree ("merchant_id","session_id","order_id");--> statement-breakpoint
CREATE UNIQUE INDEX "live_sessions_on_air" ON "live_sessions" USING btree ("merchant_id","connection_id","room") WHERE state = 'on_air';--> statement-breakpoint
CREATE INDEX "live_sessions_by_room" ON "live_sessions" USING btree ("merchant_id","connection_id","room","id");--> statement-breakpoint
CREATE INDEX "live_sessions_by_state" ON "live_sessions" USING btree ("merchant_id","state","id");--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_holder" CHECK (holder_kind in ('order','hold','session','claim'));