DROP INDEX "live_sessions_by_room";--> statement-breakpoint
CREATE INDEX "live_sessions_by_room" ON "live_sessions" USING btree ("merchant_id","connection_id","room","ended_at");