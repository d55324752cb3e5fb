import { addMs, type Instant } from "../../../src/core/clock.ts";

export const noon: Instant = "2026-11-22T12:00:00.000Z";
export const at = (seconds: number): Instant => addMs(noon, seconds * 1000);
