CREATE TABLE "api_keys" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"hash" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"revoked_at" timestamp(3) with time zone,
	CONSTRAINT "api_keys_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "api_keys_role" CHECK (role in ('owner','operator','warehouse','finance','read-only'))
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "audit_log_merchant_id_id_pk" PRIMARY KEY("merchant_id","id")
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connector" text NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"secrets" "bytea" NOT NULL,
	"previous_secrets" "bytea",
	"previous_secrets_until" timestamp(3) with time zone,
	"problem" text,
	"circuit" text DEFAULT 'closed' NOT NULL,
	"circuit_failures" integer DEFAULT 0 NOT NULL,
	"circuit_until" timestamp(3) with time zone,
	"order_watermark" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "connections_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "connections_name" UNIQUE("merchant_id","name"),
	CONSTRAINT "connections_status" CHECK (status in ('active','paused','refused','removed'))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"merchant_id" uuid NOT NULL,
	"key" text NOT NULL,
	"digest" text NOT NULL,
	"status" integer,
	"response" jsonb,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_merchant_id_key_pk" PRIMARY KEY("merchant_id","key")
);
--> statement-breakpoint
CREATE TABLE "merchants" (
	"merchant_id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"base_currency" text NOT NULL,
	"time_zone" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"wrapped_key" text NOT NULL,
	"last_event_seq" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bundles" (
	"merchant_id" uuid NOT NULL,
	"bundle_id" uuid NOT NULL,
	"component_id" uuid NOT NULL,
	"quantity" bigint NOT NULL,
	CONSTRAINT "bundles_merchant_id_bundle_id_component_id_pk" PRIMARY KEY("merchant_id","bundle_id","component_id"),
	CONSTRAINT "bundles_quantity" CHECK (quantity > 0 and bundle_id <> component_id)
);
--> statement-breakpoint
CREATE TABLE "listings" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"external_variant_id" text DEFAULT '' NOT NULL,
	"sku_id" uuid NOT NULL,
	"units_per" bigint DEFAULT 1 NOT NULL,
	"mode" text DEFAULT 'shared' NOT NULL,
	"buffer" bigint DEFAULT 0 NOT NULL,
	"cap" bigint,
	"published_quantity" bigint,
	"published_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "listings_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "listings_external" UNIQUE("merchant_id","connection_id","external_id","external_variant_id"),
	CONSTRAINT "listings_numbers" CHECK (units_per > 0 and buffer >= 0 and (cap is null or cap >= 0)),
	CONSTRAINT "listings_mode" CHECK (mode in ('shared','split','auto'))
);
--> statement-breakpoint
CREATE TABLE "locations" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"kind" text DEFAULT 'own' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "locations_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "locations_code" UNIQUE("merchant_id","code"),
	CONSTRAINT "locations_kind" CHECK (kind in ('own','platform','supplier','transit','quarantine'))
);
--> statement-breakpoint
CREATE TABLE "skus" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"kind" text DEFAULT 'physical' NOT NULL,
	"barcode" text,
	"tax_rate_bp" integer,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "skus_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "skus_code" UNIQUE("merchant_id","code"),
	CONSTRAINT "skus_kind" CHECK (kind in ('physical','virtual','bundle')),
	CONSTRAINT "skus_tax" CHECK (tax_rate_bp is null or tax_rate_bp between 0 and 10000)
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"merchant_id" uuid NOT NULL,
	"role" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	CONSTRAINT "accounts_merchant_id_role_pk" PRIMARY KEY("merchant_id","role"),
	CONSTRAINT "accounts_type" CHECK (type in ('asset','liability','equity','income','expense'))
);
--> statement-breakpoint
CREATE TABLE "journal_entries" (
	"merchant_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"date" date NOT NULL,
	"rule" text NOT NULL,
	"event_seq" bigint NOT NULL,
	"currency" text NOT NULL,
	"narration" text NOT NULL,
	"order_id" uuid,
	"reversal_of" bigint,
	"dimensions" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"posted_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "journal_entries_merchant_id_number_pk" PRIMARY KEY("merchant_id","number"),
	CONSTRAINT "journal_entries_source" UNIQUE("merchant_id","event_seq","rule")
);
--> statement-breakpoint
CREATE TABLE "journal_lines" (
	"merchant_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"line_no" smallint NOT NULL,
	"role" text NOT NULL,
	"account_code" text NOT NULL,
	"account_name" text NOT NULL,
	"side" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"base_amount_minor" bigint,
	CONSTRAINT "journal_lines_merchant_id_number_line_no_pk" PRIMARY KEY("merchant_id","number","line_no"),
	CONSTRAINT "journal_lines_side" CHECK (side in ('debit','credit')),
	CONSTRAINT "journal_lines_amount" CHECK (amount_minor > 0)
);
--> statement-breakpoint
CREATE TABLE "periods" (
	"merchant_id" uuid NOT NULL,
	"period" text NOT NULL,
	"closed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "periods_merchant_id_period_pk" PRIMARY KEY("merchant_id","period")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"merchant_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"type" text NOT NULL,
	"subject" uuid NOT NULL,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "events_merchant_id_seq_pk" PRIMARY KEY("merchant_id","seq")
);
--> statement-breakpoint
CREATE TABLE "order_lines" (
	"merchant_id" uuid NOT NULL,
	"order_id" uuid NOT NULL,
	"line_no" integer NOT NULL,
	"external_line_id" text NOT NULL,
	"sku_id" uuid,
	"units_per" bigint DEFAULT 1 NOT NULL,
	"external_sku" text,
	"external_item_id" text,
	"external_variant_id" text,
	"title" text,
	"quantity" bigint NOT NULL,
	"unit_price_minor" bigint NOT NULL,
	"discount_minor" bigint DEFAULT 0 NOT NULL,
	"tax_minor" bigint,
	"shipped" bigint DEFAULT 0 NOT NULL,
	"returned" bigint DEFAULT 0 NOT NULL,
	"cancelled" bigint DEFAULT 0 NOT NULL,
	"shortfall" bigint DEFAULT 0 NOT NULL,
	"waiting_since" timestamp(3) with time zone,
	"components" jsonb,
	CONSTRAINT "order_lines_merchant_id_order_id_line_no_pk" PRIMARY KEY("merchant_id","order_id","line_no"),
	CONSTRAINT "order_lines_numbers" CHECK (quantity >= 0 and units_per > 0 and shipped >= 0 and returned >= 0 and returned <= shipped and cancelled >= 0 and shortfall >= 0)
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"status" text NOT NULL,
	"told_status" text NOT NULL,
	"currency" text NOT NULL,
	"total_minor" bigint NOT NULL,
	"shipping_minor" bigint DEFAULT 0 NOT NULL,
	"discount_minor" bigint DEFAULT 0 NOT NULL,
	"platform_discount_minor" bigint DEFAULT 0 NOT NULL,
	"placed_at" timestamp(3) with time zone NOT NULL,
	"paid_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"digest" text NOT NULL,
	"booked" jsonb,
	"refunded_minor" bigint DEFAULT 0 NOT NULL,
	"held_reason" text,
	"buyer" "bytea",
	"live_session" text,
	"note" text,
	"received_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "orders_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "orders_external" UNIQUE("merchant_id","connection_id","external_id"),
	CONSTRAINT "orders_status" CHECK (status in ('pending_payment','paid','partially_shipped','shipped','completed','cancelled','refunding','refunded'))
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"order_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"origin" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"shipping_minor" bigint DEFAULT 0 NOT NULL,
	"lines" jsonb NOT NULL,
	"reason" text,
	"refunded_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "refunds_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "refunds_external" UNIQUE("merchant_id","order_id","external_id"),
	CONSTRAINT "refunds_origin" CHECK (origin in ('hub','platform'))
);
--> statement-breakpoint
CREATE TABLE "shipments" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"order_id" uuid NOT NULL,
	"external_id" text,
	"origin" text NOT NULL,
	"status" text DEFAULT 'shipped' NOT NULL,
	"carrier" text,
	"tracking_number" text,
	"lines" jsonb NOT NULL,
	"shipped_at" timestamp(3) with time zone NOT NULL,
	"cancelled_at" timestamp(3) with time zone,
	CONSTRAINT "shipments_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "shipments_external" UNIQUE("merchant_id","order_id","external_id"),
	CONSTRAINT "shipments_origin" CHECK (origin in ('hub','platform')),
	CONSTRAINT "shipments_status" CHECK (status in ('shipped','cancelled'))
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"reference" text NOT NULL,
	"lines" jsonb NOT NULL,
	"status" text DEFAULT 'held' NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	"closed_at" timestamp(3) with time zone,
	"order_id" uuid,
	CONSTRAINT "holds_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "holds_reference" UNIQUE("merchant_id","reference"),
	CONSTRAINT "holds_status" CHECK (status in ('held','consumed','released','expired'))
);
--> statement-breakpoint
CREATE TABLE "movements" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"sku_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"quantity" bigint NOT NULL,
	"value_minor" bigint NOT NULL,
	"cause" text NOT NULL,
	"event_seq" bigint NOT NULL,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "movements_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "movements_kind" CHECK (kind in ('opening','receipt','count','damage','loss','gain','sample','other','shipment','shipment_cancelled','return','transfer_out','transfer_in'))
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"merchant_id" uuid NOT NULL,
	"holder_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"holder_kind" text NOT NULL,
	"line_no" integer NOT NULL,
	"sku_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"quantity" bigint NOT NULL,
	"status" text DEFAULT 'held' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"closed_at" timestamp(3) with time zone,
	CONSTRAINT "reservations_merchant_id_holder_id_id_pk" PRIMARY KEY("merchant_id","holder_id","id"),
	CONSTRAINT "reservations_quantity" CHECK (quantity > 0),
	CONSTRAINT "reservations_status" CHECK (status in ('held','consumed','released','expired')),
	CONSTRAINT "reservations_holder" CHECK (holder_kind in ('order','hold'))
);
--> statement-breakpoint
CREATE TABLE "stock_documents" (
	"merchant_id" uuid NOT NULL,
	"reference" text NOT NULL,
	"kind" text NOT NULL,
	"digest" text NOT NULL,
	"result" jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "stock_documents_merchant_id_reference_pk" PRIMARY KEY("merchant_id","reference"),
	CONSTRAINT "stock_documents_kind" CHECK (kind in ('adjustment','transfer'))
);
--> statement-breakpoint
CREATE TABLE "stock_levels" (
	"merchant_id" uuid NOT NULL,
	"sku_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"own" boolean NOT NULL,
	"on_hand" bigint DEFAULT 0 NOT NULL,
	"reserved" bigint DEFAULT 0 NOT NULL,
	"held_back" bigint DEFAULT 0 NOT NULL,
	"value_minor" bigint DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "stock_levels_merchant_id_sku_id_location_id_pk" PRIMARY KEY("merchant_id","sku_id","location_id"),
	CONSTRAINT "stock_levels_reserved" CHECK (reserved >= 0 and held_back >= 0),
	CONSTRAINT "stock_levels_covered" CHECK (not own or reserved + held_back <= on_hand),
	CONSTRAINT "stock_levels_worth" CHECK (on_hand <> 0 or value_minor = 0)
);
--> statement-breakpoint
CREATE TABLE "cursors" (
	"merchant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "cursors_merchant_id_name_pk" PRIMARY KEY("merchant_id","name")
);
--> statement-breakpoint
CREATE TABLE "gap_reports" (
	"merchant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"hour" timestamp(3) with time zone NOT NULL,
	"our_count" integer NOT NULL,
	"their_count" integer NOT NULL,
	"our_digest" text NOT NULL,
	"their_digest" text NOT NULL,
	"missing" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"checked_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "gap_reports_merchant_id_connection_id_hour_pk" PRIMARY KEY("merchant_id","connection_id","hour")
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"merchant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"delivery_id" text NOT NULL,
	"digest" text NOT NULL,
	"topic" text NOT NULL,
	"payload" "bytea" NOT NULL,
	"status" text DEFAULT 'received' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp(3) with time zone NOT NULL,
	"error_kind" text,
	"error_message" text,
	"received_at" timestamp(3) with time zone NOT NULL,
	"closed_at" timestamp(3) with time zone,
	CONSTRAINT "inbox_merchant_id_connection_id_delivery_id_digest_pk" PRIMARY KEY("merchant_id","connection_id","delivery_id","digest"),
	CONSTRAINT "inbox_status" CHECK (status in ('received','applied','ignored','quarantined'))
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"merchant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"holder" text NOT NULL,
	"token" bigint NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "leases_merchant_id_name_pk" PRIMARY KEY("merchant_id","name")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"merchant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"requested" bigint DEFAULT 1 NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp(3) with time zone NOT NULL,
	"quantity" bigint,
	"error_kind" text,
	"error_message" text,
	"external_id" text,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "outbox_merchant_id_kind_subject_id_pk" PRIMARY KEY("merchant_id","kind","subject_id"),
	CONSTRAINT "outbox_kind" CHECK (kind in ('stock','fulfilment')),
	CONSTRAINT "outbox_status" CHECK (status in ('pending','sending','unknown','parked','done'))
);
--> statement-breakpoint
CREATE TABLE "rate_buckets" (
	"merchant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"milli_tokens" bigint NOT NULL,
	"refilled_at" timestamp(3) with time zone NOT NULL,
	"blocked_until" timestamp(3) with time zone,
	CONSTRAINT "rate_buckets_merchant_id_connection_id_pk" PRIMARY KEY("merchant_id","connection_id")
);
--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid,
	"job" text NOT NULL,
	"status" text NOT NULL,
	"counts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"error" text,
	"started_at" timestamp(3) with time zone NOT NULL,
	"finished_at" timestamp(3) with time zone,
	CONSTRAINT "sync_runs_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "sync_runs_status" CHECK (status in ('running','succeeded','failed'))
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"merchant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"message" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"closed_at" timestamp(3) with time zone,
	CONSTRAINT "tasks_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "tasks_status" CHECK (status in ('open','done'))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bundles" ADD CONSTRAINT "bundles_bundle" FOREIGN KEY ("merchant_id","bundle_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bundles" ADD CONSTRAINT "bundles_component" FOREIGN KEY ("merchant_id","component_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_sku" FOREIGN KEY ("merchant_id","sku_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "locations" ADD CONSTRAINT "locations_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "skus" ADD CONSTRAINT "skus_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "journal_entries" ADD CONSTRAINT "journal_entries_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "journal_lines" ADD CONSTRAINT "journal_lines_entry" FOREIGN KEY ("merchant_id","number") REFERENCES "public"."journal_entries"("merchant_id","number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "periods" ADD CONSTRAINT "periods_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order" FOREIGN KEY ("merchant_id","order_id") REFERENCES "public"."orders"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_order" FOREIGN KEY ("merchant_id","order_id") REFERENCES "public"."orders"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_order" FOREIGN KEY ("merchant_id","order_id") REFERENCES "public"."orders"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "movements" ADD CONSTRAINT "movements_stock_level" FOREIGN KEY ("merchant_id","sku_id","location_id") REFERENCES "public"."stock_levels"("merchant_id","sku_id","location_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_documents" ADD CONSTRAINT "stock_documents_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_sku" FOREIGN KEY ("merchant_id","sku_id") REFERENCES "public"."skus"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_location" FOREIGN KEY ("merchant_id","location_id") REFERENCES "public"."locations"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cursors" ADD CONSTRAINT "cursors_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gap_reports" ADD CONSTRAINT "gap_reports_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rate_buckets" ADD CONSTRAINT "rate_buckets_connection" FOREIGN KEY ("merchant_id","connection_id") REFERENCES "public"."connections"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_hash" ON "api_keys" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "connections_by_id" ON "connections" USING btree ("id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("merchant_id","created_at");--> statement-breakpoint
CREATE INDEX "bundles_by_component" ON "bundles" USING btree ("merchant_id","component_id");--> statement-breakpoint
CREATE INDEX "listings_by_sku" ON "listings" USING btree ("merchant_id","sku_id");--> statement-breakpoint
CREATE INDEX "listings_by_connection" ON "listings" USING btree ("merchant_id","connection_id","id") WHERE id > '00000000-0000-0000-0000-000000000000';--> statement-breakpoint
CREATE INDEX "listings_by_variant" ON "listings" USING btree ("merchant_id","connection_id","external_variant_id") WHERE external_variant_id <> '';--> statement-breakpoint
CREATE INDEX "journal_entries_by_date" ON "journal_entries" USING btree ("merchant_id","date","number");--> statement-breakpoint
CREATE INDEX "journal_entries_by_order" ON "journal_entries" USING btree ("merchant_id","order_id");--> statement-breakpoint
CREATE INDEX "order_lines_waiting" ON "order_lines" USING btree ("merchant_id","sku_id","waiting_since") WHERE shortfall > 0;--> statement-breakpoint
CREATE INDEX "order_lines_unmapped" ON "order_lines" USING btree ("merchant_id","order_id") WHERE sku_id is null;--> statement-breakpoint
CREATE INDEX "order_lines_unmapped_sku" ON "order_lines" USING btree ("merchant_id","external_sku") WHERE sku_id is null;--> statement-breakpoint
CREATE INDEX "order_lines_unmapped_item" ON "order_lines" USING btree ("merchant_id","external_item_id") WHERE sku_id is null;--> statement-breakpoint
CREATE INDEX "order_lines_unmapped_variant" ON "order_lines" USING btree ("merchant_id","external_variant_id") WHERE sku_id is null;--> statement-breakpoint
CREATE INDEX "orders_by_status" ON "orders" USING btree ("merchant_id","status","id");--> statement-breakpoint
CREATE INDEX "orders_by_connection" ON "orders" USING btree ("merchant_id","connection_id","status","id") WHERE id > '00000000-0000-0000-0000-000000000000';--> statement-breakpoint
CREATE INDEX "shipments_by_order" ON "shipments" USING btree ("merchant_id","order_id");--> statement-breakpoint
CREATE INDEX "holds_held" ON "holds" USING btree ("merchant_id","id") WHERE status = 'held';--> statement-breakpoint
CREATE INDEX "holds_expiring" ON "holds" USING btree ("merchant_id","expires_at") WHERE status = 'held' and expires_at is not null;--> statement-breakpoint
CREATE INDEX "movements_by_stock" ON "movements" USING btree ("merchant_id","sku_id","location_id","event_seq");--> statement-breakpoint
CREATE INDEX "reservations_held" ON "reservations" USING btree ("merchant_id","sku_id","location_id") WHERE status = 'held';--> statement-breakpoint
CREATE INDEX "stock_levels_by_location" ON "stock_levels" USING btree ("merchant_id","location_id","sku_id");--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("merchant_id","not_before") WHERE status = 'received';--> statement-breakpoint
CREATE INDEX "inbox_quarantined" ON "inbox" USING btree ("merchant_id","received_at") WHERE status = 'quarantined';--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("merchant_id","connection_id","not_before") WHERE status in ('pending','sending','unknown');--> statement-breakpoint
CREATE INDEX "outbox_parked" ON "outbox" USING btree ("merchant_id","connection_id") WHERE status = 'parked';--> statement-breakpoint
CREATE INDEX "sync_runs_by_connection" ON "sync_runs" USING btree ("merchant_id","connection_id","id");--> statement-breakpoint
CREATE INDEX "tasks_by_status" ON "tasks" USING btree ("merchant_id","status","id");--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_open" ON "tasks" USING btree ("merchant_id","kind","subject") WHERE status = 'open';