import type { Evidence } from "./evidence.ts";

/** One promise, judged by what the outside knows. Answers what breaks it; nothing when it holds. */
export interface Promised<Found = Evidence> {
  name: string;
  broken(evidence: Found): string[];
}
