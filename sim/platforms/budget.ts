/**
 * How many calls at most went beyond a token bucket of this size, over all stretches of the day. Times in ms, in order.
 * A bucket refilled here knows nothing of the hub's own: it judges what left for the platform.
 */
export function mostBeyond(
  departures: readonly number[],
  { callsPerSecond, burst }: { callsPerSecond: number; burst: number },
): number {
  let tokens = burst;
  let lastMs = departures[0] ?? 0;
  let worst = 0;
  for (const atMs of departures) {
    tokens = Math.min(burst, tokens + ((atMs - lastMs) / 1000) * callsPerSecond) - 1;
    lastMs = atMs;
    worst = Math.max(worst, -tokens);
  }
  return Math.max(0, Math.ceil(worst - 1e-6));
}
