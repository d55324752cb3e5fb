/** The hub's ordinary API, asked again and again. */

export class KeyRefused extends Error {}

async function get(key, path) {
  const response = await fetch(path, { headers: { authorization: `Bearer ${key}` } });
  if (response.status === 401) throw new KeyRefused();
  // A role may not see everything; what it may not see is left out.
  if (response.status === 403) return null;
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

const items = async (key, path) => (await get(key, path))?.items ?? [];

/** What changes seldom is asked for once in so many rounds. */
const seldom = 10;

/**
 * Asks for everything the page shows, round after round: `snapshot()` answers the newest state. What costs the hub more
 * (names, the trial balance) is asked for less often.
 */
export function openHub(key, isDemo) {
  let round = 0;
  let slow = { merchant: null, names: new Map(), books: [] };
  return async function snapshot() {
    const isSlowRound = round % seldom === 0;
    round += 1;
    const [stock, listings, orders, states, tasks, allocations, demo, live] = await Promise.all([
      items(key, "/v1/stock?limit=100"),
      items(key, "/v1/listings?limit=500"),
      items(key, "/v1/orders?limit=100"),
      items(key, "/v1/connection-states"),
      items(key, "/v1/tasks?status=open&limit=100"),
      items(key, "/v1/allocations?limit=100"),
      isDemo ? demoState() : null,
      onAir(key),
    ]);
    if (isSlowRound || (isDemo && round % 3 === 0)) {
      const [merchant, skus, books] = await Promise.all([
        get(key, "/v1/merchant"),
        items(key, "/v1/skus?limit=500"),
        items(key, "/v1/journals/trial-balance"),
      ]);
      slow = { merchant, names: new Map(skus.map(({ code, name }) => [code, name])), books };
    }
    return { ...slow, stock, listings, orders, states, tasks, allocations, demo, live, at: new Date() };
  };
}

const mostSessions = 5;

/** Sessions on air with their line-up, and how many comments wait for an operator. */
async function onAir(key) {
  const sessions = await items(key, `/v1/live-sessions?state=on_air&limit=${mostSessions}`);
  return Promise.all(
    sessions.map(async ({ id }) => {
      const [session, queue] = await Promise.all([
        get(key, `/v1/live-sessions/${id}`),
        items(key, `/v1/live-sessions/${id}/queue?limit=100`),
      ]);
      return { session, unclear: queue.length };
    }),
  );
}

async function demoState() {
  const response = await fetch("/demo/state");
  return response.ok ? response.json() : null;
}
